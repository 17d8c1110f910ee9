"""The articles that match a plan, out of the database: newest first, or all that can be ranked.

Two ways lead to them, and how many of the newest articles match says which is shorter. Rare words
come from the index. Common ones come from reading the newest articles until there are enough: an
index would first have to list half the archive. The counts below are fixed, and not a time, so
that both databases take the same way and give the same answer.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects.postgresql import ARRAY

from storage.search import SearchQuery
from storage.search_match import Plan
from storage.sql_keys import may_match
from storage.sql_types import RowId
from storage.tables import article_places
from storage.tables_search import search

FIRST_LOOK = 200  # newest articles, read at once: enough for a page of hits of a common word
PROBE = 500  # newest articles that tell how common a query's matches are
BROAD = 15  # matches among those; from more on reading is shorter than the index
PAGE = 1_000  # articles that are read at once after those
READ = 12_000  # newest articles that are read at most to rank a broad query
RANKED = 10_000  # matches that are ranked or counted at most; 1 % of a million
PLACED = 4_000  # articles about the asked places, up to which they are simply read
_CHUNK = 200

_Stored = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
_AT: ColumnElement[Any] = sa.type_coerce(search.c.sort_at, _Stored)
_NEWEST_FIRST = (search.c.sort_at.desc(), search.c.article.desc())

Position = tuple[Any, int]
"""Where an article stands: its sort_at as the database has it, for speed, and its short id."""


class Match(NamedTuple):
    """An article: where it stands, and its string."""

    at: Any
    article: int
    stream: str

    @property
    def sort_at(self) -> datetime:
        """Its time, in UTC."""
        return as_time(self.at)


def as_time(at: Any) -> datetime:
    """Return the time that a database has as `at`, in UTC."""
    moment: datetime = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC)


@dataclass(slots=True)
class Matches:
    """What can be ranked, newest first. since: None where it is all there is.

    sample: strings of the newest articles, whether they match or not.
    """

    found: list[Match]
    since: datetime | None = None
    sample: list[str] = field(default_factory=list)


def newest_matches(conn: Connection, query: SearchQuery, plan: Plan) -> Iterator[Match]:
    """Yield all matching articles, newest first, as they are asked for."""
    placed = _placed(conn, query)
    if placed is not None:
        yield from filter(_wanted(plan), placed)
        return
    after: Position | None = None
    read = matched = 0
    size = FIRST_LOOK
    while page := _newest(conn, query, after, size):
        for match in filter(_wanted(plan), page):
            matched += 1
            yield match
        if len(page) < size:
            return
        after = _position(page[-1])
        read += size
        if _has_keys(plan) and _index_is_shorter(read, matched):
            break
        size = PROBE - FIRST_LOOK if read < PROBE else PAGE
    if after is None:
        return
    rows = _candidates(conn, query, plan, after)
    for at in range(0, len(rows), _CHUNK):
        yield from filter(_wanted(plan), _load(conn, rows[at : at + _CHUNK]))


def _index_is_shorter(read: int, matched: int) -> bool:
    return read >= READ or (read == PROBE and matched <= BROAD)


def all_matches(conn: Connection, query: SearchQuery, plan: Plan) -> Matches:
    """Return the matching articles; of very many the newest that can be ranked in time."""
    placed = _placed(conn, query)
    page = _newest(conn, query, None, PROBE) if placed is None else placed
    matches = Matches(list(filter(_wanted(plan), page)), None, [row.stream for row in page[:PROBE]])
    if placed is not None or len(page) < PROBE:
        return matches
    after = _position(page[-1])
    if len(matches.found) > BROAD or not _has_keys(plan):
        return _read_on(conn, query, plan, after, matches)
    rows = _candidates(conn, query, plan, after)
    room = RANKED - len(matches.found)
    if len(rows) > room:
        rows = rows[:room]
        matches.since = as_time(rows[-1][0])
    matches.found += filter(_wanted(plan), _load(conn, rows))
    return matches


def _read_on(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position, matches: Matches
) -> Matches:
    read = PROBE
    while read < READ:
        page = _newest(conn, query, after, PAGE)
        matches.found += filter(_wanted(plan), page)
        if len(page) < PAGE:
            return matches
        read += PAGE
        after = _position(page[-1])
    matches.since = as_time(after[0])
    return matches


def _wanted(plan: Plan) -> Any:
    return lambda match: plan.matches(match.stream)


def _has_keys(plan: Plan) -> bool:
    return bool(plan.required or plan.filed)


def _position(match: Match) -> Position:
    return match.at, match.article


def _within(query: SearchQuery) -> list[ColumnElement[bool]]:
    """Return the query's conditions that no string tells: the time, and the places."""
    bounds = []
    if query.since is not None:
        bounds.append(search.c.sort_at >= query.since)
    if query.until is not None:
        bounds.append(search.c.sort_at < query.until)
    if query.places:
        about = article_places.c
        bounds.append(
            sa.exists().where(about.article == search.c.article, about.unit.in_(query.places))
        )
    return bounds


def _before(after: Position) -> ColumnElement[bool]:
    here = sa.tuple_(sa.literal(after[0], _Stored), sa.literal(after[1], RowId))
    return sa.tuple_(_AT, search.c.article) < here


def _newest(conn: Connection, query: SearchQuery, after: Position | None, size: int) -> list[Match]:
    statement = sa.select(_AT, search.c.article, search.c.stream)
    statement = statement.where(*_within(query))
    if after is not None:
        statement = statement.where(_before(after))
    newest = statement.order_by(*_NEWEST_FIRST).limit(size)
    return list(map(Match._make, conn.execute(newest).all()))


def _placed(conn: Connection, query: SearchQuery) -> list[Match] | None:
    """Return all articles about the query's places, newest first; None where they are many."""
    if not query.places:
        return None
    units = article_places.c.unit.in_(query.places)
    some = sa.select(article_places.c.article).where(units).limit(PLACED + 1).subquery()
    if conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() > PLACED:
        return None
    about = sa.select(article_places.c.article).where(units)
    statement = sa.select(_AT, search.c.article, search.c.stream)
    rows = conn.execute(statement.where(search.c.article.in_(about), *_within(query)))
    return sorted(map(Match._make, rows.all()), key=_position, reverse=True)


def _candidates(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position
) -> list[Position]:
    """Return where articles stand that the index has for the plan, after a position."""
    if conn.dialect.name == "postgresql":
        # Every plan but the one through the index reads keys off each row's string; a bitmap
        # that does not fit would do so too.
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        conn.exec_driver_sql("SET LOCAL work_mem = '64MB'")
    statement = sa.select(_AT, search.c.article)
    statement = statement.where(may_match(conn, plan), *_within(query))
    rows = [(row[0], row[1]) for row in conn.execute(statement).all()]
    return sorted((row for row in rows if row < after), reverse=True)


def _load(conn: Connection, rows: Sequence[Position]) -> list[Match]:
    """Return the articles at these places, in that order."""
    ids = [row[1] for row in rows]
    statement = sa.select(search.c.article, search.c.stream).where(
        among(conn, search.c.article, ids)
    )
    streams = {row[0]: row[1] for row in conn.execute(statement).all()}
    return [Match(at, id_, streams[id_]) for at, id_ in rows]


def among(conn: Connection, column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Return a condition for any number of ids, in one value."""
    if conn.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(ids), ARRAY(sa.BigInteger)))
    listed = sa.text("SELECT value FROM json_each(:ids)").bindparams(ids=json.dumps(list(ids)))
    return column.in_(listed.columns(sa.column("value", sa.Integer)))
