"""Alarms by a channel at an Apprise URL."""

from crawler.channels.message import Kind, Message
from crawler.channels.service import Service
from crawler.health.texts import headline, paragraphs
from storage.model.alarms import Alarm


class AppriseChannel:
    """One address of any service that Apprise knows. Raises ConfigError where it knows none."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._service = Service(name, url, "alarms.channels")

    def notify(self, alarm: Alarm) -> bool:
        """Send the alarm; Apprise logs why it could not be delivered."""
        kind: Kind = "warning" if alarm.is_open else "success"
        return self._service.send(
            Message(headline(alarm), "\n\n".join(paragraphs(alarm)), kind=kind)
        )
