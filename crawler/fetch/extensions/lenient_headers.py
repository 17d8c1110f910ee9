"""Response headers are read as browsers read them: what is no header costs itself only."""

from typing import Any, Self

from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from twisted.web._newclient import HEADER
from twisted.web.http_headers import InvalidHeaderName

_LINE_BYTES = 256 * 1024  # Chromium's bound for all headers together


class LenientParser(http11._LenientHTTPClientParser):
    """Scrapy's parser, which ends the connection at a line over 16 KiB or an illegal name."""

    MAX_LENGTH = _LINE_BYTES

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Pass over a line that would go on with a header where there is none."""
        if self.state == HEADER and self._partialHeader is None and line[:1] in (b" ", b"\t"):
            return
        super().lineReceived(line)

    def headerReceived(self, name: bytes, value: bytes) -> None:  # noqa: N802 - Twisted's name
        """Pass over a header whose name is none."""
        try:
            super().headerReceived(name.strip(), value)  # type: ignore[no-untyped-call] # Twisted is typed in part
        except InvalidHeaderName:
            return


class LenientHeaders:
    """Lets every connection of the process read headers so.

    Scrapy has no setting for it, and gives its parser by this name to each connection.
    """

    @classmethod
    def from_crawler(cls, _: Crawler) -> Self:
        """Put the parser in place; a second time changes nothing."""
        module: Any = http11
        module._LenientHTTPClientParser = LenientParser
        return cls()
