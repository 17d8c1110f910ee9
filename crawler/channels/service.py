"""A channel given by an Apprise URL: mail, a webhook, or any other service of Apprise."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType, OverflowMode
from apprise.plugins.email.base import NotifyEmail

from crawler.channels.message import Message
from storage.errors import ConfigError

_SECRET = re.compile(r"\$\{(?:(\w+)|file:([^}]+))\}")
_LONGEST_SECRET = 64 * 1024  # characters of a file


class Service:
    """A recipient at any service that Apprise supports."""

    def __init__(self, name: str, url: str, key: str = "channels") -> None:
        """Check the URL. Raises ConfigError, whose message never contains the URL.

        key: the configuration table that has `name`.
        """
        self.name = name
        self._asset = AppriseAsset(app_id="tinquan", app_desc="tinquan", async_mode=False)
        self._url = _with_secrets(f"{key}.{name}", url)
        self._service(f"{key}.{name}")

    def send(self, message: Message) -> bool:
        """Send a message; return whether it was accepted. If not, Apprise logs the reason."""
        server = self._service(self.name)
        body, form = message.text, NotifyFormat.TEXT
        if isinstance(server, NotifyEmail):
            if message.unsubscribe:
                server.headers.setdefault("List-Unsubscribe", f"<{message.unsubscribe}>")
            if message.html and server.resolve_format(NotifyFormat.HTML) == NotifyFormat.HTML:
                body, form = message.html, NotifyFormat.HTML
        service = Apprise(asset=self._asset)
        service.add(server)
        kind = NotifyType(message.kind)
        return bool(service.notify(body, message.title, notify_type=kind, body_format=form))

    def _service(self, key: str) -> NotifyBase:
        with _unlogged():
            server = Apprise.instantiate(self._url, asset=self._asset)
        if server is None:
            raise ConfigError(
                f"{key}: Apprise cannot use this URL; expected one such as"
                " mailtos://user:${PASSWORD}@example.org?to=desk@example.org (docs/alarms.md)"
            )
        if len(server) > server.retry + 1:  # a failure of one would send to the others twice
            raise ConfigError(f"{key}: names several recipients; expected one channel for each")
        if "overflow=" not in self._url:  # by default chats refuse a message that is too long
            server.overflow_mode = OverflowMode.SPLIT
        return server


@contextmanager
def _unlogged() -> Iterator[None]:
    """Disable Apprise's log: it logs a URL that it cannot parse, with its secrets."""
    log = logging.getLogger("apprise")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _with_secrets(key: str, url: str) -> str:
    """Replace ${NAME} and ${file:PATH} in the URL by quoted values. Raises ConfigError."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1]) if match[1] else _secret_of(key, match[2])
        if found is None:
            raise ConfigError(f"{key}: environment variable {match[1]} is not set")
        return quote(found, safe="")

    return _SECRET.sub(value, url)


def _secret_of(key: str, path: str) -> str:
    """Return a secret file's content, stripped. Raises ConfigError."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise ConfigError(f"{key}: {path}: cannot be read: {reason}") from None
