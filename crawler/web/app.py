"""Which function answers which address, and what is said where one cannot."""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.web.fault_page import fault_page
from crawler.web.page import Page, compile_templates, stylesheet
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
from storage.errors import NotFoundError

THREADS = 8
"""Pages that are made at a time; the database has a connection for each."""

Answer = Callable[[Page], Response]

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
"""Addresses that are asked again each time."""

_log = logging.getLogger(__name__)


def create_app(reader: Reader, on_stop: Callable[[], object] = lambda: None) -> Starlette:
    """Return the reader as an ASGI app. on_stop: called when its server has stopped."""
    compile_templates()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        on_stop()

    def answered(answer: Answer, *, cached: bool) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            page = Page(reader, request)
            try:
                return _cached(page, request, answer) if cached else answer(page)
            except Exception as error:  # noqa: BLE001 - whatever it is, a page says so
                return fault_page(page, error)

        return endpoint

    routes = [Route(path, answered(answer, cached=True)) for path, answer in PAGES]
    routes += [Route(path, answered(answer, cached=False)) for path, answer in LIVE]
    routes.append(Route(stylesheet()[0], _stylesheet))
    routes.append(Route("/{path:path}", answered(_nothing, cached=False)))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=reader.hosts)],
        lifespan=lifespan,
    )


def warm(reader: Reader) -> None:
    """Render a page of each kind, so that the first request finds all code loaded.

    A page that cannot be rendered is logged and skipped.
    """
    units = reader.gazetteer.units.values()
    ward = next((unit.id for unit in units if unit.level == "ward" and not unit.valid_to), "")
    province = next((unit.id for unit in units if unit.level == "province"), "")
    made: tuple[tuple[Answer, str, dict[str, str]], ...] = (
        (newest, f"noi={ward}", {}),
        (find_place, "ten=lang", {}),
        (place, "", {"unit": ward}),
        (province_map, "", {"province": province}),
        (changes, "", {}),
        (changes, "loai=go", {}),
        (outlets, "", {}),
        (search, "q=tin", {}),
        (search, "q=tin&xep=hop", {}),
    )
    for answer, query, params in made:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "path_params": params}
        request = Request(scope | {"query_string": query.encode()})
        try:
            answer(Page(reader, request))
        except Exception as error:  # noqa: BLE001 - a request for the page gets the error
            _log.info("%s: %s", answer.__name__, error)


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
