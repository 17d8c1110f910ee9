"""Notify people of alarms: each channel is told each alarm's opening and end once.

What a channel has been told stands in the alarm's row, so that an alarm that could not be
delivered (the server was down) is delivered at the next evaluation, and a restart repeats nothing.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from crawler.channels.message import Kind, Message
from crawler.config.alarms import Alarming
from crawler.health.texts import headline, paragraphs
from storage.archive import Archive
from storage.model.alarms import Alarm

_log = logging.getLogger(__name__)


class Channel(Protocol):
    """A way to people. name: what its deliveries are kept under."""

    name: str

    def notify(self, alarm: Alarm) -> bool:
        """Deliver an alarm's present state; return whether it was delivered."""
        ...


class LogChannel:
    """One line in the log: a warning when an alarm opens, a notice when it ends."""

    name = "log"

    def notify(self, alarm: Alarm) -> bool:
        """Write the line."""
        _log.log(logging.WARNING if alarm.is_open else logging.INFO, "%s", headline(alarm))
        return True


class AppriseChannel:
    """One address of any service that Apprise knows. Raises ConfigError where it knows none."""

    def __init__(self, name: str, url: str) -> None:
        from crawler.channels.service import Service  # noqa: PLC0415 - 35 MB, a second

        self.name = name
        self._service = Service(name, url, "alarms.channels")

    def notify(self, alarm: Alarm) -> bool:
        """Send the alarm; Apprise logs why it could not be delivered."""
        kind: Kind = "warning" if alarm.is_open else "success"
        return self._service.send(
            Message(headline(alarm), "\n\n".join(paragraphs(alarm)), kind=kind)
        )


def channels_of(settings: Alarming) -> list[Channel]:
    """Return the log and the channels that the configuration names. Raises ConfigError."""
    if not settings.channels:
        return [LogChannel()]
    named = (AppriseChannel(name, url) for name, url in settings.channels.items())
    return [LogChannel(), *named]


def notify_all(archive: Archive, channels: Sequence[Channel]) -> None:
    """Deliver what has not been delivered. A channel that fails is tried again at the next call."""
    broken: set[str] = set()
    by_name = {channel.name: channel for channel in channels}
    for alarm in archive.alarms.pending(tuple(by_name)):
        for name, channel in by_name.items():
            if name in broken or not _is_due(alarm, name):
                continue
            if channel.notify(alarm):
                archive.alarms.mark_delivered(alarm.id, name, alarm.state)
            else:
                broken.add(name)
                _log.warning("alarm %d was not delivered by %s", alarm.id, name)


def _is_due(alarm: Alarm, channel: str) -> bool:
    delivered = alarm.delivered.get(channel)
    return delivered is None if alarm.is_open else delivered == "open"
