"""Why a request brought no page, and what follows from it."""

import zlib
from dataclasses import dataclass

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from crawler.guard import AskedToWaitError, cause_of
from crawler.oversize import OversizeError
from crawler.replay import NotRecordedError
from crawler.robots import HostClosedError, RobotsForbidError
from crawler.urls import host_of
from storage.errors import TinquanError
from storage.model import RefusalReason


@dataclass(frozen=True, slots=True)
class Failed:
    """What a failed request means.

    message: one line with host and cause. counted_as: what it counts as where it is no failure
    of ours. reason: the refusal of a page that came but cannot be used. closes_host: nothing may
    be fetched from the host. ends_run: nothing else may be either.
    """

    message: str
    counted_as: str | None = None
    reason: RefusalReason | None = None
    closes_host: bool = False
    ends_run: bool = False


def judge_failure(error: BaseException | None, request: Request) -> Failed:
    """Return what follows from the exception that a request ended with."""
    text = str(error)
    host = host_of(request.url) or request.url
    match error:
        case NotRecordedError():
            failed = Failed(text, counted_as="not_recorded")
        case RobotsForbidError():
            failed = Failed(text, counted_as="robots")
        case HostClosedError():
            failed = Failed(text, closes_host=True)
        case TinquanError() | AskedToWaitError():
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
            failed = Failed(f"{host}: cannot be reached: {cause}")
    return failed
