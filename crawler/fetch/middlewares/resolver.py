"""Resolves names to public addresses only, so that no crawl reaches into the local network."""

import ipaddress
import logging
from typing import Any, Protocol

from scrapy.crawler import CrawlerProcess
from scrapy.resolver import CachingThreadedResolver, HostResolution
from twisted.internet.address import IPv4Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IHostnameResolver
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped] # has no stubs

from crawler.fetch.middlewares.errors import forbidden_hosts

_log = logging.getLogger(__name__)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
        """Return a process's resolver, on top of Scrapy's, which caches and times out."""
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
        """Pass the address of `host` to the receiver; none if it has no public one."""
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
                _log.warning("%r is at %r, which is not a public address: refused", host, address)

        def failed(failure: Failure) -> None:
            _log.info("%r cannot be resolved: %r", host, str(failure.value))

        def complete(_: None) -> None:
            receiver.resolutionComplete()

        self._simple.getHostByName(host).addCallbacks(resolved, failed).addCallback(complete)
        return resolution


class Receiver(Protocol):
    """Twisted's IResolutionReceiver: the callbacks of a DNS lookup."""

    def resolutionBegan(self, resolution: HostResolution) -> None: ...  # noqa: N802, D102

    def addressResolved(self, address: IPv4Address) -> None: ...  # noqa: N802, D102

    def resolutionComplete(self) -> None: ...  # noqa: N802, D102
