"""Addresses that are asked, robots.txt, and hosts that ask us to wait."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    StopDownload,
)
from scrapy.http import Response
from scrapy.resolver import HostResolution
from twisted.internet import defer
from twisted.internet.address import IPv4Address
from twisted.internet.error import DNSLookupError

from crawler.fetch.extensions.download_limit import OversizeStop
from crawler.fetch.middlewares.errors import (
    CrawlDelayError,
    HostClosedError,
    HostDownError,
    NotRecordedError,
    OversizeError,
    RobotsForbidError,
    UndecodableContentError,
    cause_of,
    forbidden_hosts,
)
from crawler.fetch.middlewares.resolver import GuardedResolver, is_public
from crawler.fetch.middlewares.retry_after import MAX_WAIT_SECONDS, retry_after_seconds
from crawler.fetch.middlewares.robots import read_rules
from crawler.fetch.spiders.failures import classify_failure
from storage.errors import CaptureError
from storage.model.articles import RefusalReason


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "::1", "::", "fe80::1%eth0",
     "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "junk", ""],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "203.162.0.181", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@given(st.text())
def test_junk_is_never_public_and_never_raises(text: str) -> None:
    if is_public(text):
        assert "." in text or ":" in text


class Names:
    """Answers look-ups like the system's resolver."""

    def __init__(self, **known: str):
        self.known = known

    def getHostByName(self, name: str) -> "defer.Deferred[str]":  # noqa: N802 - Twisted's name
        if address := self.known.get(name.split(".", maxsplit=1)[0]):
            return defer.succeed(address)
        return defer.fail(DNSLookupError("no such name"))


class Heard:
    def __init__(self) -> None:
        self.addresses: list[IPv4Address] = []
        self.done = 0

    def resolutionBegan(self, resolution: HostResolution) -> None:  # noqa: N802 - Twisted's name
        assert self.done == 0

    def addressResolved(self, address: IPv4Address) -> None:  # noqa: N802 - Twisted's name
        self.addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        self.done += 1


def resolve(host: str, overrides: dict[str, str] | None = None, **known: str) -> Heard:
    names: Any = Names(**known)
    reactor: Any = None
    heard = Heard()
    GuardedResolver(reactor, names, overrides or {}).resolveHostName(heard, host, 443)
    assert heard.done == 1
    return heard


def test_only_public_addresses_come_out_of_a_look_up() -> None:
    assert resolve("plo.vn", plo="203.162.0.181").addresses == [
        IPv4Address("TCP", "203.162.0.181", 443)
    ]
    assert resolve("inside.vn", inside="10.1.2.3").addresses == []
    assert forbidden_hosts["inside.vn"] == "10.1.2.3"
    assert resolve("none.vn").addresses == []
    assert resolve("plo.vn", {"plo.vn": "127.0.0.1:8443"}).addresses == [
        IPv4Address("TCP", "127.0.0.1", 8443)
    ]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (CannotResolveHostError("x"), "DNS lookup failed"),
        (DownloadTimeoutError("x"), "no answer in time"),
        (DownloadConnectionRefusedError("x"), "connection refused"),
        (
            DownloadFailedError("[('SSL', 'certificate verify failed')]"),
            "its TLS certificate cannot",
        ),
        (DownloadFailedError("a\nb"), "DownloadFailedError: a b"),
    ],
)
def test_a_cause_is_a_few_words(error: Exception, cause: str) -> None:
    assert cause_of(error, "unknown.vn").startswith(cause)


def test_a_private_address_is_the_cause() -> None:
    resolve("lan.vn", lan="192.168.0.9")
    assert (
        cause_of(CannotResolveHostError("x"), "lan.vn") == "its address 192.168.0.9 is not public"
    )


@pytest.mark.parametrize(
    ("error", "counted_as", "reason", "closes", "ends"),
    [
        (NotRecordedError("x"), "not_recorded", None, False, False),
        (RobotsForbidError("x"), "robots", None, False, False),
        (HostClosedError("x"), None, None, True, False),
        (CaptureError("x"), None, None, False, True),
        (IgnoreRequest("exceeded DOWNLOAD_MAXSIZE"), None, RefusalReason.TOO_LARGE, False, False),
        (OversizeError("x"), None, RefusalReason.TOO_LARGE, False, False),
        (
            IgnoreRequest("max redirections reached"),
            None,
            RefusalReason.REDIRECT_LOOP,
            False,
            False,
        ),
        (IgnoreRequest("x"), "ignored", None, False, False),
        (HostDownError("x"), None, None, True, False),
        (CrawlDelayError("x"), None, None, True, False),
        (UndecodableContentError("x"), None, RefusalReason.HTTP_ERROR, False, False),
        (DownloadTimeoutError("x"), None, None, False, False),
        (None, None, None, False, False),
    ],
)
def test_what_follows_from_a_failure(
    error: Exception | None, counted_as: str, reason: RefusalReason, closes: bool, ends: bool
) -> None:
    failed = classify_failure(error, Request("https://plo.vn/a"))
    assert (failed.counted_as, failed.reason) == (counted_as, reason)
    assert (failed.closes_host, failed.ends_run) == (closes, ends)
    assert failed.message
    assert "\n" not in failed.message


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 30), (b"5", 5), (b" 7 ", 7), (b"Wed, 21 Oct 2026 07:28:00 GMT", MAX_WAIT_SECONDS + 1),
     (b"-1", MAX_WAIT_SECONDS + 1), (b"", MAX_WAIT_SECONDS + 1)],
)  # fmt: skip
def test_how_long_a_host_asks_to_wait(value: bytes | None, seconds: float) -> None:
    assert retry_after_seconds(value) == seconds


def robots(
    body: bytes = b"", status: int = 200, url: str = "https://plo.vn/robots.txt"
) -> Response:
    return Response(url, status=status, body=body)


def test_robots_rules_are_matched_for_our_name() -> None:
    ours = b"User-agent: tinquan\nDisallow: /rss/\nCrawl-delay: 7\n"
    body = b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n\n" + ours
    rules = read_rules("plo.vn", robots(body), "tinquan")
    assert rules.allows("https://plo.vn/a")
    assert not rules.allows("https://plo.vn/rss/a")
    assert rules.delay == 7
    other = read_rules("plo.vn", robots(body), "elsebot")
    assert not other.allows("https://plo.vn/a")
    assert other.delay is None


@pytest.mark.parametrize("status", [404, 410])
def test_no_robots_allows_all(status: int) -> None:
    body = b"User-agent: *\nDisallow: /\n"
    assert read_rules("plo.vn", robots(body, status), "tinquan").allows("https://plo.vn/a")


@pytest.mark.parametrize(
    "response",
    [robots(status=500), robots(status=429), robots(status=403), robots(status=204),
     robots(status=302), robots(url="https://elsewhere.vn/robots.txt")],
)  # fmt: skip
def test_robots_that_cannot_be_read_close_a_host(response: Response) -> None:
    with pytest.raises(HostClosedError, match=r"^plo\.vn: robots\.txt "):
        read_rules("plo.vn", response, "tinquan")


def test_robots_may_redirect_to_www() -> None:
    response = robots(b"User-agent: *\nDisallow: /x\n", url="https://www.plo.vn/robots.txt")
    assert not read_rules("plo.vn", response, "tinquan").allows("https://plo.vn/x")


def test_a_download_of_unknown_length_is_stopped_at_the_limit() -> None:
    stop, request = OversizeStop(100), Request("https://tienphong.vn/x")
    stop.headers_received("UNKNOWN", request)  # type: ignore[arg-type] # Twisted's own value
    stop.bytes_received(b"a" * 100, request)
    with pytest.raises(StopDownload):
        stop.bytes_received(b"a", request)
    stop.headers_received(100, request)  # a retry begins again
    stop.bytes_received(b"a" * 100, request)
    with pytest.raises(StopDownload):
        stop.headers_received(101, request)
