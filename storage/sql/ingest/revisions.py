"""Articles' revisions as rows: derived from captures, changed only where they differ.

All articles of a batch at a time: a dozen statements, however many they are.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.dedup.fingerprint import changed_fields
from storage.dedup.revisions import ArticleState, Observation, states
from storage.model.articles import Article
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.ingest.indexes import refresh_indexes
from storage.sql.places.about import write_article_places
from storage.sql.schema.core import articles, captures, contents, revisions
from storage.sql.schema.types import AnyRow


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """The row of an observation's capture, and the version of our code that read it."""

    capture: int
    version: int


Observations = Mapping[Observation, ObservationRow]


@dataclass(frozen=True, slots=True)
class History:
    """What an article's revisions are to be: its states, and its observations."""

    states: Sequence[ArticleState]
    observed: Observations


_OBSERVATIONS = sa.select(
    captures.c.captured_at,
    contents.c.fingerprint,
    captures.c.record_id,
    captures.c.id,
    captures.c.version,
    captures.c.article,
).select_from(captures.join(contents))
TEXTS = sa.select(captures.c.id, captures.c.version, contents.c.json).select_from(
    captures.join(contents)
)
_REVISIONS = sa.select(revisions)


def observations(
    conn: Connection, ids: Iterable[int]
) -> dict[int, dict[Observation, ObservationRow]]:
    """Return the observations of articles, by short id; empty where all are refusals."""
    found: dict[int, dict[Observation, ObservationRow]] = {id_: {} for id_ in ids}
    for row in rows_at(conn, _OBSERVATIONS, captures.c.article, found):
        found[row.article][Observation(*row[:3])] = ObservationRow(row.id, row.version)
    return found


def summary(article: Article, first_captured_at: datetime) -> dict[str, Any]:
    """Return the columns of an article's own row, taken from its latest revision."""
    return {
        "url": article.url,
        "title": article.title,
        "published_at": article.published_at,
        "sort_at": article.published_at or first_captured_at,
    }


def recompute(conn: Connection, ids: Iterable[int], reread: Collection[int]) -> None:
    """Write all that follows from articles' captures, of which `reread` now say otherwise."""
    seen = observations(conn, sorted(ids))
    histories = {id_: History(states(observed), observed) for id_, observed in seen.items()}
    write_article_places(conn, sorted(write_histories(conn, histories, reread=reread)))


def write_histories(
    conn: Connection,
    histories: Mapping[int, History],
    *,
    new: Collection[int] = (),
    at_hand: Mapping[int, Article] | None = None,
    reread: Collection[int] = (),
) -> set[int]:
    """Make articles' revisions what `histories` say; return the ids of those rewritten.

    new: articles whose rows were just written, from their latest states. at_hand: what some
    captures held, to spare reading it. reread: captures that held something else when the
    revisions were written.
    """
    stored = load_revisions(conn, [id_ for id_ in histories if id_ not in new])
    rows = {id_: revision_rows(id_, history) for id_, history in histories.items()}
    kept = {id_: _kept(rows[id_], stored.get(id_, ()), reread) for id_ in histories}
    _move(conn, rows, stored, kept)
    rewritten = [id_ for id_ in rows if not kept[id_] == len(rows[id_]) == len(stored.get(id_, ()))]
    _cut(conn, [id_ for id_ in rewritten if len(stored.get(id_, ())) > kept[id_]], kept)
    needed = [row["capture"] for id_ in rewritten for row in rows[id_][max(kept[id_] - 1, 0) :]]
    texts = articles_at(conn, needed, at_hand)
    insert(
        conn,
        revisions,
        [row for id_ in rewritten for row in with_changes(rows[id_], kept[id_], texts)],
    )
    latest = {id_: texts[rows[id_][-1]["capture"]] if rows[id_] else None for id_ in rewritten}
    _sum_up(conn, {id_: text for id_, text in latest.items() if id_ not in new}, rows)
    if latest:
        refresh_indexes(conn, latest)
    return set(rewritten)


def load_revisions(conn: Connection, ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    """Return articles' stored revisions, by short id, in order."""
    found: dict[int, list[AnyRow]] = {}
    for row in rows_at(conn, _REVISIONS, revisions.c.article, ids):
        found.setdefault(row.article, []).append(row)
    return {id_: sorted(rows, key=lambda row: int(row.number)) for id_, rows in found.items()}


def revision_rows(id_: int, history: History) -> list[dict[str, Any]]:
    """Return the columns of an article's revisions, but for what changed."""
    rows = []
    before: ObservationRow | None = None
    for number, state in enumerate(history.states, start=1):
        here = history.observed[state.first]
        rows.append(
            {
                "article": id_,
                "number": number,
                "fingerprint": state.first.fingerprint,
                "first_seen_at": state.first.captured_at,
                "last_seen_at": state.last.captured_at,
                "capture": here.capture,
                # The observations on both sides of the change, read by different code of ours.
                "maybe_reextraction": before is not None and before.version != here.version,
            }
        )
        before = history.observed[state.last]
    return rows


def _kept(rows: Sequence[dict[str, Any]], stored: Sequence[AnyRow], reread: Collection[int]) -> int:
    """Return how many of the stored revisions stay."""
    kept = 0
    for row, old in zip(rows, stored, strict=False):
        if row["capture"] != old.capture or old.capture in reread:
            break
        kept += 1
    return kept


def _move(
    conn: Connection,
    rows: Mapping[int, Sequence[dict[str, Any]]],
    stored: Mapping[int, Sequence[AnyRow]],
    kept: Mapping[int, int],
) -> None:
    """Bring the times last seen and the marks of the revisions that stay up to date."""
    moved = [
        {
            "of": id_,
            "at": row["number"],
            "seen": row["last_seen_at"],
            "maybe": row["maybe_reextraction"],
        }
        for id_, count in kept.items()
        for row, old in zip(rows[id_][:count], stored.get(id_, ())[:count], strict=True)
        if (row["last_seen_at"], row["maybe_reextraction"])
        != (old.last_seen_at, old.maybe_reextraction)
    ]
    if moved:
        one = (revisions.c.article == sa.bindparam("of"), revisions.c.number == sa.bindparam("at"))
        columns: dict[str, Any] = {
            "last_seen_at": sa.bindparam("seen"),
            "maybe_reextraction": sa.bindparam("maybe"),
        }
        conn.execute(sa.update(revisions).where(*one).values(columns), moved)


def _cut(conn: Connection, ids: Iterable[int], kept: Mapping[int, int]) -> None:
    """Take away the revisions after those that stay."""
    gone = [{"of": id_, "after": kept[id_]} for id_ in ids]
    if gone:
        later = (
            revisions.c.article == sa.bindparam("of"),
            revisions.c.number > sa.bindparam("after"),
        )
        conn.execute(sa.delete(revisions).where(*later), gone)


def with_changes(
    rows: Sequence[dict[str, Any]], kept: int, texts: Mapping[int, Article]
) -> Iterable[dict[str, Any]]:
    """Yield the revisions after the first `kept`, with what changed."""
    for row in rows[kept:]:
        before = texts[rows[row["number"] - 2]["capture"]] if row["number"] > 1 else None
        changed = changed_fields(before, texts[row["capture"]]) if before else ()
        yield {**row, "changed": json.dumps(changed)}


def _sum_up(
    conn: Connection,
    latest: Mapping[int, Article | None],
    rows: Mapping[int, Sequence[dict[str, Any]]],
) -> None:
    """Write articles' own rows; one all of whose captures are refusals today is hidden."""
    shown = [
        {"of": id_, **_prefixed(summary(text, rows[id_][0]["first_seen_at"]))}
        for id_, text in latest.items()
        if text
    ]
    hidden = [{"of": id_} for id_, text in latest.items() if text is None]
    one = sa.update(articles).where(articles.c.id == sa.bindparam("of"))
    if shown:
        names = ("url", "title", "published_at", "sort_at")
        conn.execute(one.values({name: sa.bindparam(f"new_{name}") for name in names}), shown)
    if hidden:
        conn.execute(one.values(sort_at=None), hidden)


def _prefixed(columns: Mapping[str, Any]) -> dict[str, Any]:
    # A bound value must not be named as a column that the statement sets.
    return {f"new_{name}": value for name, value in columns.items()}


def articles_at(
    conn: Connection, rows: Iterable[int], at_hand: Mapping[int, Article] | None = None
) -> dict[int, Article]:
    """Return the articles that the captures `rows` held, those `at_hand` unread."""
    found = dict(at_hand or {})
    for row in rows_at(conn, TEXTS, captures.c.id, [row for row in rows if row not in found]):
        found[row.id] = article_from_json(row.json, row.version)
    return found
