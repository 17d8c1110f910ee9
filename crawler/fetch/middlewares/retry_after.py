"""Pauses a run when a host asks for it, and ends the run if the pause is too long."""

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
    """Pauses after HTTP 429 (or 503 with Retry-After), or ends the run.

    The whole crawl pauses, then the same page is requested once more.
    """

    def __init__(self, crawler: Crawler, enabled: bool):
        self._crawler = crawler
        self._enabled = enabled

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SlowDown":
        """Return the middleware; a replay never waits."""
        return cls(crawler, not crawler.settings.getlist("TINQUAN_REPLAY"))

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Wait and request the page again, or raise AskedToWaitError."""
        header = response.headers.get("Retry-After")
        is_busy = response.status == 429 or (response.status == 503 and header is not None)
        if not (is_busy and self._enabled) or request.meta.get("dont_obey_robotstxt"):
            return response
        host = urlparse_cached(request).hostname
        seconds = retry_after_seconds(header)
        self._crawler.engine.pause()  # no other request is sent meanwhile
        if seconds > MAX_WAIT_SECONDS or request.meta.get("waited"):
            raise AskedToWaitError(f"{host}: asks us to slow down (HTTP {response.status})")
        _log.warning("%r asks us to wait %.0f s (HTTP %d)", host, seconds, response.status)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._crawler.engine.unpause()
        retry = request.copy()
        retry.meta["waited"] = True
        return retry


def retry_after_seconds(value: bytes | None) -> float:
    """Return the seconds that a Retry-After header asks for.

    A date counts as longer than a run waits.
    """
    if value is None:
        return _DEFAULT_WAIT_SECONDS
    text = value.strip()
    return float(text) if text.isdigit() else MAX_WAIT_SECONDS + 1
