"""Which function answers which address, and what is said where one cannot."""

import hashlib
import logging
from collections.abc import Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.web.page import Page, stylesheet, warm
from crawler.web.reader import Reader
from crawler.web.routes.articles import article, comparison, reference
from crawler.web.routes.changes import changes
from crawler.web.routes.evidence import captured, captured_page, download, record
from crawler.web.routes.maps import province_map
from crawler.web.routes.newest import newest
from crawler.web.routes.outlets import outlet, outlets
from crawler.web.routes.places import find_place, place
from crawler.web.routes.search import search, search_atom, search_csv, search_json
from crawler.web.routes.status import status
from crawler.web.routes.stories import story, story_comparison
from crawler.web.security import Guard
from storage.errors import (
    ArchiveError,
    CaptureError,
    NotFoundError,
    QueryError,
    SlowQueryError,
    UsageError,
)

THREADS = 8
"""Pages that are made at a time; the database has a connection for each."""

Answer = Callable[[Page], Response]
_log = logging.getLogger(__name__)

PAGES: tuple[tuple[str, Answer], ...] = (
    ("/", newest),
    ("/dia-ban", find_place),
    ("/dia-ban/{unit}", place),
    ("/ban-do/{province}", province_map),
    ("/bai/{ref}", article),
    ("/bai/{ref}/so-sanh/{before}/{after}", comparison),
    ("/bai/{ref}/trich-dan/{form}", reference),
    ("/bai/{ref}/ban-ghi/{state}", record),
    ("/bai/{ref}/ban-ghi/{state}/tai-ve", download),
    ("/ban-goc/{ref}/{state}", captured),
    ("/ban-goc/{ref}/{state}/trang", captured_page),
    ("/thay-doi", changes),
    ("/cau-chuyen/{ref}", story),
    ("/cau-chuyen/{ref}/so-sanh/{other}", story_comparison),
    ("/bao", outlets),
    ("/bao/{slug}", outlet),
    ("/tim", search),
    ("/tim.atom", search_atom),
    ("/tim.csv", search_csv),
    ("/tim.json", search_json),
)
"""Addresses that depend on the archive alone: they carry an ETag."""

LIVE: tuple[tuple[str, Answer], ...] = (("/tinh-trang", status),)
"""Addresses that are asked anew each time."""


def create_app(reader: Reader) -> Starlette:
    """Return the reader as an ASGI app."""
    warm()

    def answered(answer: Answer, *, cached: bool) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            page = Page(reader, request)
            try:
                return _cached(page, request, answer) if cached else answer(page)
            except Exception as error:  # noqa: BLE001 - whatever it is, a page says so
                return _said(page, error)

        return endpoint

    routes = [Route(path, answered(answer, cached=True)) for path, answer in PAGES]
    routes += [Route(path, answered(answer, cached=False)) for path, answer in LIVE]
    routes.append(Route(stylesheet()[0], _stylesheet))
    routes.append(Route("/{path:path}", answered(_nothing, cached=False)))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=reader.hosts)],
        lifespan=_lifespan,
    )


@asynccontextmanager
async def _lifespan(_app: Starlette) -> Any:
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _cached(page: Page, request: Request, answer: Answer) -> Response:
    """Return an answer with its ETag, or say that the browser's is still right."""
    etag = _etag(page, request)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    response = answer(page)
    if response.status_code == 200:
        response.headers.update(headers)
    return response


def _etag(page: Page, request: Request) -> str:
    """Return what changes when the page may: the archive, the gazetteer, our code, the hour.

    Tags and texts that are read again by newer code do not change the archive's stamp; a page
    that shows them is at most five minutes old.
    """
    parts = (
        version("tinquan"),
        page.reader.gazetteer.version,
        stylesheet()[0],
        page.reader.archive.articles.stamp(),
        str(int(page.now.timestamp()) // 300),
        str(request.url.path),
        str(request.url.query),
    )
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"'


def _stylesheet(_request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(stylesheet()[1], media_type="text/css", headers=headers)


def _nothing(_page: Page) -> Response:
    raise NotFoundError("no such page")


def _said(page: Page, error: Exception) -> Response:
    """Return the page that says why there is none; nothing of what is in the archive's way."""
    say, detail = page.language.words, ""
    if isinstance(error, NotFoundError):
        status, heading = 404, say("Không có trang này")
        text = say("Kho không có gì ở địa chỉ này.")
    elif isinstance(error, SlowQueryError):
        status, heading = 422, say("Hãy thu hẹp phạm vi")
        text = say(
            "Yêu cầu này phải đọc quá nhiều bài. Hãy chọn khoảng ngày ngắn hơn, một báo hoặc một"
            " địa bàn."
        )
    elif isinstance(error, QueryError):
        status, heading, detail = 400, say("Chưa hiểu câu tìm"), str(error)
        text = say(
            "Ngoặc kép phải có dấu đóng, dấu - và dấu * phải liền với một từ, OR phải đứng giữa hai"
            " từ, và câu tìm không được quá dài."
        )
    elif isinstance(error, UsageError):
        status, heading = 400, say("Địa chỉ này chưa đúng")
        text, detail = say("Một giá trị trong địa chỉ không đọc được."), str(error)
    elif isinstance(error, CaptureError):
        _log.warning("%s: %s", page.at, error)
        status, heading = 404, say("Bản ghi này không đọc được")
        text = say("Tệp lưu trữ của bản ghi bị thiếu, đã hỏng hoặc đã được gỡ.")
    else:
        _log.error("%s: %s", page.at, error, exc_info=not isinstance(error, ArchiveError))
        status, heading = 503, say("Kho tạm thời không đọc được")
        text = say("Hãy thử lại sau ít phút. Nhật ký của máy chủ ghi rõ nguyên nhân.")
    headers = {"Cache-Control": "no-store"}
    return page.render("said.html", status, headers, heading=heading, text=text, detail=detail)
