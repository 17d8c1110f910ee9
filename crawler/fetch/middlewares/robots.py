"""Obeys robots.txt strictly: one that cannot be read forbids everything."""

import asyncio
import re
from dataclasses import dataclass

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.fetch.middlewares.errors import (
    CrawlDelayError,
    HostClosedError,
    HostDownError,
    NotRecordedError,
    RobotsForbidError,
    UnreadableRecordError,
    cause_of,
)
from crawler.fetch.middlewares.meta import POLL
from crawler.fetch.middlewares.retry_after import MAX_WAIT_SECONDS
from crawler.page.urls import bare_host, host_of
from storage.errors import CaptureError

_SERVER_ERROR = 500
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")  # a final \x1a is an old editor's
# Agents are matched by product token alone (RFC 9309): "tinquan/0.1 (+https://…)" means us.
_VERSION = re.compile(
    r"^([ \t]*user[- ]?agent[ \t]*:[ \t]*[a-z_-]+)/[^\r\n]*", re.IGNORECASE | re.MULTILINE
)
_MAX_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB must be read


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a robots.txt for one agent. delay: seconds between requests; None if absent."""

    rules: Protego
    agent: str

    def allows(self, url: str) -> bool:
        """True if our agent may fetch the URL."""
        return self.rules.can_fetch(url, self.agent)

    @property
    def delay(self) -> float | None:
        """The Crawl-delay for our agent, in seconds."""
        return self.rules.crawl_delay(self.agent)


def read_rules(host: str, response: Response, agent: str) -> Rules:
    """Return the rules of a host's robots.txt.

    404 and 410 allow everything. Raises HostClosedError for any other status (HostDownError for
    5xx), for bytes that are not UTF-8 text (UTF-16, a gzip file), and for a response from another
    host.
    """
    if bare_host(host_of(response.url) or "") != bare_host(host) or 300 <= response.status < 400:
        raise HostClosedError(f"{host}: robots.txt redirects to another host")
    if response.status in {404, 410}:
        return Rules(Protego.parse(""), agent)
    if response.status != 200:
        is_down = response.status >= _SERVER_ERROR
        message = f"{host}: robots.txt cannot be read: HTTP {response.status}"
        raise HostDownError(message) if is_down else HostClosedError(message)
    body = response.body[:_MAX_BYTES]
    if _NO_TEXT.search(body):
        raise HostClosedError(f"{host}: robots.txt cannot be read: it is not UTF-8 text")
    text = _VERSION.sub(r"\1", body.decode("utf-8-sig", "replace"))
    return Rules(Protego.parse(text), agent)


class StrictRobots:
    """Fetches each host's robots.txt once and enforces it, more strictly than RFC 9309.

    Scrapy's own middleware treats a server error, a timeout or a redirect to another host as
    "everything is allowed", and ignores Crawl-delay.
    """

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StrictRobots":
        """Return the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsForbidError, HostClosedError, or CaptureError if recording fails."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._fetch(origin, parts.hostname or ""))
        rules = await asyncio.shield(self._rules[origin])
        if not rules.allows(request.url):
            raise RobotsForbidError(f"{parts.hostname}: robots.txt forbids us {parts.path}")

    async def _fetch(self, origin: str, host: str) -> Rules:
        request = Request(
            f"{origin}/robots.txt",
            priority=1000,
            meta={"dont_obey_robotstxt": True, POLL: True},
            callback=NO_CALLBACK,
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except (NotRecordedError, UnreadableRecordError):
            return Rules(Protego.parse(""), self._agent)
        except CaptureError:
            raise
        except Exception as error:
            cause = cause_of(error, host)
            raise HostClosedError(f"{host}: cannot be reached: {cause}") from error
        rules = read_rules(host, response, self._agent)
        delay = rules.delay
        if delay is not None and not self._crawler.settings.getlist("TINQUAN_REPLAY"):
            if delay > MAX_WAIT_SECONDS:
                pause = f"{delay:g} s between two requests (Crawl-delay)"
                raise CrawlDelayError(f"{host}: robots.txt asks for {pause}")
            self._slow_down(host, delay)
        return rules

    def _slow_down(self, host: str, delay: float) -> None:
        """Make Crawl-delay the minimum time between two requests to the host."""
        downloader = self._crawler.engine.downloader
        settings = self._crawler.settings
        own, jitter = (
            settings.getfloat("DOWNLOAD_DELAY"),
            settings.getfloat("DOWNLOAD_DELAY_JITTER"),
        )
        if own * (1 - jitter) >= delay:
            return
        # Scrapy drops idle slots and recreates them from these settings.
        downloader.per_slot_settings[host] = {"delay": max(own, delay), "jitter": 0.0}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = max(own, delay), 0.0
