"""When an article was published and changed: what its page says, and what is believed. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from crawler.extract.choose import PageReading, ScopedSelector
from crawler.extract.metadata.fields import MAX_RAW, joined_text
from crawler.extract.metadata.head import Metadata, clean
from crawler.families.base import Layout
from crawler.page.dates import DateCandidate, DateChoice, choose_date, url_stamp
from crawler.page.printed import parts_of_stamp
from crawler.page.response import Page

_MAX_DATES = 12  # elements of one selector that are read for a date
_DATE_NAMES = ("pubdate", "datepublished", "article:published_time", "its_publication", "date")


def read_times(
    page: Page, zone: ZoneInfo, reading: PageReading, meta: Metadata
) -> tuple[DateChoice, datetime | None]:
    """Return what was chosen as time of publication, and the time of the last change.

    A change before publication is dropped: outlets write their articles before they are out.
    """
    select, layout = reading.select, reading.layout
    published = choose(page, zone, date_candidates(select, layout, meta, "published"))
    modified = choose(page, zone, date_candidates(select, layout, meta, "modified")).at
    created = url_stamp(page.url, zone=zone)
    if published.at is None and published.future is None and created and created <= page.fetched_at:
        published = DateChoice(created, page.url, "url")
    if modified and published.at and modified < published.at:
        modified = None
    return published, modified


def choose(page: Page, zone: ZoneInfo, candidates: Iterable[DateCandidate]) -> DateChoice:
    """Return the candidate that is believed of a page."""
    created = url_stamp(page.url, zone=zone)
    return choose_date(candidates, fetched_at=page.fetched_at, zone=zone, created_at=created)


def describe_future(page: Page, future: DateCandidate) -> str:
    """Return the evidence for an article that is not published yet."""
    at = page.fetched_at.isoformat()
    return f"published {future.raw!r} ({future.rule}), after the capture at {at}"


def date_candidates(
    select: ScopedSelector, layout: Layout, meta: Metadata, key: str = "published"
) -> Iterator[DateCandidate]:
    """Yield what may be the time of publication (or key="modified"), most trusted first.

    JSON-LD, then meta properties, then the layout's elements, then meta names (some outlets put
    the time in US order there), then any <time>.
    """
    jsonld = "datePublished" if key == "published" else "dateModified"
    if said := meta.json_ld(jsonld):
        yield DateCandidate(said, "jsonld")
    if said := meta.prop(f"article:{key}_time"):
        yield DateCandidate(said, "meta")
    if key == "published":
        yield from _printed_dates(select, layout)
        for name in _DATE_NAMES:
            if said := meta.named(name):
                yield DateCandidate(said, f"meta:{name}")
        return
    if said := meta.named("lastmod") or meta.named("datemodified"):
        yield DateCandidate(said, "meta:name")
    yield from _printed_changes(select, layout)


def _printed_changes(select: ScopedSelector, layout: Layout) -> Iterator[DateCandidate]:
    """Yield the times of change that stand beside those of publication."""
    for candidate in _printed_dates(select, layout, whole=True):
        if changed := parts_of_stamp(candidate.raw)[1]:
            yield DateCandidate(changed, candidate.rule)


def _printed_dates(
    select: ScopedSelector, layout: Layout, *, whole: bool = False
) -> Iterator[DateCandidate]:
    """Yield the times in a layout's elements; of lines with two the time of publication.

    whole: with the rest of such lines.
    """
    for selector, nodes in select.by_region(layout.time):
        for node in nodes[:_MAX_DATES]:
            for value in (node.attributes.get("datetime"), node.attributes.get("content")):
                if value:
                    yield DateCandidate(clean(value), f"page:{selector}")
            text = joined_text(node) if len(node.text(deep=True)) <= MAX_RAW else ""
            if any(char.isdigit() for char in text):
                yield DateCandidate(text if whole else parts_of_stamp(text)[0], f"page:{selector}")
