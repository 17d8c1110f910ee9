"""Articles in the order of their times, with their strings: the search's plain statements."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from storage.model.search import SearchQuery
from storage.search.encoding import FIELD_END
from storage.sql.schema.core import article_places
from storage.sql.schema.search import search, search_keys
from storage.sql.schema.types import RowId, among

_Stored = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
_AT: ColumnElement[Any] = sa.type_coerce(search.c.sort_at, _Stored)
_NEWEST_FIRST = (search.c.sort_at.desc(), search.c.article.desc())

Position = tuple[Any, int]
"""Where an article stands: its sort_at as the database has it, for speed, and its short id."""


class Match(NamedTuple):
    """An article: where it stands, and its string, or the first field of it with its end."""

    at: Any
    article: int
    stream: str

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.at, self.article


def as_time(at: Any) -> datetime:
    """Return the time that a database has as `at`, in UTC."""
    moment: datetime = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC)


def newest_matches(
    conn: Connection, query: SearchQuery, after: Position | None, size: int
) -> list[Match]:
    """Return the newest articles after a position, whatever they say."""
    return list(map(Match._make, _newest(conn, query, after, size, search.c.stream)))


def newest_positions(
    conn: Connection, query: SearchQuery, after: Position | None, size: int
) -> list[Position]:
    """Return where the newest articles after a position stand: read off an index alone."""
    return [(at, article) for at, article in _newest(conn, query, after, size)]


def _newest(
    conn: Connection, query: SearchQuery, after: Position | None, size: int, *more: Any
) -> Sequence[Any]:
    statement = sa.select(_AT, search.c.article, *more).where(*_within(query))
    if after is not None:
        statement = statement.where(_before(after))
    return conn.execute(statement.order_by(*_NEWEST_FIRST).limit(size)).all()


def about_places(conn: Connection, query: SearchQuery, most: int) -> list[Match] | None:
    """Return all articles about the query's places, newest first.

    None where it names no places, or where more than `most` articles are about them.
    """
    if not query.places:
        return None
    units = article_places.c.unit.in_(query.places)
    some = sa.select(article_places.c.article).where(units).limit(most + 1).subquery()
    if conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() > most:
        return None
    about = sa.select(article_places.c.article).where(units)
    statement = sa.select(_AT, search.c.article, search.c.stream)
    rows = conn.execute(statement.where(search.c.article.in_(about), *_within(query)))
    return sorted(map(Match._make, rows.all()), key=_position, reverse=True)


def positions_where(
    conn: Connection, query: SearchQuery, after: Position, condition: ColumnElement[bool]
) -> list[Position]:
    """Return where the articles after a position stand that meet a condition, newest first."""
    statement = sa.select(_AT, search.c.article).where(condition, *_within(query))
    rows = [(row[0], row[1]) for row in conn.execute(statement).all()]
    return sorted((row for row in rows if row < after), reverse=True)


def newest_keyed(
    conn: Connection,
    query: SearchQuery,
    after: Position,
    condition: ColumnElement[bool],
    size: int | None,
) -> list[Position]:
    """Return where the newest articles (None: all) stand that meet a condition on their keys.

    In PostgreSQL; newest first. The rows are found before any is put in order: along an index of
    times each row's keys would be read off its string.
    """
    at = sa.type_coerce(search_keys.c.sort_at, _Stored).label("at")
    keyed = sa.select(at, search_keys.c.article).where(condition, *_within(query, search_keys))
    found = keyed.where(_before(after, search_keys)).cte("found").prefix_with("MATERIALIZED")
    newest = sa.select(found).order_by(found.c.at.desc(), found.c.article.desc()).limit(size)
    return [(row[0], row[1]) for row in conn.execute(newest).all()]


def matches_of(
    conn: Connection, query: SearchQuery, after: Position, ids: Sequence[int], *, filed: bool
) -> list[Match]:
    """Return those of some articles that stand after a position, newest first."""
    statement = sa.select(_AT, search.c.article, _stream(conn, filed=filed))
    some = statement.where(among(conn, search.c.article, ids), *_within(query))
    rows = (row for row in map(Match._make, conn.execute(some).all()) if row.position < after)
    return sorted(rows, key=_position, reverse=True)


def matches_at(conn: Connection, rows: Sequence[Position], *, filed: bool = False) -> list[Match]:
    """Return the articles at these places, in that order. filed: only the strings' first field."""
    statement = sa.select(search.c.article, _stream(conn, filed=filed))
    among_these = among(conn, search.c.article, [article for _, article in rows])
    streams = {row[0]: row[1] for row in conn.execute(statement.where(among_these)).all()}
    return [Match(at, article, streams[article]) for at, article in rows]


def _stream(conn: Connection, *, filed: bool) -> ColumnElement[str]:
    """Return a column: the string, or its first field with what ends it."""
    whole = search.c.stream
    if not filed:
        return whole
    if conn.dialect.name == "postgresql":
        return sa.func.split_part(whole, FIELD_END, 1).op("||")(FIELD_END)
    return sa.func.substr(whole, 1, sa.func.instr(whole, FIELD_END) + len(FIELD_END) - 1)


def _position(match: Match) -> Position:
    return match.at, match.article


def _before(after: Position, table: sa.FromClause = search) -> ColumnElement[bool]:
    here = sa.tuple_(sa.literal(after[0], _Stored), sa.literal(after[1], RowId))
    return sa.tuple_(sa.type_coerce(table.c.sort_at, _Stored), table.c.article) < here


def _within(query: SearchQuery, table: sa.FromClause = search) -> list[ColumnElement[bool]]:
    """Return the query's conditions that no string tells: the time, and the places."""
    bounds: list[ColumnElement[bool]] = []
    if query.since is not None:
        bounds.append(table.c.sort_at >= query.since)
    if query.until is not None:
        bounds.append(table.c.sort_at < query.until)
    if query.places:
        about = article_places.c
        bounds.append(
            sa.exists().where(about.article == table.c.article, about.unit.in_(query.places))
        )
    return bounds
