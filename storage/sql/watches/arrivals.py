"""What arrived between two cursors, and which watches it concerns.

Everything here costs what arrived, never what the archive holds: each statement begins at rows
after a cursor.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.model.articles import RefusalReason
from storage.model.watches import ArrivalCursor, ArrivalQuery, Topic
from storage.sql.clusters.read import COPIES, sources_of
from storage.sql.engine.bulk import rows_at
from storage.sql.read.edits import removal_of
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import IS_NEWEST, articles, captures, contents, refusals, revisions
from storage.sql.schema.places import scores
from storage.sql.schema.types import AnyRow
from storage.sql.watches.sieve import Candidate, Sieve

PAGE = 500
"""Rows of captures or articles that are read at a time."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that the archive learned.

    at: the row that brought it, of articles for new ones, else of captures. state: the number of
    an edit's new state. contents: the texts by which watches may know it.
    """

    topic: Topic
    article: int
    at: int
    contents: tuple[int, ...]
    state: int = 0


def new_page(conn: Connection, after: int, until: int) -> tuple[list[Arrival], int | None]:
    """Return the next articles, and the row to go on after; None where there are no more."""
    ids = sa.select(articles.c.id).where(articles.c.id > after, articles.c.id <= until)
    rows = list(conn.execute(ids.order_by(articles.c.id).limit(PAGE)).scalars())
    found = sorted(shown(conn, rows), key=lambda one: one.at)
    return found, rows[-1] if len(rows) == PAGE else None


def shown(conn: Connection, ids: Iterable[int]) -> list[Arrival]:
    """Return these articles as new ones, but for those that are not shown."""
    return [Arrival("new", row.article, row.article, (row.content,)) for row in _latest(conn, ids)]


def changed_page(conn: Connection, after: int, until: int) -> tuple[list[Arrival], int | None]:
    """Return the next edits and removals, and the row to go on after; None where none are left."""
    ids = sa.select(captures.c.id, captures.c.article)
    ids = ids.where(captures.c.id > after, captures.c.id <= until)
    rows = conn.execute(ids.order_by(captures.c.id).limit(PAGE)).all()
    last = rows[-1].id if rows else after
    seen = {row.article for row in rows if row.article is not None}
    found = [*_edits(conn, seen, after), *_removals(conn, after, last)]
    # A state may be known by a later capture too: what arrives after this page comes with it.
    here = [one for one in found if after < one.at <= last]
    return sorted(here, key=lambda one: one.at), last if len(rows) == PAGE else None


def _latest(conn: Connection, ids: Iterable[int]) -> list[AnyRow]:
    """Return the articles that are shown, each with the row of its newest text."""
    return rows_at(conn, _LATEST, revisions.c.article, ids)


_LATEST = (
    sa.select(revisions.c.article, captures.c.content)
    .select_from(revisions.join(captures))
    .where(IS_NEWEST)
)
_EDITED = sa.select(revisions.c.article).where(revisions.c.number == 2)
_STATES = (
    sa.select(revisions, captures.c.content)
    .select_from(revisions.join(captures))
    .order_by(revisions.c.article, revisions.c.number)
)
_CAPTURED = sa.select(captures.c.article, captures.c.id, captures.c.captured_at)


def _edits(conn: Connection, ids: Iterable[int], after: int) -> Iterator[Arrival]:
    """Yield the edits of articles whose second state the archive learned of after a row.

    Replays bring captures in any order: an edit is learned of when the archive has captures of
    both of its states.
    """
    edited = [row.article for row in rows_at(conn, _EDITED, revisions.c.article, ids)]
    states: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in rows_at(conn, _STATES, revisions.c.article, edited):
        states[row.article].append(row)
    captured: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in rows_at(conn, _CAPTURED, captures.c.article, edited):
        captured[row.article].append(row)
    for id_, of_article in states.items():
        known = [_known_by(state, captured[id_]) for state in of_article]
        for before, state, *at in zip(of_article, of_article[1:], known, known[1:], strict=False):
            if max(at) > after and not state.maybe_reextraction:
                texts = (before.content, state.content)
                yield Arrival("edits", id_, max(at), texts, state.number)


def _known_by(state: AnyRow, captured: Iterable[AnyRow]) -> int:
    """Return the first row of captures that shows a state."""
    inside = (
        row.id for row in captured if state.first_seen_at <= row.captured_at <= state.last_seen_at
    )
    return min(inside, default=int(state.capture))


def _removals(conn: Connection, after: int, until: int) -> Iterator[Arrival]:
    """Yield the articles whose page the archive learned to be gone, by captures of these rows."""
    asked = sa.select(refusals.c.article).where(
        refusals.c.capture > after,
        refusals.c.capture <= until,
        refusals.c.reason == RefusalReason.NOT_FOUND.value,
        refusals.c.article.is_not(None),
    )
    latest = _latest(conn, dict.fromkeys(conn.execute(asked).scalars()))
    for row in latest:
        gone = removal_of(conn, row.article)
        if gone is not None:
            yield Arrival("removed", row.article, gone.first_capture, (row.content,))


_TEXTS = sa.select(contents.c.id, contents.c.json)
_ABOUT = sa.select(scores.c.content, scores.c.unit, scores.c.confidence).where(
    scores.c.confidence.is_not(None)
)


def match(
    conn: Connection, arrived: Sequence[Arrival], queries: Sequence[ArrivalQuery]
) -> list[list[Arrival]]:
    """Return, for each query, those of the arrivals that it finds."""
    rows = list(dict.fromkeys(content for one in arrived for content in one.contents))
    texts = {
        row.id: article_from_json(row.json, 0) for row in rows_at(conn, _TEXTS, contents.c.id, rows)
    }
    about: defaultdict[int, set[str]] = defaultdict(set)
    certain: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows_at(conn, _ABOUT, scores.c.content, texts):
        about[row.content].add(row.unit)
        if row.confidence == "certain":
            certain[row.content].add(row.unit)
    order = list(texts)
    sieve = Sieve([Candidate(texts[row], about[row], certain[row]) for row in order])
    return [_matching(arrived, query, sieve, order) for query in queries]


def _matching(
    arrived: Sequence[Arrival], asked: ArrivalQuery, sieve: Sieve, order: Sequence[int]
) -> list[Arrival]:
    wanted = [one for one in arrived if _is_asked(one, asked)]
    if not wanted:
        return []
    found = {order[position] for position in sieve.matches(asked.query)}
    return [one for one in wanted if not found.isdisjoint(one.contents)]


def _is_asked(one: Arrival, asked: ArrivalQuery) -> bool:
    if one.topic == "new":
        return one.at > asked.after.article and not asked.topics.isdisjoint(("new", "copies"))
    return one.at > asked.after.capture and one.topic in asked.topics


def earliest(queries: Iterable[ArrivalQuery]) -> ArrivalCursor:
    """Return the cursor before all that any of the queries asks for."""
    cursors = [query.after for query in queries]
    captures_ = min((one.capture for one in cursors), default=0)
    return ArrivalCursor(captures_, min((one.article for one in cursors), default=0))


def told_before(
    conn: Connection, queries: Sequence[ArrivalQuery], found: Sequence[Sequence[int]]
) -> list[set[int]]:
    """Return, for each query, those of the new articles it found whose story it had found before.

    That is so where another article of the cluster arrived before the query's cursor, and is one
    that it finds.
    """
    sources = sources_of(conn, dict.fromkeys(id_ for ids in found for id_ in ids))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows_at(conn, COPIES, copies.c.source, set(sources.values())):
        members[row.source].append(row.article)
    told = []
    for query, ids in zip(queries, found, strict=True):
        older = {
            member: sources[id_]
            for id_ in ids
            if sources[id_] in members
            for member in (sources[id_], *members[sources[id_]])
            if member <= query.after.article
        }
        everywhen = ArrivalQuery(query.query, ArrivalCursor(-1, -1))
        arrived = shown(conn, older)
        again = match(conn, arrived, [everywhen])[0] if arrived else []
        stories = {older[one.article] for one in again}
        told.append({id_ for id_ in ids if sources[id_] in stories})
    return told
