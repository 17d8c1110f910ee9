"""`/dia-ban`: find a place; `/dia-ban/UNIT`: the place, its history and its articles."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from starlette.responses import RedirectResponse, Response

from crawler.web.asked import choice_in, cursor_in, place_in, start_of, text_in
from crawler.web.chart import Chart, month_chart, months_back
from crawler.web.page import Page
from crawler.web.routes.maps import Map, communes_in, map_of
from crawler.web.rows import PER_PAGE, row_page
from storage.model.articles import ArticleQuery
from storage.model.clusters import Cluster, ClusterQuery
from storage.model.edits import Edit, EditQuery
from storage.model.places import Reach, Unit

MONTHS, PROVINCE_MONTHS = 36, 6
"""Months that the chart covers; fewer for a province, which may have a third of all articles."""

_EDITED, _REPRINTED = timedelta(days=90), timedelta(days=30)  # periods of the sidebar's lists
_FEW = 8
Word = Literal["rieng", "loi", "lien-quan"]
REACHES: dict[Word, Reach] = {"rieng": "none", "loi": "core", "lien-quan": "touched"}


@dataclass(frozen=True, slots=True)
class Sidebar:
    """The sidebar: counts by month and outlet, a map, recent stories and edits."""

    months: int
    chart: Chart
    total: int
    outlets: tuple[tuple[str, int], ...]
    map: Map | None
    stories: tuple[Cluster, ...]
    edits: tuple[Edit, ...]


def find_place(page: Page) -> Response:
    """Answer `/dia-ban`: a form, the places that match a name, and today's provinces."""
    gazetteer = page.reader.gazetteer
    named = place_in(page.values, "ten", gazetteer)
    if named.unit:
        return RedirectResponse(page.to(f"/dia-ban/{named.unit.id}"), 303)
    units = gazetteer.units.values()
    provinces = [unit for unit in units if unit.level == "province" and unit.valid_to is None]
    provinces.sort(key=lambda unit: (unit.type != "thành phố", unit.code or ""))
    return page.render("find_place.html", named=named, provinces=provinces)


def place(page: Page) -> Response:
    """Answer `/dia-ban/UNIT`. Raises NotFoundError, MisreadError."""
    gazetteer = page.reader.gazetteer
    unit = gazetteer.unit(page.path["unit"])
    word: Word = choice_in(page.values, "pham-vi", Word, "loi")
    outlet, after = text_in(page.values, "bao"), cursor_in(page.values)
    query = ArticleQuery(
        outlets=(outlet,) if outlet else (),
        places=gazetteer.scope(unit.id, REACHES[word]),
        limit=PER_PAGE + 1,
    )
    found = page.reader.archive.articles.find(query, after)
    listed = row_page(page.reader, found, collapse=True)
    line = [gazetteer.unit(id_) for id_ in gazetteer.line(unit.id)]
    return page.render(
        "place.html",
        unit=unit,
        word=word,
        outlet=outlet,
        line=line,
        above=[gazetteer.unit(id_) for id_ in gazetteer.above(unit.id)],
        made_of=[gazetteer.unit(item.old) for item in gazetteer.predecessors(line[0].id)],
        core=[gazetteer.unit(id_) for id_ in gazetteer.core(unit.id)],
        touched=[gazetteer.unit(id_) for id_ in gazetteer.touched(unit.id)],
        below=communes_in(page, unit) if unit.level == "province" else (),
        rows=listed.rows,
        more=listed.more,
        sidebar=None if after else _sidebar(page, unit, query),
    )


def _sidebar(page: Page, unit: Unit, query: ArticleQuery) -> Sidebar:
    archive, today = page.reader.archive, page.language.today(page.now)
    months = PROVINCE_MONTHS if unit.level == "province" else MONTHS
    first = months_back(today, months - 1)
    window = ArticleQuery(outlets=query.outlets, places=query.places, since=start_of(first))
    counts = archive.places.months(window)
    by_month, by_outlet = Counter[str](), Counter[str]()
    for row in counts:
        by_month[row.month] += row.articles
        by_outlet[row.outlet] += row.articles
    reprinted, edited = page.now - _REPRINTED, page.now - _EDITED
    stories = ClusterQuery(
        since=reprinted, outlets=query.outlets, places=query.places, min_outlets=2, limit=_FEW
    )
    edits = EditQuery(query.outlets, query.places, since=edited, limit=_FEW)
    return Sidebar(
        months=months,
        chart=month_chart(by_month, first, today),
        total=sum(by_month.values()),
        outlets=tuple(by_outlet.most_common(_FEW)),
        map=map_of(page, _on_map(page, unit), start_of(first), outlets=query.outlets),
        stories=tuple(archive.clusters.find(stories)),
        edits=tuple(archive.articles.edits(edits)),
    )


def _on_map(page: Page, unit: Unit) -> tuple[Unit, ...]:
    """Return the communes on a unit's map: all of a province, the core successors of a district."""
    if unit.level == "province":
        return communes_in(page, unit)
    if unit.level == "ward":
        return ()
    gazetteer = page.reader.gazetteer
    return tuple(gazetteer.unit(gazetteer.line(id_)[-1]) for id_ in gazetteer.core(unit.id))
