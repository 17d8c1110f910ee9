"""The one way in: captures and what they held become rows, inside the caller's transaction.

A batch is taken in rounds. A round is as many arrivals as can be identified in memory; it is
written with a dozen statements. One that is not plain (it joins two articles, takes an address
over, was refused before, or comes twice) begins the next round, and is decided by `identity`.
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

Mark = tuple[str, str | bytes]
"""An outlet with the id of a record, or with the key of an observation."""

Marks = tuple[Mark, Mark]
"""What makes a capture the same as another: its record, or its observation key."""


@dataclass(slots=True)
class Round:
    """The first arrivals of what is left of a batch: known ones, and those to be written."""

    known: dict[int, Stored]
    matched: list[MatchedArrival]
    index: IdentityIndex

    @property
    def size(self) -> int:
        """How many arrivals it takes."""
        return len(self.known) + len(self.matched)


def store_many(conn: Connection, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
    """Store captures with what they held; everything or, where the caller rolls back, nothing.

    Raises NotFoundError where no run `run_id` was started.
    """
    for capture in (arrival.capture for arrival in arrivals):
        if not capture.record_id:  # two without one would pass for the same
            raise ValueError(f"the capture of {capture.url} has no record id")
    lock_shared(conn, ARRIVALS)
    for outlet in sorted({arrival.result.outlet for arrival in arrivals}):
        lock(conn, outlet)  # in one order, so that no two wait for each other
        add_outlet(conn, outlet)
    if conn.execute(sa.select(runs.c.id).where(runs.c.id == run_id)).first() is None:
        raise NotFoundError(f"no run {run_id!r} was started: start it before storing its pages")
    arrivals = apply_redactions(conn, arrivals)
    answers: list[Stored] = []
    while len(answers) < len(arrivals):
        answers += _store_round(conn, run_id, arrivals[len(answers) :])
    return answers


def _store_round(conn: Connection, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
    taken = _round(conn, arrivals)
    if not taken.size:
        taken.matched.append(_decided(conn, arrivals[0]))
    written = iter(write_arrivals(conn, run_id, taken.matched, taken.index))
    return [taken.known.get(position) or next(written) for position in range(taken.size)]


def _round(conn: Connection, arrivals: Sequence[Arrival]) -> Round:
    """Return the arrivals up to the first that is not plain."""
    marks_of = [_marks(arrival) for arrival in arrivals]
    known = _known(conn, marks_of)
    wanted = {at: wanted_by(arrivals[at]) for at in range(len(arrivals)) if at not in known}
    index = load_index(conn, arrivals, wanted)
    taken = Round({}, [], index)
    marks: set[Mark] = set()
    for position, arrival in enumerate(arrivals):
        if position in known:
            taken.known[position] = known[position]
            continue
        if not marks.isdisjoint(marks_of[position]):
            break
        marks.update(marks_of[position])
        result, asked = arrival.result, wanted[position]
        if isinstance(result, Refusal):
            taken.matched.append(MatchedArrival(arrival, index.match_refusal(result.outlet, asked)))
        elif (id_ := index.match(result, asked, arrival.capture.url)) is not None:
            taken.matched.append(MatchedArrival(arrival, id_))
        else:
            break
    return taken


def _decided(conn: Connection, arrival: Arrival) -> MatchedArrival:
    """Return an arrival that is not plain with its article, after what that changes."""
    article = arrival.result
    if not isinstance(article, Article):
        raise AssertionError(f"the refusal at {article.url} was not plain")
    asked = (arrival.capture.url, *arrival.aliases)
    match = find_article(conn, article, asked)
    id_ = match.article
    if id_ is None:
        id_ = add_article(conn, arrival.capture.captured_at, article)
    claim(conn, id_, article, asked, apart=match.apart_from is not None)
    return MatchedArrival(arrival, id_, match.apart_from)


def _marks(arrival: Arrival) -> Marks:
    """Return what makes a capture the same as another: its record, or its observation key."""
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


def _known(conn: Connection, marks_of: Sequence[Marks]) -> dict[int, Stored]:
    """Return the answers, by position, for captures that were stored before, or copies of them."""
    of_outlet: dict[str, list[Marks]] = {}
    for marks in marks_of:
        of_outlet.setdefault(marks[0][0], []).append(marks)
    stored: dict[Mark, Stored] = {}
    for outlet, wanted in of_outlet.items():
        for column, number in ((captures.c.observation_key, 1), (captures.c.record_id, 0)):
            values = [marks[number][1] for marks in wanted]
            for row in rows_at(conn, _KNOWN, column, values, outlet=outlet):
                answer = Stored(Verdict.KNOWN, row.about)
                stored |= {(outlet, row.observation_key): answer, (outlet, row.record_id): answer}
    found = {}
    for position, marks in enumerate(marks_of):
        if same := [stored[mark] for mark in marks if mark in stored]:
            found[position] = same[0]
    return found
