"""Tell people of alarms: each channel is told each alarm's opening and end once.

What a channel has been told stands in the alarm's row, so that an alarm that could not be
delivered (the webhook was down) is delivered at the next look, and a restart repeats nothing.
"""

import json
import logging
import os
import smtplib
import ssl
import urllib.request
from collections.abc import Sequence
from email.message import EmailMessage
from http.client import HTTPException
from typing import Protocol

from crawler.config.alarms import Alarming, Email
from crawler.health.texts import alarm_json, headline, paragraphs
from storage.archive import Archive
from storage.model.alarms import Alarm

_log = logging.getLogger(__name__)
_SECONDS = 10.0


class Channel(Protocol):
    """A way to people. name: what its deliveries are kept under."""

    name: str

    def tell(self, alarm: Alarm) -> None:
        """Deliver an alarm's present state. Raises OSError or HTTPException."""
        ...


class LogChannel:
    """One line in the log: a warning when an alarm opens, a notice when it ends."""

    name = "log"

    def tell(self, alarm: Alarm) -> None:
        """Write the line."""
        _log.log(logging.WARNING if alarm.is_open else logging.INFO, "%s", headline(alarm))


class Webhook:
    """POSTs an alarm as JSON (docs/json.md)."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url

    def tell(self, alarm: Alarm) -> None:
        """Send the alarm. Raises OSError (also for an answer that is not 2xx)."""
        body = json.dumps(alarm_json(alarm) | {"text": headline(alarm)}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "tinquan"}
        request = urllib.request.Request(  # noqa: S310 - the configuration allows http(s) only
            self._url, body, headers
        )
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - see above
            pass


class Mail:
    """Sends an alarm as a message; an alarm's end answers its opening."""

    name = "email"

    def __init__(self, settings: Email) -> None:
        self._settings = settings

    def tell(self, alarm: Alarm) -> None:
        """Send the message. Raises OSError."""
        settings = self._settings
        with self._connect() as server:
            if settings.starttls and not settings.tls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, os.environ.get(settings.password_variable, ""))
            server.send_message(self._message(alarm))

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        if self._settings.tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
        return smtplib.SMTP(host, port, timeout=_SECONDS)

    def _message(self, alarm: Alarm) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = headline(alarm)
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.to)
        thread = f"<alarm-{alarm.id}@{self._settings.sender.rpartition('@')[2]}>"
        message["Message-ID" if alarm.is_open else "In-Reply-To"] = thread
        message.set_content("\n\n".join(paragraphs(alarm)) + "\n")
        return message


def channels_of(settings: Alarming) -> list[Channel]:
    """Return the channels that the configuration names, and the log."""
    channels: list[Channel] = [LogChannel()]
    if settings.webhook:
        channels.append(Webhook(settings.webhook))
    if settings.email:
        channels.append(Mail(settings.email))
    return channels


def tell_all(archive: Archive, channels: Sequence[Channel]) -> None:
    """Deliver what has not been delivered. A channel that fails is tried again at the next call."""
    broken: set[str] = set()
    by_name = {channel.name: channel for channel in channels}
    for alarm in archive.alarms.pending(tuple(by_name)):
        for name, channel in by_name.items():
            if name in broken or not _is_due(alarm, name):
                continue
            try:
                channel.tell(alarm)
            except (OSError, HTTPException) as error:  # smtplib's and urllib's among them
                broken.add(name)
                _log.warning("alarm %d was not delivered by %s: %s", alarm.id, name, error)
            else:
                archive.alarms.mark_delivered(alarm.id, name, alarm.state)


def _is_due(alarm: Alarm, channel: str) -> bool:
    told = alarm.told.get(channel)
    return told is None if alarm.is_open else told == "open"
