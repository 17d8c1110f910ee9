"""A channel to people at an Apprise URL: mail, a webhook, or any of its services."""

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
    """One address of any service that Apprise knows."""

    def __init__(self, name: str, url: str, key: str = "channels") -> None:
        """Read the address; key: the table that names it. Raises ConfigError, without the URL."""
        self.name = name
        self._asset = AppriseAsset(app_id="tinquan", app_desc="tinquan", async_mode=False)
        self._url = _filled_in(f"{key}.{name}", url)
        self._service(f"{key}.{name}")

    def send(self, message: Message) -> bool:
        """Send a message; return whether it was taken. Apprise logs why it was not."""
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
        if len(server) > server.retry + 1:  # a failure at one would notify the others twice
            raise ConfigError(f"{key}: names several recipients; expected one channel for each")
        if "overflow=" not in self._url:  # else what is too long for a chat is refused there
            server.overflow_mode = OverflowMode.SPLIT
        return server


@contextmanager
def _unlogged() -> Iterator[None]:
    """Let Apprise log nothing: of a URL that it cannot read it logs the URL, with its secrets."""
    log = logging.getLogger("apprise")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _filled_in(key: str, url: str) -> str:
    """Return the URL with what the environment and files hold, quoted. Raises ConfigError."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1]) if match[1] else _held(key, match[2])
        if found is None:
            raise ConfigError(f"{key}: environment variable {match[1]} is not set")
        return quote(found, safe="")

    return _SECRET.sub(value, url)


def _held(key: str, path: str) -> str:
    """Return what a file holds, but for the line's end. Raises ConfigError."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "is no text"
        raise ConfigError(f"{key}: {path}: cannot be read: {said}") from None
