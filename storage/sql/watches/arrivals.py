"""Find what arrived between two cursors, and which queries match it.

Each statement starts at the rows after a cursor, so the cost depends on the number of arrivals, not
on the size of the archive.
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
from storage.sql.read.edits import removals
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import IS_NEWEST, articles, captures, contents, refusals, revisions
from storage.sql.schema.places import scores
from storage.sql.schema.types import AnyRow
from storage.sql.watches.sieve import Candidate, Sieve

PAGE = 500
"""Rows of captures or articles read at a time."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new article, an edit or a removal.

    at: the row with which it arrived, of articles for a new article, else of captures. state: the
    number of an edit's new revision. contents: the contents by which a query may match it.
    """

    topic: Topic
    article: int
    at: int
    contents: tuple[int, ...]
    state: int = 0


def new_page(conn: Connection, after: int, until: int) -> tuple[list[Arrival], int | None]:
    """Return the next new articles, and the row to continue after; None at the end."""
    ids = sa.select(articles.c.id).where(articles.c.id > after, articles.c.id <= until)
    rows = list(conn.execute(ids.order_by(articles.c.id).limit(PAGE)).scalars())
    found = sorted(shown(conn, rows), key=lambda arrival: arrival.at)
    return found, rows[-1] if len(rows) == PAGE else None


def shown(conn: Connection, ids: Iterable[int]) -> list[Arrival]:
    """Return these articles as new ones; those that have no revision are left out."""
    return [Arrival("new", row.article, row.article, (row.content,)) for row in _latest(conn, ids)]


def changed_page(conn: Connection, after: int, until: int) -> tuple[list[Arrival], int | None]:
    """Return the next edits and removals, and the row to continue after; None at the end."""
    ids = sa.select(captures.c.id, captures.c.article)
    ids = ids.where(captures.c.id > after, captures.c.id <= until)
    rows = conn.execute(ids.order_by(captures.c.id).limit(PAGE)).all()
    last = rows[-1].id if rows else after
    seen = {row.article for row in rows if row.article is not None}
    found = [*_edits(conn, seen, after), *_removals(conn, after, last)]
    # An edit may arrive with a capture after this page; it is returned with that page.
    in_page = [arrival for arrival in found if after < arrival.at <= last]
    in_page.sort(key=lambda arrival: arrival.at)
    return in_page, last if len(rows) == PAGE else None


def _latest(conn: Connection, ids: Iterable[int]) -> list[AnyRow]:
    """Return the articles that have a revision, each with the row of its newest content."""
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
    """Yield the edits of articles that arrived after a row of captures.

    Replays store captures in any order: an edit arrives when captures of both its states are
    stored.
    """
    edited = [row.article for row in rows_at(conn, _EDITED, revisions.c.article, ids)]
    states: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in rows_at(conn, _STATES, revisions.c.article, edited):
        states[row.article].append(row)
    captured: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in rows_at(conn, _CAPTURED, captures.c.article, edited):
        captured[row.article].append(row)
    for id_, own in states.items():
        first = [_first_capture(state, captured[id_]) for state in own]
        for before, state, *at in zip(own, own[1:], first, first[1:], strict=False):
            if max(at) > after and not state.maybe_reextraction:
                texts = (before.content, state.content)
                yield Arrival("edits", id_, max(at), texts, state.number)


def _first_capture(state: AnyRow, captured: Iterable[AnyRow]) -> int:
    """Return the first stored capture of a state, as its row."""
    inside = (
        row.id for row in captured if state.first_seen_at <= row.captured_at <= state.last_seen_at
    )
    return min(inside, default=int(state.capture))


def _removals(conn: Connection, after: int, until: int) -> Iterator[Arrival]:
    """Yield the articles that captures in these rows found removed."""
    not_found = sa.select(refusals.c.article).where(
        refusals.c.capture > after,
        refusals.c.capture <= until,
        refusals.c.reason == RefusalReason.NOT_FOUND.value,
        refusals.c.article.is_not(None),
    )
    gone = removals(conn, dict.fromkeys(conn.execute(not_found).scalars()))
    for row in _latest(conn, gone):
        first = gone[row.article].first_capture
        yield Arrival("removed", row.article, first, (row.content,))


_TEXTS = sa.select(contents.c.id, contents.c.json)
_ABOUT = sa.select(scores.c.content, scores.c.unit, scores.c.confidence).where(
    scores.c.confidence.is_not(None)
)


def match(
    conn: Connection, arrived: Sequence[Arrival], queries: Sequence[ArrivalQuery]
) -> list[list[Arrival]]:
    """Return the arrivals that each query matches."""
    rows = list(dict.fromkeys(content for arrival in arrived for content in arrival.contents))
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
    arrived: Sequence[Arrival], query: ArrivalQuery, sieve: Sieve, order: Sequence[int]
) -> list[Arrival]:
    wanted = [arrival for arrival in arrived if _is_wanted(arrival, query)]
    if not wanted:
        return []
    found = {order[position] for position in sieve.matches(query.query)}
    return [arrival for arrival in wanted if not found.isdisjoint(arrival.contents)]


def _is_wanted(arrival: Arrival, query: ArrivalQuery) -> bool:
    """Return whether an arrival is after a query's cursor and of one of its topics."""
    if arrival.topic == "new":
        return arrival.at > query.after.article and not query.topics.isdisjoint(("new", "copies"))
    return arrival.at > query.after.capture and arrival.topic in query.topics


def earliest(queries: Iterable[ArrivalQuery]) -> ArrivalCursor:
    """Return the cursor that is before those of all queries."""
    cursors = [query.after for query in queries]
    capture = min((cursor.capture for cursor in cursors), default=0)
    return ArrivalCursor(capture, min((cursor.article for cursor in cursors), default=0))


def reported_before(
    conn: Connection, queries: Sequence[ArrivalQuery], found: Sequence[Sequence[int]]
) -> list[set[int]]:
    """Return, for each query, which of its new articles belong to a story reported before.

    A story was reported before where another article of its cluster matches the query and arrived
    before the query's cursor.
    """
    sources = sources_of(conn, dict.fromkeys(id_ for ids in found for id_ in ids))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows_at(conn, COPIES, copies.c.source, set(sources.values())):
        members[row.source].append(row.article)
    reported = []
    for query, ids in zip(queries, found, strict=True):
        older = {
            member: sources[id_]
            for id_ in ids
            if sources[id_] in members
            for member in (sources[id_], *members[sources[id_]])
            if member <= query.after.article
        }
        from_start = ArrivalQuery(query.query, ArrivalCursor(-1, -1))
        arrived = shown(conn, older)
        matching = match(conn, arrived, [from_start])[0] if arrived else []
        stories = {older[arrival.article] for arrival in matching}
        reported.append({id_ for id_ in ids if sources[id_] in stories})
    return reported
