"""Articles as rows of lists. Pure except for one query: the sizes of their clusters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from crawler.places import Gazetteer
from crawler.web.asked import Cursor, cursor_text
from crawler.web.reader import Reader
from crawler.web.words import cut
from storage.model.articles import ArchivedArticle, Revision
from storage.model.clusters import ClusterSize
from storage.model.places import Unit

PER_PAGE = 30
_TITLE, _LEAD = 300, 260  # characters in a list


@dataclass(frozen=True, slots=True)
class Row:
    """One article in a list. at: the time by which it is sorted.

    edits: how often its outlet edited it; edited: the states before and after the last edit.
    size: of its cluster; None if it has no copies.
    """

    id: int
    outlet: str
    title: str
    lead: str
    language: str
    at: datetime
    places: tuple[Unit, ...]
    edits: int
    edited: tuple[int, int]
    removed_at: datetime | None
    size: ClusterSize | None


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page of rows. more: the cursor of the next page; None on the last one."""

    rows: tuple[Row, ...]
    more: str | None


def sort_time(article: ArchivedArticle) -> datetime:
    """Return the time by which lists sort an article."""
    return article.latest.article.published_at or article.revisions[0].first_seen_at


def row_page(reader: Reader, found: Iterable[ArchivedArticle], *, collapse: bool) -> RowPage:
    """Return the first PER_PAGE articles; collapse: keep only the first of each cluster."""
    taken = list(islice(found, PER_PAGE + 1))
    shown = taken[:PER_PAGE]
    more = cursor_text(cursor_of(shown[-1])) if len(taken) > PER_PAGE else None
    rows = rows_of(reader, shown)
    return RowPage(tuple(_first_of_clusters(rows)) if collapse else rows, more)


def cursor_of(article: ArchivedArticle) -> Cursor:
    """Return an article's cursor in a list."""
    return sort_time(article), article.id


def rows_of(reader: Reader, found: Sequence[ArchivedArticle]) -> tuple[Row, ...]:
    """Return articles as rows, in their order."""
    sizes = reader.archive.clusters.sizes([archived.id for archived in found])
    return tuple(_row(archived, sizes.get(archived.id), reader.gazetteer) for archived in found)


def edits_of(article: ArchivedArticle) -> tuple[Revision, ...]:
    """Return the states that are edits by the outlet."""
    return tuple(revision for revision in article.revisions[1:] if not revision.maybe_reextraction)


def units_of(state: Revision, gazetteer: Gazetteer) -> tuple[Unit, ...]:
    """Return the places that a state is about, without ids that the gazetteer lacks."""
    ids = state.tags.primary if state.tags else ()
    return tuple(gazetteer.units[id_] for id_ in ids if id_ in gazetteer.units)


def _row(found: ArchivedArticle, size: ClusterSize | None, gazetteer: Gazetteer) -> Row:
    article, edits = found.latest.article, edits_of(found)
    last = edits[-1].number if edits else 1
    return Row(
        id=found.id,
        outlet=article.outlet,
        title=cut(article.title, _TITLE) or article.url[:_TITLE],
        lead=cut(article.sapo or article.body[: _LEAD * 2], _LEAD),
        language=article.language,
        at=sort_time(found),
        places=units_of(found.latest, gazetteer),
        edits=len(edits),
        edited=(last - 1, last),
        removed_at=found.removed_at,
        size=size,
    )


def _first_of_clusters(rows: Iterable[Row]) -> Iterable[Row]:
    seen: set[int] = set()
    for row in rows:
        story = row.size.source if row.size else row.id
        if story not in seen:
            yield row
        seen.add(story)
