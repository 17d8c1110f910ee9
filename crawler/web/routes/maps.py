"""`/ban-do/PROVINCE`: a map of a province's communes by number of articles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from crawler.web.asked import days_in, end_of, start_of
from crawler.web.page import Page
from crawler.web.shapes import Shapes
from storage.errors import NotFoundError
from storage.model.articles import ArticleQuery
from storage.model.places import Unit
from storage.text.normalize import fold

DAYS = 90
"""The period that a map covers by default."""

MOST_DAYS = 731
CLASSES = 5


@dataclass(frozen=True, slots=True)
class Area:
    """A commune on a map, and its shade: 0 for no article, otherwise 1 to CLASSES."""

    unit: Unit
    count: int
    shade: int
    path: str


@dataclass(frozen=True, slots=True)
class Map:
    """Communes by their number of articles, most first. bounds: the largest count of each shade.

    shapes: None if there are no outlines; the page then shows only its table.
    """

    areas: tuple[Area, ...]
    bounds: tuple[int, ...]
    shapes: Shapes | None

    @property
    def silent(self) -> tuple[Area, ...]:
        """The communes without an article."""
        return tuple(area for area in self.areas if not area.count)

    @property
    def total(self) -> int:
        """The sum of all counts; an article that is about two communes counts twice."""
        return sum(area.count for area in self.areas)


def province_map(page: Page) -> Response:
    """Answer `/ban-do/PROVINCE`. Raises NotFoundError, MisreadError."""
    gazetteer = page.reader.gazetteer
    found = gazetteer.provinces(page.path["province"])
    if not found:
        raise NotFoundError("no such province")
    unit = found[-1]
    first, last = days_in(page.values, page.language.today(page.now), DAYS, MOST_DAYS)
    since, until = start_of(first), end_of(last)
    shaded = map_of(page, communes_in(page, unit), since, until)
    return page.render("map.html", unit=unit, map=shaded, first=first, last=last)


def communes_in(page: Page, unit: Unit) -> tuple[Unit, ...]:
    """Return today's communes of a province, sorted by code."""
    children = page.reader.gazetteer.children(page.reader.gazetteer.line(unit.id)[-1])
    today = [child for child in children if child.level == "ward" and child.valid_to is None]
    return tuple(sorted(today, key=lambda commune: commune.code or ""))


def map_of(
    page: Page,
    units: Sequence[Unit],
    since: datetime,
    until: datetime | None = None,
    outlets: tuple[str, ...] = (),
) -> Map | None:
    """Return a map of communes by the articles of `outlets`, or of all if it is empty.

    None if there are no communes.
    """
    if not units:
        return None
    lines = {unit.id: page.reader.gazetteer.line(unit.id) for unit in units}
    rows = tuple(row for line in lines.values() for row in line)
    found = page.reader.archive.places.unit_counts(ArticleQuery(outlets, rows, since, until))
    totals = ((id_, sum(found.get(row, 0) for row in line)) for id_, line in lines.items())
    counts = {id_: count for id_, count in totals if count}
    outlines = page.reader.outlines
    shapes = outlines.shapes(lines) if outlines else None
    bounds = shade_bounds(counts)
    areas = [
        Area(
            unit,
            count,
            CLASSES - sum(count <= bound for bound in bounds) if count else 0,
            shapes.paths.get(unit.id, "") if shapes else "",
        )
        for unit, count in ((unit, counts.get(unit.id, 0)) for unit in units)
    ]
    areas.sort(key=lambda area: (-area.count, fold(area.unit.name)))
    return Map(tuple(areas), bounds, shapes)


def shade_bounds(counts: Mapping[str, int]) -> tuple[int, ...]:
    """Return the upper bounds of all shades but the last: quantiles of the counts."""
    ordered = sorted(counts.values())
    if not ordered:
        return ()
    at = (len(ordered) * step // CLASSES for step in range(1, CLASSES))
    bounds = sorted({ordered[max(0, index - 1)] for index in at})
    return tuple(bound for bound in bounds if bound < ordered[-1])
