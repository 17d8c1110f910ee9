"""`/tim`: full-text search, as a page, JSON, CSV and Atom."""

import csv
import io
from dataclasses import dataclass, replace
from typing import Any, Literal

from starlette.responses import JSONResponse, Response

from crawler.render.base import time_json
from crawler.render.csv import csv_values
from crawler.render.search import result_json
from crawler.watch.digest import Entries
from crawler.watch.feed import ENTRIES, feed_of
from crawler.web.asked import MisreadError, Named, choice_in, place_in, text_in, window_in
from crawler.web.page import Page
from crawler.web.rows import rows_of
from storage import parse_words
from storage.model.articles import ArticleKind
from storage.model.search import SearchHit, SearchQuery
from storage.model.watches import Arrivals

PER_PAGE, PAGES = 20, 10
"""Hits per page, and pages; a narrower window of time reaches further hits."""

_FILE_HITS = 200
_FACETS = 8
Ordering = Literal["moi", "hop"]


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as given by the query string. is_empty: it has nothing to search for."""

    query: SearchQuery
    named: Named
    is_empty: bool


def search(page: Page) -> Response:
    """Answer `/tim`. Raises QueryError and MisreadError for invalid values."""
    request = _parsed(page)
    number = _page_number(page)
    values: dict[str, Any] = {
        "words": page.values.get("q", "").strip(),
        "named": request.named,
        "number": number,
    }
    if request.is_empty:
        return page.render("search.html", result=None, rows=(), facets=None, more=None, **values)
    archive = page.reader.archive
    query = _limited(request.query, number * PER_PAGE)
    result = archive.search.find(query)
    hits = result.hits[(number - 1) * PER_PAGE :]
    counted = page.values.get("dem") == "1"
    return page.render(
        "search.html",
        result=result,
        rows=list(zip(rows_of(page.reader, [hit.article for hit in hits]), hits, strict=True)),
        facets=archive.search.facets(request.query, _FACETS) if counted else None,
        more=number + 1 if len(hits) == PER_PAGE and number < PAGES else None,
        **values,
    )


def search_json(page: Page) -> Response:
    """Answer `/tim.json`: the first hits, with the keys of docs/json.md."""
    request = _required(page)
    found = page.reader.archive.search.find(_limited(request.query, _FILE_HITS))
    return JSONResponse(result_json(found))


def search_csv(page: Page) -> Response:
    """Answer `/tim.csv`: the first hits, one per line."""
    request = _required(page)
    found = page.reader.archive.search.find(_limited(request.query, _FILE_HITS))
    out = io.StringIO()
    out.write("\ufeff")  # without it Excel does not read the file as UTF-8
    writer = csv.writer(out)
    writer.writerow(("id", "published_at", "outlet", "title", "url", "states", "removed_at"))
    writer.writerows(csv_values(_line(hit)) for hit in found.hits)
    headers = {"Content-Disposition": 'attachment; filename="tinquan.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def search_atom(page: Page) -> Response:
    """Answer `/tim.atom`: the newest hits, as `tinquan feed` writes new stories."""
    request, reader = _required(page), page.reader
    query = replace(request.query, order="date", limit=ENTRIES)
    hits = reader.archive.search.find(query).hits
    arrivals = Arrivals(new=tuple(hit.article.id for hit in hits))
    report = reader.archive.watches.report(arrivals, query, ENTRIES)
    words = page.values.get("q", "").strip() or page.language.words("Tìm trong kho")
    entries = Entries(page.language.code, f"{page.site}/bai/{{id}}")
    path = f"reader/{sorted(page.values.items())}"
    feed = feed_of(report, words[:200], path, entries, reader.contact)
    return Response(feed, media_type="application/atom+xml")


def _line(hit: SearchHit) -> tuple[object, ...]:
    article = hit.article.latest.article
    return (
        hit.article.id,
        time_json(article.published_at) or "",
        article.outlet,
        article.title,
        article.url,
        len(hit.article.revisions),
        time_json(hit.article.removed_at) or "",
    )


def _required(page: Page) -> SearchRequest:
    """Parse the query string. Raises MisreadError if there is nothing to search for."""
    request = _parsed(page)
    if request.is_empty:
        raise MisreadError("Hãy gõ từ cần tìm, hoặc chọn báo, nơi hay khoảng ngày.")
    return request


def _parsed(page: Page) -> SearchRequest:
    values, gazetteer = page.values, page.reader.gazetteer
    named = place_in(values, "noi", gazetteer)
    since, until = window_in(values)
    order: Ordering = choice_in(values, "xep", Ordering, "moi")

    def listed(name: str) -> tuple[str, ...]:
        text = text_in(values, name)
        return (text,) if text else ()

    kind: str = choice_in(values, "loai", ArticleKind, "")
    query = SearchQuery(
        words=parse_words(text_in(values, "q")),
        outlets=listed("bao"),
        sections=listed("muc"),
        authors=listed("tac-gia"),
        tags=listed("the"),
        kinds=(kind,) if kind else (),
        places=gazetteer.scope(named.unit.id, "core") if named.unit else (),
        since=since,
        until=until,
        one_per_cluster=values.get("gop") == "1",
        order="relevance" if order == "hop" else "date",
    )
    unclear = bool(named.text) and named.unit is None
    narrowed = _limited(query, 1) != SearchQuery(
        one_per_cluster=query.one_per_cluster, order=query.order, limit=1
    )
    return SearchRequest(query, named, unclear or not narrowed)


def _limited(query: SearchQuery, limit: int) -> SearchQuery:
    return replace(query, limit=limit)


def _page_number(page: Page) -> int:
    text = text_in(page.values, "trang") or "1"
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(PAGES)) else 0
    if not 1 <= number <= PAGES:
        raise MisreadError("Chỉ xem được từ trang 1 đến trang {n}: hãy thu hẹp rồi tìm.", n=PAGES)
    return number
