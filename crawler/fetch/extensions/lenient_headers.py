"""Response headers are read as browsers read them: what is no header costs itself only."""

from typing import Any, Self

from scrapy.crawler import Crawler
from twisted.web import _newclient
from twisted.web.http_headers import InvalidHeaderName

_LINE_BYTES = 256 * 1024  # Chromium's bound for all headers together


class LenientParser(_newclient.HTTPClientParser):
    """Twisted's parser, which ends the connection at a line over 16 KiB or an illegal name."""

    MAX_LENGTH = _LINE_BYTES

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Pass over a line in the head that is neither a header nor the rest of one."""
        in_head = self.state == _newclient.HEADER and line.strip(b"\r")
        goes_on = line[:1] in (b" ", b"\t")
        if in_head and (self._partialHeader is None if goes_on else b":" not in line):
            return
        super().lineReceived(line)  # type: ignore[no-untyped-call] # Twisted is typed in part

    def headerReceived(self, name: bytes, value: bytes) -> None:  # noqa: N802 - Twisted's name
        """Pass over a header whose name is none."""
        try:
            super().headerReceived(name.strip(), value)  # type: ignore[no-untyped-call] # as above
        except InvalidHeaderName:
            return


class LenientHeaders:
    """Lets every connection of the process read headers so.

    Twisted has no setting for it, and makes its parser by this name deep inside a connection.
    """

    @classmethod
    def from_crawler(cls, _: Crawler) -> Self:
        """Put the parser in place; a second time changes nothing."""
        module: Any = _newclient
        module.HTTPClientParser = LenientParser
        return cls()
