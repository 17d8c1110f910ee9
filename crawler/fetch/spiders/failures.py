"""Why a request brought no page, and what follows from it."""

import zlib
from dataclasses import dataclass

from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest

from crawler.fetch.middlewares.errors import (
    AskedToWaitError,
    HostClosedError,
    NotRecordedError,
    OversizeError,
    RobotsForbidError,
    UnreadableRecordError,
    cause_of,
)
from crawler.health.signals import Sign
from crawler.page.urls import host_of
from storage.errors import TinquanError
from storage.model.articles import RefusalReason
from storage.model.runs import RobotsState


@dataclass(frozen=True, slots=True)
class Failed:
    """What a failed request means.

    message: one line with host and cause. counted_as: what it counts as where it is no failure
    of ours. reason: the refusal of a page that came but cannot be used. closes_host: nothing may
    be fetched from the host. ends_run: nothing else may be either. sign: what it says of the
    outlet's health. robots: what it says of robots.txt.
    """

    message: str
    counted_as: str | None = None
    reason: RefusalReason | None = None
    closes_host: bool = False
    ends_run: bool = False
    sign: Sign | None = None
    robots: RobotsState | None = None


def judge_failure(error: BaseException | None, request: Request) -> Failed:
    """Return what follows from the exception that a request ended with."""
    text = str(error)
    host = host_of(request.url) or request.url
    match error:
        case NotRecordedError() | UnreadableRecordError():
            failed = Failed(text, counted_as=error.counted_as)
        case RobotsForbidError():
            failed = Failed(text, counted_as="robots", sign=Sign.ROBOTS, robots="forbids")
        case HostClosedError():  # raised from the failure where robots.txt could not be asked
            origin = error.__cause__
            sign = sign_of_failure(origin) if origin else Sign.ROBOTS
            robots: RobotsState = "unreachable" if origin else "unreadable"
            failed = Failed(text, closes_host=True, sign=sign, robots=robots)
        case AskedToWaitError():
            failed = Failed(text, ends_run=True, sign=Sign.BLOCKED)
        case TinquanError():
            failed = Failed(text, ends_run=True)
        case OversizeError():
            failed = Failed(text, reason=RefusalReason.TOO_LARGE)
        case IgnoreRequest() if "DOWNLOAD_MAXSIZE" in text:  # after decompression
            failed = Failed(f"{request.url}: too large", reason=RefusalReason.TOO_LARGE)
        case IgnoreRequest():
            failed = Failed(f"{request.url}: {text}", counted_as="ignored")
        case EOFError() | zlib.error():
            why = f"{request.url}: its content cannot be decoded"
            failed = Failed(why, reason=RefusalReason.HTTP_ERROR)
        case _:
            cause = cause_of(error, host) if error else "no reason given"
            sign = sign_of_failure(error)
            failed = Failed(f"{host}: cannot be reached: {cause}", sign=sign)
    return failed


def sign_of_failure(error: BaseException | None) -> Sign:
    """Return what a request that brought no response says of the outlet's health."""
    return Sign.TIMEOUTS if isinstance(error, DownloadTimeoutError) else Sign.UNREACHABLE
