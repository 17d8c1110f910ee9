"""Extraction of the times of publication and modification, and the choice among them. Pure."""

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
    """Return the chosen time of publication, and the modification time.

    A modification before publication is dropped: outlets write articles before they publish them.
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
    """Return the most plausible candidate for a page."""
    created = url_stamp(page.url, zone=zone)
    return choose_date(candidates, fetched_at=page.fetched_at, zone=zone, created_at=created)


def describe_future(page: Page, future: DateCandidate) -> str:
    """Return the evidence that an article's publication is in the future."""
    at = page.fetched_at.isoformat()
    return f"published {future.raw!r} ({future.rule}), after the capture at {at}"


def date_candidates(
    select: ScopedSelector, layout: Layout, meta: Metadata, key: str = "published"
) -> Iterator[DateCandidate]:
    """Yield the candidates for the time of publication (or key="modified"), most trusted first.

    The order is JSON-LD, meta properties, the layout's elements, then meta names, where some
    outlets put the time in US order; for modifications meta names come before the elements.
    """
    jsonld = "datePublished" if key == "published" else "dateModified"
    if raw := meta.json_ld(jsonld):
        yield DateCandidate(raw, "jsonld")
    if raw := meta.prop(f"article:{key}_time"):
        yield DateCandidate(raw, "meta")
    if key == "published":
        yield from _printed_dates(select, layout)
        for name in _DATE_NAMES:
            if raw := meta.named(name):
                yield DateCandidate(raw, f"meta:{name}")
        return
    if raw := meta.named("lastmod") or meta.named("datemodified"):
        yield DateCandidate(raw, "meta:name")
    yield from _printed_changes(select, layout)


def _printed_changes(select: ScopedSelector, layout: Layout) -> Iterator[DateCandidate]:
    """Yield the modification times in lines that also have a publication time."""
    for candidate in _printed_dates(select, layout, whole=True):
        if modified := parts_of_stamp(candidate.raw)[1]:
            yield DateCandidate(modified, candidate.rule)


def _printed_dates(
    select: ScopedSelector, layout: Layout, *, whole: bool = False
) -> Iterator[DateCandidate]:
    """Yield the dates in a layout's elements; of a line with two times, the publication.

    whole: yield such lines whole.
    """
    for selector, nodes in select.by_region(layout.time):
        for node in nodes[:_MAX_DATES]:
            for value in (node.attributes.get("datetime"), node.attributes.get("content")):
                if value:
                    yield DateCandidate(clean(value), f"page:{selector}")
            text = joined_text(node) if len(node.text(deep=True)) <= MAX_RAW else ""
            if any(char.isdigit() for char in text):
                yield DateCandidate(text if whole else parts_of_stamp(text)[0], f"page:{selector}")
