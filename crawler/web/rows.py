"""Articles as lists show them. Pure but for one question: how large their stories are."""

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

    edits: how often its outlet changed it; edited: the two states of the last time.
    size: of its story; None where it has no copies.
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
    """Some rows, and the position after which the list goes on; None where it ends."""

    rows: tuple[Row, ...]
    more: str | None


def sort_time(article: ArchivedArticle) -> datetime:
    """Return the time by which lists sort an article."""
    return article.latest.article.published_at or article.revisions[0].first_seen_at


def row_page(reader: Reader, found: Iterable[ArchivedArticle], *, collapse: bool) -> RowPage:
    """Return the first PER_PAGE articles; collapse: of a story only the first of them."""
    taken = list(islice(found, PER_PAGE + 1))
    shown = taken[:PER_PAGE]
    more = cursor_text(cursor_of(shown[-1])) if len(taken) > PER_PAGE else None
    rows = rows_of(reader, shown)
    return RowPage(tuple(_once(rows)) if collapse else rows, more)


def cursor_of(article: ArchivedArticle) -> Cursor:
    """Return an article's position in a list."""
    return sort_time(article), article.id


def rows_of(reader: Reader, found: Sequence[ArchivedArticle]) -> tuple[Row, ...]:
    """Return articles as rows, in their order."""
    sizes = reader.archive.clusters.sizes([one.id for one in found])
    return tuple(_row(one, sizes.get(one.id), reader.gazetteer) for one in found)


def edits_of(article: ArchivedArticle) -> tuple[Revision, ...]:
    """Return the states that the outlet made of an earlier one."""
    return tuple(one for one in article.revisions[1:] if not one.maybe_reextraction)


def units_of(state: Revision, gazetteer: Gazetteer) -> tuple[Unit, ...]:
    """Return the places that a state is about, as far as today's gazetteer has them."""
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


def _once(rows: Iterable[Row]) -> Iterable[Row]:
    seen: set[int] = set()
    for row in rows:
        story = row.size.source if row.size else row.id
        if story not in seen:
            yield row
        seen.add(story)
