"""Store captures with their results, inside the caller's transaction; nothing else adds captures.

A batch is written in rounds. A round is as many arrivals as can be identified in memory; it is
written with a dozen statements. An arrival that cannot be (it merges two articles, takes a URL
over, was refused before, or comes twice) starts the next round, and is resolved by `identity`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.errors import NotFoundError
from storage.model.articles import Arrival, Article, Refusal, Stored, Verdict
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.connect import ARRIVALS, lock, lock_shared
from storage.sql.ingest.batch import MatchedArrival, add_article, observation_key, write_arrivals
from storage.sql.ingest.identity import claim, find_article
from storage.sql.ingest.lookup import IdentityIndex, load_index, wanted_by
from storage.sql.ingest.outlets import add_outlet
from storage.sql.ingest.redact import apply_redactions
from storage.sql.schema.core import captures, refusals, runs

CaptureKey = tuple[str, str | bytes]
"""An outlet with the id of a record, or with the key of an observation."""

CaptureKeys = tuple[CaptureKey, CaptureKey]
"""The keys of a capture, by record and by observation: equal captures share at least one."""


@dataclass(slots=True)
class Round:
    """The next arrivals of a batch.

    known: the outcomes of those that are stored already, by position. matched: those to write.
    """

    known: dict[int, Stored]
    matched: list[MatchedArrival]
    index: IdentityIndex

    @property
    def size(self) -> int:
        """The number of arrivals."""
        return len(self.known) + len(self.matched)


def store_many(conn: Connection, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
    """Store captures with their results; return each one's outcome, in order.

    Raises NotFoundError where no run `run_id` was started, ValueError for a capture without a
    record id; the caller rolls back then.
    """
    for capture in (arrival.capture for arrival in arrivals):
        if not capture.record_id:  # two captures without one would count as the same
            raise ValueError(f"the capture of {capture.url} has no record id")
    lock_shared(conn, ARRIVALS)
    for outlet in sorted({arrival.result.outlet for arrival in arrivals}):
        lock(conn, outlet)  # in sorted order, so that no deadlock is possible
        add_outlet(conn, outlet)
    if conn.execute(sa.select(runs.c.id).where(runs.c.id == run_id)).first() is None:
        raise NotFoundError(f"no run {run_id!r} was started: start it before storing its pages")
    arrivals = apply_redactions(conn, arrivals)
    outcomes: list[Stored] = []
    while len(outcomes) < len(arrivals):
        outcomes += _store_round(conn, run_id, arrivals[len(outcomes) :])
    return outcomes


def _store_round(conn: Connection, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
    batch = _next_round(conn, arrivals)
    if not batch.size:
        batch.matched.append(_resolve(conn, arrivals[0]))
    written = iter(write_arrivals(conn, run_id, batch.matched, batch.index))
    return [batch.known.get(position) or next(written) for position in range(batch.size)]


def _next_round(conn: Connection, arrivals: Sequence[Arrival]) -> Round:
    """Return the arrivals up to the first that cannot be identified in memory."""
    capture_keys = [_capture_keys(arrival) for arrival in arrivals]
    known = _known(conn, capture_keys)
    wanted = {at: wanted_by(arrivals[at]) for at in range(len(arrivals)) if at not in known}
    index = load_index(conn, arrivals, wanted)
    batch = Round({}, [], index)
    taken: set[CaptureKey] = set()
    for position, arrival in enumerate(arrivals):
        if position in known:
            batch.known[position] = known[position]
            continue
        if not taken.isdisjoint(capture_keys[position]):
            break
        taken.update(capture_keys[position])
        result, own = arrival.result, wanted[position]
        if isinstance(result, Refusal):
            batch.matched.append(MatchedArrival(arrival, index.match_refusal(result.outlet, own)))
        elif (id_ := index.match(result, own, arrival.capture.url)) is not None:
            batch.matched.append(MatchedArrival(arrival, id_))
        else:
            break
    return batch


def _resolve(conn: Connection, arrival: Arrival) -> MatchedArrival:
    """Find an arrival's article by queries, and assign its keys; new articles are inserted."""
    article = arrival.result
    if not isinstance(article, Article):
        raise AssertionError(f"the refusal at {article.url} was not identified in memory")
    requested = (arrival.capture.url, *arrival.aliases)
    match = find_article(conn, article, requested)
    id_ = match.article
    if id_ is None:
        id_ = add_article(conn, arrival.capture.captured_at, article)
    claim(conn, id_, article, requested, apart=match.apart_from is not None)
    return MatchedArrival(arrival, id_, match.apart_from)


def _capture_keys(arrival: Arrival) -> CaptureKeys:
    outlet = arrival.result.outlet
    return (outlet, arrival.capture.record_id), (outlet, observation_key(arrival.capture))


_KNOWN = (
    sa.select(
        captures.c.outlet,
        captures.c.record_id,
        captures.c.observation_key,
        sa.func.coalesce(captures.c.article, refusals.c.article).label("about"),
    )
    .select_from(captures.outerjoin(refusals))
    .where(captures.c.outlet == sa.bindparam("outlet"))
)


def _known(conn: Connection, capture_keys: Sequence[CaptureKeys]) -> dict[int, Stored]:
    """Return the outcomes, by position, of captures that are stored already, also as a copy."""
    by_outlet: dict[str, list[CaptureKeys]] = {}
    for own_keys in capture_keys:
        by_outlet.setdefault(own_keys[0][0], []).append(own_keys)
    stored: dict[CaptureKey, Stored] = {}
    for outlet, wanted in by_outlet.items():
        for column, number in ((captures.c.observation_key, 1), (captures.c.record_id, 0)):
            values = [own_keys[number][1] for own_keys in wanted]
            for row in rows_at(conn, _KNOWN, column, values, outlet=outlet):
                answer = Stored(Verdict.KNOWN, row.about)
                stored |= {(outlet, row.observation_key): answer, (outlet, row.record_id): answer}
    found = {}
    for position, own_keys in enumerate(capture_keys):
        if same := [stored[key] for key in own_keys if key in stored]:
            found[position] = same[0]
    return found
