"""Why a request brought no page, and what follows from it."""

import zlib
from dataclasses import dataclass

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from crawler.guard import AskedToWaitError, cause_of
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


def judge_failure(error: BaseException, request: Request) -> Failed:
    """Return what follows from the exception that a request ended with."""
    host = host_of(request.url) or request.url
    match error:
        case NotRecordedError():
            return Failed(str(error), counted_as="not_recorded")
        case RobotsForbidError():
            return Failed(str(error), counted_as="robots")
        case HostClosedError():
            return Failed(str(error), closes_host=True)
        case TinquanError() | AskedToWaitError():
            return Failed(str(error), ends_run=True)
        case IgnoreRequest() if "DOWNLOAD_MAXSIZE" in str(error):  # after decompression
            return Failed(f"{host}: {request.url}: too large", reason=RefusalReason.TOO_LARGE)
        case DownloadCancelledError():  # too large on the line: nothing was recorded
            return Failed(f"{host}: {request.url}: too large", counted_as="too_large")
        case IgnoreRequest():
            return Failed(f"{host}: {request.url}: {error}", counted_as="ignored")
        case EOFError() | zlib.error():
            message = f"{host}: {request.url}: its content cannot be decoded"
            return Failed(message, reason=RefusalReason.HTTP_ERROR)
        case _:
            return Failed(f"{host}: cannot be reached: {cause_of(error, host)}")
