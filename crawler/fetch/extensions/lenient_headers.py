"""Reads response headers as browsers do: a malformed line costs only itself."""

from typing import Any, Self

from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from twisted.web._newclient import HEADER
from twisted.web.http_headers import InvalidHeaderName

_LINE_BYTES = 256 * 1024  # Chromium's limit for all headers together


class LenientParser(http11._LenientHTTPClientParser):
    """Scrapy's parser, but a line over 16 KiB or an illegal name does not close the connection."""

    MAX_LENGTH = _LINE_BYTES

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Skip a continuation line that has no header before it."""
        if self.state == HEADER and self._partialHeader is None and line[:1] in (b" ", b"\t"):
            return
        super().lineReceived(line)

    def headerReceived(self, name: bytes, value: bytes) -> None:  # noqa: N802 - Twisted's name
        """Skip a header whose name is invalid."""
        try:
            super().headerReceived(name.strip(), value)  # type: ignore[no-untyped-call] # Twisted is typed in part
        except InvalidHeaderName:
            return


class LenientHeaders:
    """Makes every connection of the process use the lenient parser.

    Scrapy has no setting for it; each connection looks its parser up by this module attribute.
    """

    @classmethod
    def from_crawler(cls, _: Crawler) -> Self:
        """Install the parser; a second call changes nothing."""
        module: Any = http11
        module._LenientHTTPClientParser = LenientParser
        return cls()
