"""robots.txt, strictly: what cannot be read forbids everything."""

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
from crawler.fetch.middlewares.meta import LOOKS
from crawler.fetch.middlewares.retry_after import MAX_WAIT_SECONDS
from crawler.page.urls import bare_host, host_of
from storage.errors import CaptureError

_SERVER_ERROR = 500
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")  # a final \x1a is an old editor's
# Agents are told by their names alone (RFC 9309): "tinquan/0.1 (+https://…)" is us.
_VERSION = re.compile(
    r"^([ \t]*user[- ]?agent[ \t]*:[ \t]*[a-z_-]+)/[^\r\n]*", re.IGNORECASE | re.MULTILINE
)
_MAX_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB must be read


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to one agent. delay: seconds between requests, None if not given."""

    rules: Protego
    agent: str

    def allows(self, url: str) -> bool:
        """True where our agent may fetch the URL."""
        return self.rules.can_fetch(url, self.agent)

    @property
    def delay(self) -> float | None:
        """The Crawl-delay for our agent, in seconds."""
        return self.rules.crawl_delay(self.agent)


def read_rules(host: str, response: Response, agent: str) -> Rules:
    """Return the rules of a host's robots.txt.

    404 and 410 allow everything. Raises HostClosedError for any other status (HostDownError for a
    server's own), for bytes that are no text (UTF-16, a gzip file), and where the answer came
    from another host.
    """
    if bare_host(host_of(response.url) or "") != bare_host(host) or 300 <= response.status < 400:
        raise HostClosedError(f"{host}: robots.txt redirects to another host")
    if response.status in {404, 410}:
        return Rules(Protego.parse(""), agent)
    if response.status != 200:
        down = response.status >= _SERVER_ERROR
        what = f"{host}: robots.txt cannot be read: HTTP {response.status}"
        raise HostDownError(what) if down else HostClosedError(what)
    body = response.body[:_MAX_BYTES]
    if _NO_TEXT.search(body):
        raise HostClosedError(f"{host}: robots.txt cannot be read: it is no UTF-8 text")
    text = _VERSION.sub(r"\1", body.decode("utf-8-sig", "replace"))
    return Rules(Protego.parse(text), agent)


class StrictRobots:
    """Asks each host's robots.txt once and lets only what it allows pass (RFC 9309, stricter).

    Scrapy's own middleware takes a server error, a time-out or a redirect to another host as
    "everything is allowed", and ignores Crawl-delay.
    """

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._asked: dict[str, asyncio.Task[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StrictRobots":
        """Return the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsForbidError, HostClosedError, or CaptureError where recording failed."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._asked:
            self._asked[origin] = asyncio.ensure_future(self._ask(origin, parts.hostname or ""))
        rules = await asyncio.shield(self._asked[origin])
        if not rules.allows(request.url):
            raise RobotsForbidError(f"{parts.hostname}: robots.txt forbids us {parts.path}")

    async def _ask(self, origin: str, host: str) -> Rules:
        request = Request(
            f"{origin}/robots.txt",
            priority=1000,
            meta={"dont_obey_robotstxt": True, LOOKS: True},
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
                asked = f"{delay:g} s between two requests (Crawl-delay)"
                raise CrawlDelayError(f"{host}: robots.txt asks for {asked}")
            self._slow_down(host, delay)
        return rules

    def _slow_down(self, host: str, delay: float) -> None:
        """Make Crawl-delay the least time between two requests to the host."""
        downloader = self._crawler.engine.downloader
        settings = self._crawler.settings
        own, jitter = (
            settings.getfloat("DOWNLOAD_DELAY"),
            settings.getfloat("DOWNLOAD_DELAY_JITTER"),
        )
        if own * (1 - jitter) >= delay:
            return
        # Slots are dropped when idle and made again from these.
        downloader.per_slot_settings[host] = {"delay": max(own, delay), "jitter": 0.0}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = max(own, delay), 0.0
