"""Derive articles' revisions from their captures, and write only the rows that differ.

All articles of a batch are written together: a dozen statements, however many they are.
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
    """The id of an observation's capture, and the version of our code that read it."""

    capture: int
    version: int


Observations = Mapping[Observation, ObservationRow]


@dataclass(frozen=True, slots=True)
class History:
    """An article's states and observations, from which its revisions follow."""

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
    """Return the columns of an article's row that repeat its latest revision."""
    return {
        "url": article.url,
        "title": article.title,
        "published_at": article.published_at,
        "sort_at": article.published_at or first_captured_at,
    }


def recompute(conn: Connection, ids: Iterable[int], reread: Collection[int]) -> None:
    """Write the revisions and places of articles from their captures.

    reread: captures whose contents have changed since the revisions were written.
    """
    observed = observations(conn, sorted(ids))
    histories = {id_: History(states(own), own) for id_, own in observed.items()}
    write_article_places(conn, sorted(write_histories(conn, histories, reread=reread)))


def write_histories(
    conn: Connection,
    histories: Mapping[int, History],
    *,
    new: Collection[int] = (),
    loaded: Mapping[int, Article] | None = None,
    reread: Collection[int] = (),
) -> set[int]:
    """Write the revisions of articles, by short id; return the ids of articles that changed.

    new: articles whose rows were just inserted, from their latest states. loaded: the contents of
    some captures, to save reading them. reread: captures whose contents have changed since the
    revisions were written.
    """
    stored = load_revisions(conn, [id_ for id_ in histories if id_ not in new])
    rows = {id_: revision_rows(id_, history) for id_, history in histories.items()}
    kept = {id_: _count_kept(rows[id_], stored.get(id_, ()), reread) for id_ in histories}
    _update_kept(conn, rows, stored, kept)
    rewritten = [id_ for id_ in rows if not kept[id_] == len(rows[id_]) == len(stored.get(id_, ()))]
    _delete_rest(conn, [id_ for id_ in rewritten if len(stored.get(id_, ())) > kept[id_]], kept)
    needed = [row["capture"] for id_ in rewritten for row in rows[id_][max(kept[id_] - 1, 0) :]]
    texts = load_contents(conn, needed, loaded)
    insert(
        conn,
        revisions,
        [row for id_ in rewritten for row in with_changes(rows[id_], kept[id_], texts)],
    )
    latest = {id_: texts[rows[id_][-1]["capture"]] if rows[id_] else None for id_ in rewritten}
    _update_articles(conn, {id_: text for id_, text in latest.items() if id_ not in new}, rows)
    if latest:
        refresh_indexes(conn, latest)
    return set(rewritten)


def load_revisions(conn: Connection, ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    """Return articles' stored revisions by short id, oldest first."""
    found: dict[int, list[AnyRow]] = {}
    for row in rows_at(conn, _REVISIONS, revisions.c.article, ids):
        found.setdefault(row.article, []).append(row)
    return {id_: sorted(rows, key=lambda row: int(row.number)) for id_, rows in found.items()}


def revision_rows(id_: int, history: History) -> list[dict[str, Any]]:
    """Return the columns of an article's revisions, except `changed`."""
    rows = []
    before: ObservationRow | None = None
    for number, state in enumerate(history.states, start=1):
        observed = history.observed[state.first]
        rows.append(
            {
                "article": id_,
                "number": number,
                "fingerprint": state.first.fingerprint,
                "first_seen_at": state.first.captured_at,
                "last_seen_at": state.last.captured_at,
                "capture": observed.capture,
                # Different versions of our code read the observations before and after the change.
                "maybe_reextraction": before is not None and before.version != observed.version,
            }
        )
        before = history.observed[state.last]
    return rows


def _count_kept(
    rows: Sequence[dict[str, Any]], stored: Sequence[AnyRow], reread: Collection[int]
) -> int:
    """Return how many of the stored revisions stay."""
    kept = 0
    for row, old in zip(rows, stored, strict=False):
        if row["capture"] != old.capture or old.capture in reread:
            break
        kept += 1
    return kept


def _update_kept(
    conn: Connection,
    rows: Mapping[int, Sequence[dict[str, Any]]],
    stored: Mapping[int, Sequence[AnyRow]],
    kept: Mapping[int, int],
) -> None:
    """Update `last_seen_at` and `maybe_reextraction` of the revisions that stay."""
    changed = [
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
    if changed:
        own = (revisions.c.article == sa.bindparam("of"), revisions.c.number == sa.bindparam("at"))
        columns: dict[str, Any] = {
            "last_seen_at": sa.bindparam("seen"),
            "maybe_reextraction": sa.bindparam("maybe"),
        }
        conn.execute(sa.update(revisions).where(*own).values(columns), changed)


def _delete_rest(conn: Connection, ids: Iterable[int], kept: Mapping[int, int]) -> None:
    """Delete the revisions after those that stay."""
    parameters = [{"of": id_, "after": kept[id_]} for id_ in ids]
    if parameters:
        later = (
            revisions.c.article == sa.bindparam("of"),
            revisions.c.number > sa.bindparam("after"),
        )
        conn.execute(sa.delete(revisions).where(*later), parameters)


def with_changes(
    rows: Sequence[dict[str, Any]], kept: int, texts: Mapping[int, Article]
) -> Iterable[dict[str, Any]]:
    """Yield the revisions after the first `kept`, with the column `changed`."""
    for row in rows[kept:]:
        before = texts[rows[row["number"] - 2]["capture"]] if row["number"] > 1 else None
        changed = changed_fields(before, texts[row["capture"]]) if before else ()
        yield {**row, "changed": json.dumps(changed)}


def _update_articles(
    conn: Connection,
    latest: Mapping[int, Article | None],
    rows: Mapping[int, Sequence[dict[str, Any]]],
) -> None:
    """Update articles' rows; an article whose captures are all refusals now is hidden."""
    shown = [
        {"of": id_, **_prefixed(summary(text, rows[id_][0]["first_seen_at"]))}
        for id_, text in latest.items()
        if text
    ]
    hidden = [{"of": id_} for id_, text in latest.items() if text is None]
    update = sa.update(articles).where(articles.c.id == sa.bindparam("of"))
    if shown:
        names = ("url", "title", "published_at", "sort_at")
        conn.execute(update.values({name: sa.bindparam(f"new_{name}") for name in names}), shown)
    if hidden:
        conn.execute(update.values(sort_at=None), hidden)


def _prefixed(columns: Mapping[str, Any]) -> dict[str, Any]:
    # SQLAlchemy reserves the names of the columns that an UPDATE sets.
    return {f"new_{name}": value for name, value in columns.items()}


def load_contents(
    conn: Connection, rows: Iterable[int], loaded: Mapping[int, Article] | None = None
) -> dict[int, Article]:
    """Return the contents of the captures `rows`; only those not yet `loaded` are read."""
    found = dict(loaded or {})
    for row in rows_at(conn, TEXTS, captures.c.id, [row for row in rows if row not in found]):
        found[row.id] = article_from_json(row.json, row.version)
    return found
