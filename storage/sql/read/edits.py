"""What became of articles after they were published: edits, and pages that are gone."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.model.articles import RefusalReason
from storage.model.edits import EditQuery
from storage.model.places import Confidence
from storage.sql.engine.bulk import among, rows_at, within
from storage.sql.schema.core import articles, captures, contents, refusals, refused_urls, revisions
from storage.sql.schema.places import article_places
from storage.sql.schema.types import AnyRow, in_parts, url_key

EditCursor = tuple[datetime, int, int]
"""An edit's position in the list: when it was first seen, its article, its revision's number."""

EDITS = 50
"""Edits per page; a caller that stops early has read little more than it needs."""

_MOST_REFUSALS = 400  # that are read for a page of removals; an article has a few
_BATCH = 50  # articles that are checked at a time
_NOT_FOUND = refusals.c.reason == RefusalReason.NOT_FOUND.value


def edit_page(
    conn: Connection, query: EditQuery, after: EditCursor | None, size: int
) -> list[EditCursor]:
    """Return up to `size` edits after a cursor, newest first."""
    order = (revisions.c.first_seen_at, revisions.c.article, revisions.c.number)
    statement = (
        _edits(conn, query, *order).order_by(*(column.desc() for column in order)).limit(size)
    )
    if after is None:
        statement = statement.offset(query.offset)
    else:
        position = (
            sa.literal(value, column.type) for value, column in zip(after, order, strict=True)
        )
        statement = statement.where(sa.tuple_(*order) < sa.tuple_(*position))
    return [(row[0], row[1], row[2]) for row in conn.execute(statement)]


def count_edits(conn: Connection, query: EditQuery) -> int:
    """Return how many edits match, whatever the offset."""
    return int(conn.execute(_edits(conn, query, sa.func.count())).scalar_one())


def _edits(conn: Connection, query: EditQuery, *columns: Any) -> Select[Any]:
    matching = sa.select(*columns).select_from(revisions.join(articles))
    return matching.where(revisions.c.number > 1, *_bounds(conn, query))


def _bounds(conn: Connection, query: EditQuery) -> Iterator[ColumnElement[bool]]:
    yield from within(revisions.c.first_seen_at, query)
    if query.outlets:
        yield articles.c.outlet.in_(query.outlets)
    if query.places:
        yield about_any(conn, revisions.c.article, query.places)
    if not query.maybe_reextraction:
        yield revisions.c.maybe_reextraction.is_(False)


def removal_page(conn: Connection, query: EditQuery) -> list[int]:
    """Return the short ids of articles whose pages are gone, most recently noticed first.

    Reads the newest captures of pages that were not found, at most _MOST_REFUSALS of them.
    """
    not_found = (
        sa.select(refusals.c.article)
        .join(articles, articles.c.id == refusals.c.article)
        .where(_NOT_FOUND, articles.c.sort_at.is_not(None), refusals.c.captured_at >= query.since)
        .order_by(refusals.c.captured_at.desc())
        .limit(_MOST_REFUSALS)
    )
    if query.until is not None:
        not_found = not_found.where(refusals.c.captured_at < query.until)
    if query.outlets:
        not_found = not_found.where(refusals.c.outlet.in_(query.outlets))
    if query.places:
        not_found = not_found.where(about_any(conn, refusals.c.article, query.places))
    ids = list(dict.fromkeys(conn.execute(not_found).scalars()))
    gone: dict[int, datetime] = {}
    for start in range(0, len(ids), _BATCH):
        if query.limit is not None and len(gone) >= query.limit:
            break
        found = removals(conn, ids[start : start + _BATCH])
        gone |= {id_: since for id_, (since, _) in found.items() if _is_within(since, query)}
    return sorted(gone, key=lambda id_: (gone[id_], id_), reverse=True)[: query.limit]


def _is_within(moment: datetime, query: EditQuery) -> bool:
    return query.since is None or moment >= query.since


def about_any(
    conn: Connection,
    article: ColumnElement[int],
    places: Sequence[str],
    confidence: Confidence = "likely",
) -> ColumnElement[bool]:
    """Return a condition for articles whose latest revision is about any of these units.

    confidence: the least that counts.
    """
    # An expression that no index covers: SQLite would look for the article in each unit, of which
    # a province has hundreds; an article is about a few.
    unit = article_places.c.unit.concat("")
    about = sa.exists().where(article_places.c.article == article, among(conn, unit, places))
    if confidence == "certain":
        about = about.where(article_places.c.confidence == "certain")
    return about.correlate_except(article_places)


def perhaps_removed(statement: Select[Any], id_: sa.Column[int]) -> Select[Any]:
    """Restrict `statement` to articles of which a page was not found after they were last seen.

    `removals` tells which of them are gone.
    """
    # Correlated explicitly: SQLAlchemy correlates a subquery with the enclosing one only, and
    # `last` would cover all articles.
    last = sa.select(sa.func.max(revisions.c.last_seen_at)).where(revisions.c.article == id_)
    last_seen = last.correlate(id_.table).scalar_subquery()
    gone = sa.select(refusals.c.id).where(
        refusals.c.article == id_, _NOT_FOUND, refusals.c.captured_at > last_seen
    )
    return statement.where(gone.correlate(id_.table).exists())


class Removal(NamedTuple):
    """Since when an article's page is gone, and the row of the first capture that shows it."""

    since: datetime
    first_capture: int


NOT_FOUND_AT = (
    sa.select(sa.func.max(refusals.c.captured_at))
    .where(refusals.c.article == revisions.c.article, _NOT_FOUND)
    .correlate(revisions)
    .scalar_subquery()
)
"""When a page of a revision's article was last not found; null if none ever was."""

_LAST_SEEN = sa.func.max(revisions.c.last_seen_at)
_SUSPECTS = (
    sa.select(revisions.c.article, _LAST_SEEN)
    .group_by(revisions.c.article)
    .having(_LAST_SEEN < NOT_FOUND_AT)
)


def removals(conn: Connection, ids: Iterable[int]) -> dict[int, Removal]:
    """Return since when articles are gone, by short id; those still up are left out.

    An article is gone if its page was not found after it was last seen. Only the address at which
    it was last seen counts: an older one that redirected to it may end.
    """
    last_seen = {row[0]: row[1] for row in rows_at(conn, _SUSPECTS, revisions.c.article, ids)}
    found: dict[int, Removal] = {}
    for part in in_parts(sorted(last_seen)):
        addresses = {row.article: url_key(json.loads(row.json)["url"]) for row in _last(conn, part)}
        not_found = (
            sa.select(refused_urls.c.key, refusals.c.article, refusals.c.captured_at)
            .add_columns(refusals.c.capture)
            .select_from(refused_urls.join(refusals))
            .where(refused_urls.c.key.in_(set(addresses.values())), _NOT_FOUND)
            .order_by(refusals.c.captured_at.desc())
        )
        for key, id_, at, capture in conn.execute(not_found):
            if addresses.get(id_) == key and at > last_seen[id_]:
                known = found.get(id_)
                found[id_] = Removal(at, min(capture, known.first_capture if known else capture))
    return found


def _last(conn: Connection, ids: Sequence[int]) -> Sequence[AnyRow]:
    """Return the contents of the articles' last captures.

    A revision has only its first capture; a later one may show the same words at a new address.
    """
    later = captures.alias()
    last = (
        sa.select(later.c.id)
        .where(later.c.article == captures.c.article)
        .order_by(later.c.captured_at.desc(), later.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    shown = sa.select(captures.c.article, contents.c.json).select_from(captures.join(contents))
    return conn.execute(shown.where(captures.c.article.in_(ids), captures.c.id == last)).all()
