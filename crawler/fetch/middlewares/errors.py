"""The errors that the middlewares raise when a request gets no page, and their causes in words."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.internet.error import ConnectionClosed

forbidden_hosts: dict[str, str] = {}  # host → its non-public address, set by the resolver


class AskedToWaitError(IgnoreRequest):
    """A host asks for a longer pause than a run waits, or for another one right after a pause."""


class OversizeError(IgnoreRequest):
    """A response is over the size limit; its record holds the headers only."""


class UndecodableContentError(IgnoreRequest):
    """A response's body cannot be decoded as its headers say."""


class NotRecordedError(IgnoreRequest):
    """A replay requests an address that its files do not hold."""

    counted_as = "not_recorded"


class UnreadableRecordError(IgnoreRequest):
    """A replay's record of an address is damaged; other addresses are not affected."""

    counted_as = "unreadable_record"


class RobotsForbidError(IgnoreRequest):
    """robots.txt disallows this address for our agent."""


class HostClosedError(IgnoreRequest):
    """A host's robots.txt cannot be read, so nothing may be fetched from the host."""


class HostDownError(HostClosedError):
    """A host answers the request for its robots.txt with a server error."""


class CrawlDelayError(HostClosedError):
    """A host's Crawl-delay is longer than a crawl waits between two requests."""


def cause_of(error: BaseException, host: str) -> str:
    """Return in a few words why a request to `host` failed."""
    if isinstance(error, CannotResolveHostError):
        if host in forbidden_hosts:
            return f"its address {forbidden_hosts[host]} is not public"
        return "DNS lookup failed"
    if isinstance(error, DownloadTimeoutError):
        return "no answer in time"
    if isinstance(error, DownloadConnectionRefusedError):
        return "connection refused"
    return _connection_cause(_root_error(error))


def _connection_cause(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if "certificate" in text.lower() or "VerificationError" in text:
        return "its TLS certificate cannot be verified"
    if type(error).__module__ == "OpenSSL.SSL":
        return "the TLS connection failed"
    if isinstance(error, ConnectionClosed):
        return "the connection was closed before the answer was whole"
    name = type(error).__name__.lstrip("_")
    return name if not text or "<" in text else f"{name}: {text}"[:200]


def _root_error(error: BaseException) -> BaseException:
    """Unwrap an error from the lists of failures in which Twisted wraps it."""
    for _ in range(5):
        reasons = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None)
        if not reasons:
            break
        error = getattr(reasons[0], "value", error)
    return error


def is_oversize(response: Response) -> bool:
    """True for a response whose download was stopped."""
    return "download_stopped" in response.flags
