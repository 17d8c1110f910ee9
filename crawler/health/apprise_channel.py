"""A channel to people at an Apprise URL: mail, a webhook, or any of its services."""

import os
import re
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from crawler.health.texts import headline, paragraphs
from storage.errors import ConfigError
from storage.model.alarms import Alarm

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class AppriseChannel:
    """One address of any service that Apprise knows. Raises ConfigError where it knows none."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._service = _service_at(name, url)

    def notify(self, alarm: Alarm) -> bool:
        """Send the alarm; Apprise logs why it could not be delivered."""
        kind = NotifyType.WARNING if alarm.is_open else NotifyType.SUCCESS
        body = "\n\n".join(paragraphs(alarm))
        sent = self._service.notify(
            body, headline(alarm), notify_type=kind, body_format=NotifyFormat.TEXT
        )
        return bool(sent)


def _service_at(name: str, url: str) -> Apprise:
    asset = AppriseAsset(app_id="tinquan", app_desc="tinquan", async_mode=False)
    server = Apprise.instantiate(_filled_in(name, url), asset=asset)
    if server is None:
        raise ConfigError(
            f"alarms.channels.{name}: Apprise cannot use this URL; expected one such as"
            " mailtos://user:${PASSWORD}@example.org?to=desk@example.org (docs/alarms.md)"
        )
    if len(server) > server.retry + 1:  # a failure at one would notify the others twice
        raise ConfigError(
            f"alarms.channels.{name}: names several recipients; expected one channel for each"
        )
    service = Apprise(asset=asset)
    service.add(server)
    return service


def _filled_in(name: str, url: str) -> str:
    """Return the URL with the environment's values, quoted. Raises ConfigError."""

    def value(match: re.Match[str]) -> str:
        try:
            return quote(os.environ[match[1]], safe="")
        except KeyError:
            raise ConfigError(
                f"alarms.channels.{name}: environment variable {match[1]} is not set"
            ) from None

    return _VARIABLE.sub(value, url)
