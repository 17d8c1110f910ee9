"""What keeps a crawl polite and inside the public web: addresses, off-site, "slow down"."""

import asyncio
import ipaddress
import logging
from typing import Any, Protocol
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from scrapy.resolver import CachingThreadedResolver, HostResolution
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.address import IPv4Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IHostnameResolver
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped] # has no stubs

_log = logging.getLogger(__name__)

OFFSITE_TARGET = "offsite_target"  # the key in a request's meta of a redirect not followed
MAX_WAIT_SECONDS = 120.0  # a host that asks for more ends the run
_DEFAULT_WAIT_SECONDS = 30.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

forbidden_hosts: dict[str, str] = {}  # the process's one resolver: host → address not public


class AskedToWaitError(IgnoreRequest):
    """A host asks for a longer pause than one run waits, or asks again right after one."""


def is_public(address: str) -> bool:
    """True for an address of the public internet; the IPv4 address inside an IPv6 one counts."""
    try:
        ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names and address literals of any notation to public IPv4 addresses only.

    The connection is made to the very address that was checked, so a name that changes its
    answer between check and use (DNS rebinding) gains nothing. overrides: for tests, host →
    "address:port", which is not checked (setting TINQUAN_RESOLVE).
    """

    def __init__(
        self, reactor: ReactorBase, simple: CachingThreadedResolver, overrides: dict[str, str]
    ):
        self._reactor = reactor
        self._simple = simple
        self._overrides = overrides

    @classmethod
    def from_crawler(cls, crawler: CrawlerProcess, reactor: ReactorBase) -> "GuardedResolver":
        """Return the resolver of a process, with Scrapy's cache and time-out below it."""
        simple = CachingThreadedResolver.from_crawler(crawler, reactor)  # type: ignore[arg-type] # Scrapy passes its process
        return cls(reactor, simple, crawler.settings.getdict("TINQUAN_RESOLVE"))

    def install_on_reactor(self) -> None:
        """Become the reactor's resolver."""
        resolver: Any = self  # mypy does not see that it implements the interface
        self._reactor.installNameResolver(resolver)

    def resolveHostName(  # noqa: N802 - the interface's name; Twisted passes the rest by keyword
        self,
        receiver: "Receiver",
        host: str,
        portNumber: int = 0,  # noqa: N803
        **_: object,
    ) -> HostResolution:
        """Pass the address of `host` to the receiver, or none."""
        resolution = HostResolution(host)
        receiver.resolutionBegan(resolution)
        if override := self._overrides.get(host):
            address, port = override.rsplit(":", 1)
            receiver.addressResolved(IPv4Address("TCP", address, int(port)))
            receiver.resolutionComplete()
            return resolution

        def resolved(address: str) -> None:
            if is_public(address):
                receiver.addressResolved(IPv4Address("TCP", address, portNumber))
            else:
                forbidden_hosts[host] = address
                _log.warning("%r is at %r, which is no public address: refused", host, address)

        def failed(failure: Failure) -> None:
            _log.info("%r cannot be resolved: %r", host, str(failure.value))

        def complete(_: None) -> None:
            receiver.resolutionComplete()

        self._simple.getHostByName(host).addCallbacks(resolved, failed).addCallback(complete)
        return resolution


class Receiver(Protocol):
    """What Twisted wants to hear of a look-up (its IResolutionReceiver)."""

    def resolutionBegan(self, resolution: HostResolution) -> None: ...  # noqa: N802, D102

    def addressResolved(self, address: IPv4Address) -> None: ...  # noqa: N802, D102

    def resolutionComplete(self) -> None: ...  # noqa: N802, D102


def cause_of(error: BaseException, host: str) -> str:
    """Return in a few words why a request for `host` failed."""
    if isinstance(error, CannotResolveHostError):
        if host in forbidden_hosts:
            return f"its address {forbidden_hosts[host]} is not public"
        return "DNS lookup failed"
    if isinstance(error, DownloadTimeoutError):
        return "no answer in time"
    if isinstance(error, DownloadConnectionRefusedError):
        return "connection refused"
    text = " ".join(str(error).split())
    if "certificate" in text.lower() or "VerificationError" in text:
        return "its TLS certificate cannot be verified"
    return f"{type(error).__name__}: {text}"[:200]


class StrictOffsite(OffsiteMiddleware):
    """Scrapy's filter, which retries and their redirects would pass (they set dont_filter)."""

    def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Raise IgnoreRequest for a host that is none of the outlet's."""
        current = spider or self.crawler.spider
        if current is not None and not self.should_follow(request, current):
            self.stats.inc_value("offsite/filtered")
            raise IgnoreRequest(f"{urlparse_cached(request).hostname!r} is off-site")


class OffsiteRedirects:
    """Hands a redirect to another host to the callback, which can then say so.

    Scrapy would follow it into the off-site filter, where neither callback nor errback hears
    of it. Stands between capture (650) and redirects (600).
    """

    def __init__(self, crawler: Crawler):
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OffsiteRedirects":
        """Return the middleware."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Mark a redirect that leaves the outlet's hosts as not to be followed."""
        location = response.headers.get("Location")
        if 300 <= response.status < 400 and location:
            try:
                target = Request(urljoin(request.url, location.decode("latin-1").strip()))
                hosts = getattr(self._crawler.spider, "allowed_domains", [])
                host = urlparse_cached(target).hostname or ""
                onsite = any(host == known or host.endswith(f".{known}") for known in hosts)
            except ValueError:
                onsite, target = False, request
            if not onsite:
                request.meta["dont_redirect"] = True
                request.meta[OFFSITE_TARGET] = target.url
        return response


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
