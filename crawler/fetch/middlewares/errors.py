"""Why a request got no page: the errors that the middlewares raise, and their causes in words."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.internet.error import ConnectionClosed

forbidden_hosts: dict[str, str] = {}  # the process's one resolver: host → address not public


class AskedToWaitError(IgnoreRequest):
    """A host asks for a longer pause than one run waits, or asks again right after one."""


class OversizeError(IgnoreRequest):
    """A response is over the limit; its record holds its head only."""


class UndecodableContentError(IgnoreRequest):
    """A response came whose content is not what its headers say."""


class NotRecordedError(IgnoreRequest):
    """A replay was asked for an address that its files do not hold."""

    counted_as = "not_recorded"


class UnreadableRecordError(IgnoreRequest):
    """A replay's record of an address is damaged; the other records answer."""

    counted_as = "unreadable_record"


class RobotsForbidError(IgnoreRequest):
    """robots.txt forbids us this address."""


class HostClosedError(IgnoreRequest):
    """A host's robots.txt cannot be read, so nothing may be fetched from it."""


class HostDownError(HostClosedError):
    """A host answers even the question for its robots.txt with a server error."""


class CrawlDelayError(HostClosedError):
    """A host's robots.txt asks for a longer pause between two requests than a crawl waits."""


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
    return _lost_connection(_origin(error))


def _lost_connection(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if "certificate" in text.lower() or "VerificationError" in text:
        return "its TLS certificate cannot be verified"
    if type(error).__module__ == "OpenSSL.SSL":
        return "the TLS connection failed"
    if isinstance(error, ConnectionClosed):
        return "the connection was closed before the answer was whole"
    name = type(error).__name__.lstrip("_")
    return name if not text or "<" in text else f"{name}: {text}"[:200]


def _origin(error: BaseException) -> BaseException:
    """Return what made a request fail, out of the lists of failures that Twisted wraps it in."""
    for _ in range(5):
        reasons = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None)
        if not reasons:
            break
        error = getattr(reasons[0], "value", error)
    return error


def is_oversize(response: Response) -> bool:
    """True for a response whose download was stopped."""
    return "download_stopped" in response.flags
