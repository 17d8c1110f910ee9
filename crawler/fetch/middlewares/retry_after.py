"""Hosts that ask for a pause get it; one that asks for too long a pause ends the run."""

import asyncio
import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler.fetch.middlewares.errors import AskedToWaitError

_log = logging.getLogger(__name__)

MAX_WAIT_SECONDS = 120.0  # a host that asks for more ends the run

_DEFAULT_WAIT_SECONDS = 30.0


class SlowDown:
    """Waits when a host says 429 (or 503 with Retry-After), and ends the run if it must.

    The whole crawl pauses, then the same page is asked for once more.
    """

    def __init__(self, crawler: Crawler, enabled: bool):
        self._crawler = crawler
        self._enabled = enabled

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SlowDown":
        """Return the middleware; a replay waits for nobody."""
        return cls(crawler, not crawler.settings.getlist("TINQUAN_REPLAY"))

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Wait and ask again, or raise AskedToWaitError."""
        asked = response.headers.get("Retry-After")
        busy = response.status == 429 or (response.status == 503 and asked is not None)
        if not (busy and self._enabled) or request.meta.get("dont_obey_robotstxt"):
            return response
        host = urlparse_cached(request).hostname
        seconds = retry_after_seconds(asked)
        self._crawler.engine.pause()  # nothing else goes out meanwhile
        if seconds > MAX_WAIT_SECONDS or request.meta.get("waited"):
            raise AskedToWaitError(f"{host}: asks us to slow down (HTTP {response.status})")
        _log.warning("%r asks us to wait %.0f s (HTTP %d)", host, seconds, response.status)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._crawler.engine.unpause()
        again = request.copy()
        again.meta["waited"] = True
        return again


def retry_after_seconds(value: bytes | None) -> float:
    """Return how long a Retry-After header asks to wait; a date counts as longer than we wait."""
    if value is None:
        return _DEFAULT_WAIT_SECONDS
    text = value.strip()
    return float(text) if text.isdigit() else MAX_WAIT_SECONDS + 1
