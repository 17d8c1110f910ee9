"""Filters requests and redirects that leave the outlet's own hosts."""

from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.exceptions import (
    IgnoreRequest,
)
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler.fetch.middlewares.meta import OFFSITE_TARGET
from crawler.page.urls import has_usual_port


class StrictOffsite(OffsiteMiddleware):
    """Scrapy's filter, but applied to retries and their redirects too, which set dont_filter.

    Another port of the outlet's host is another server.
    """

    def should_follow(self, request: Request, spider: Spider) -> bool:
        """True for an address on the outlet's hosts, at the usual ports."""
        return has_usual_port(request.url) and super().should_follow(request, spider)

    def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Raise IgnoreRequest for a host that is not the outlet's."""
        current = spider or self.crawler.spider
        if current is not None and not self.should_follow(request, current):
            self.stats.inc_value("offsite/filtered")
            raise IgnoreRequest(f"{urlparse_cached(request).hostname!r} is off-site")


class OffsiteRedirects:
    """Passes a redirect to another host to the callback, which can then report it.

    Scrapy would follow it into the off-site filter, which calls neither callback nor errback.
    It runs between the capture (650) and redirects (600).
    """

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OffsiteRedirects":
        """Return the middleware."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Set dont_redirect on a redirect that leaves the outlet's hosts."""
        location = response.headers.get("Location")
        if 300 <= response.status < 400 and location:
            try:
                target = Request(urljoin(request.url, location.decode("latin-1").strip()))
                hosts = getattr(self._crawler.spider, "allowed_domains", [])
                host = urlparse_cached(target).hostname or ""
                onsite = has_usual_port(target.url) and any(
                    host == known or host.endswith(f".{known}") for known in hosts
                )
            except ValueError:
                onsite, target = False, request
            if not onsite:
                request.meta["dont_redirect"] = True
                request.meta[OFFSITE_TARGET] = target.url
        return response
