"""Notifies people of alarms: each channel gets one message when an alarm opens and one at its end.

The alarm's row records what was delivered. So an alarm that could not be delivered (the server was
down) is delivered at the next evaluation, and a restart repeats nothing.
"""

import logging
from collections.abc import Mapping

from crawler.channels.message import Kind, Message, Sender
from crawler.config.alarms import Alarming
from crawler.health.texts import headline, paragraphs
from storage.archive import Archive
from storage.model.alarms import Alarm

_log = logging.getLogger(__name__)


class _LogLine:
    """Logs one line: at level WARNING when an alarm opens, at INFO when it ends."""

    def send(self, message: Message) -> bool:
        level = logging.WARNING if message.kind == "warning" else logging.INFO
        _log.log(level, "%s", message.title)
        return True


def channels_of(settings: Alarming) -> dict[str, Sender]:
    """Return the log and the configured channels by name. Raises ConfigError.

    An alarm's row records deliveries under these names.
    """
    channels: dict[str, Sender] = {"log": _LogLine()}
    if settings.channels:
        from crawler.channels.service import Service  # noqa: PLC0415 - 35 MB, a second

        for name, url in settings.channels.items():
            channels[name] = Service(name, url, "alarms.channels")
    return channels


def notify_all(archive: Archive, channels: Mapping[str, Sender]) -> None:
    """Send pending notifications. A channel that fails is tried again at the next call."""
    broken: set[str] = set()
    for alarm in archive.alarms.pending(tuple(channels)):
        for name, channel in channels.items():
            if name in broken or not _is_due(alarm, name):
                continue
            if channel.send(_message_of(alarm)):
                archive.alarms.mark_delivered(alarm.id, name, alarm.state)
            else:
                broken.add(name)
                _log.warning("alarm %d was not delivered by %s", alarm.id, name)


def _message_of(alarm: Alarm) -> Message:
    kind: Kind = "warning" if alarm.is_open else "success"
    return Message(headline(alarm), "\n\n".join(paragraphs(alarm)), kind=kind)


def _is_due(alarm: Alarm, channel: str) -> bool:
    delivered = alarm.delivered.get(channel)
    return delivered is None if alarm.is_open else delivered == "open"
