"""Classifies failed requests: why there is no page, and what follows from it."""

from dataclasses import dataclass

from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest

from crawler.fetch.middlewares.errors import (
    AskedToWaitError,
    CrawlDelayError,
    HostClosedError,
    HostDownError,
    NotRecordedError,
    OversizeError,
    RobotsForbidError,
    UndecodableContentError,
    UnreadableRecordError,
    cause_of,
)
from crawler.health.signals import HealthSignal
from crawler.page.urls import host_of
from storage.errors import TinquanError
from storage.model.articles import RefusalReason
from storage.model.runs import RobotsState


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """What a failed request means.

    message: one line with host and cause. counted_as: the count that it adds to if it is no
    fault. reason: the refusal, if a response arrived that cannot be used. closes_host: nothing
    may be fetched from the host. ends_run: nothing may be fetched at all. signal: what it says
    about the outlet's health. robots: what it says about robots.txt.
    """

    message: str
    counted_as: str | None = None
    reason: RefusalReason | None = None
    closes_host: bool = False
    ends_run: bool = False
    signal: HealthSignal | None = None
    robots: RobotsState | None = None


def classify_failure(error: BaseException | None, request: Request) -> RequestFailure:
    """Return what follows from the exception that a request ended with."""
    text = str(error)
    host = host_of(request.url) or request.url
    match error:
        case NotRecordedError() | UnreadableRecordError():
            failure = RequestFailure(text, counted_as=error.counted_as)
        case RobotsForbidError():
            failure = RequestFailure(
                text, counted_as="robots", signal=HealthSignal.ROBOTS, robots="forbids"
            )
        case HostClosedError():
            signal, robots = _classify_closed(error)
            failure = RequestFailure(text, closes_host=True, signal=signal, robots=robots)
        case AskedToWaitError():
            failure = RequestFailure(text, ends_run=True, signal=HealthSignal.BLOCKED)
        case TinquanError():
            failure = RequestFailure(text, ends_run=True)
        case OversizeError():
            failure = RequestFailure(text, reason=RefusalReason.TOO_LARGE)
        case UndecodableContentError():
            failure = RequestFailure(text, reason=RefusalReason.HTTP_ERROR)
        case IgnoreRequest():
            failure = _classify_ignored(request.url, text)
        case _:
            cause = cause_of(error, host) if error else "no reason given"
            signal = signal_of_failure(error)
            failure = RequestFailure(f"{host}: cannot be reached: {cause}", signal=signal)
    return failure


def _classify_closed(error: HostClosedError) -> tuple[HealthSignal, RobotsState]:
    """Return the health signal and robots.txt state of a closed host.

    If robots.txt could not be fetched, the error's cause is the failed request. HTTP 5xx is an
    outage, not a rule: users drop sections because of rules.
    """
    if isinstance(error, HostDownError):
        return HealthSignal.UNREACHABLE, "unreachable"
    if error.__cause__ is not None:
        return signal_of_failure(error.__cause__), "unreachable"
    forbids = isinstance(error, CrawlDelayError)
    return HealthSignal.ROBOTS, "forbids" if forbids else "unreadable"


def _classify_ignored(url: str, text: str) -> RequestFailure:
    """Classify an IgnoreRequest of Scrapy's own, which gives its reason only as text."""
    if "DOWNLOAD_MAXSIZE" in text:  # after decompression
        return RequestFailure(f"{url}: too large", reason=RefusalReason.TOO_LARGE)
    if "redirections" in text:
        return RequestFailure(
            f"{url}: redirects without end",
            reason=RefusalReason.REDIRECT_LOOP,
            signal=HealthSignal.BLOCKED,
        )
    return RequestFailure(f"{url}: {text}", counted_as="ignored")


def signal_of_failure(error: BaseException | None) -> HealthSignal:
    """Return the health signal of a request that got no response."""
    return (
        HealthSignal.TIMEOUTS
        if isinstance(error, DownloadTimeoutError)
        else HealthSignal.UNREACHABLE
    )
