"""An article's revisions as rows: worked out from its captures, changed only where they differ."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec import article_from_json
from storage.decide import Observation, State, states
from storage.fingerprint import changed_fields
from storage.model import Article
from storage.sql_derived import write_derived
from storage.sql_places import write_article_places
from storage.sql_types import AnyRow
from storage.tables import articles, captures, contents, revisions


@dataclass(frozen=True, slots=True)
class Sight:
    """The row of an observation's capture, and the version of our code that read it."""

    capture: int
    version: int


Sights = Mapping[Observation, Sight]


def observations(conn: Connection, id_: int) -> dict[Observation, Sight]:
    """Return the sights of an article."""
    query = (
        sa.select(
            captures.c.captured_at,
            contents.c.fingerprint,
            captures.c.record_id,
            captures.c.id,
            captures.c.version,
        )
        .select_from(captures.join(contents))
        .where(captures.c.article == id_)
    )
    return {Observation(*row[:3]): Sight(row[3], row[4]) for row in conn.execute(query)}


def summary(article: Article, first_captured_at: datetime) -> dict[str, Any]:
    """Return the columns of an article's own row, taken from its latest revision."""
    return {
        "url": article.url,
        "title": article.title,
        "published_at": article.published_at,
        "sort_at": article.published_at or first_captured_at,
    }


def work_out(conn: Connection, id_: int, reread: Collection[int]) -> None:
    """Write all that follows from an article's captures, of which `reread` now say otherwise."""
    sights = observations(conn, id_)
    if write_revisions(conn, id_, states(sights), sights, reread=reread):
        write_article_places(conn, [id_])


def write_revisions(
    conn: Connection,
    id_: int,
    after: Sequence[State],
    sights: Sights,
    at_hand: Mapping[int, Article] | None = None,
    reread: Collection[int] = (),
) -> bool:
    """Make the article's revisions those of `after`; return whether any was written anew.

    at_hand: what some captures held, to spare reading it. reread: captures that held something
    else when the revisions were written.
    """
    of_article = revisions.c.article == id_
    stored = conn.execute(sa.select(revisions).where(of_article).order_by(revisions.c.number)).all()
    rows = [_row(id_, number, after, sights) for number in range(1, len(after) + 1)]
    kept = _keep(conn, rows, stored, reread)
    if kept == len(rows) == len(stored):
        return False
    conn.execute(sa.delete(revisions).where(of_article, revisions.c.number > kept))
    latest: dict[str, Any] = {"sort_at": None}  # every capture is a refusal today
    text = None
    if rows:
        needed = [row["capture"] for row in rows[max(kept - 1, 0) :]]
        texts = _articles_at(conn, needed, at_hand or {})
        _append(conn, rows, kept, texts)
        text = texts[rows[-1]["capture"]]
        latest = summary(text, rows[0]["first_seen_at"])
    conn.execute(sa.update(articles).where(articles.c.id == id_), latest)
    write_derived(conn, {id_: text})
    return True


def _append(
    conn: Connection, rows: Sequence[dict[str, Any]], kept: int, texts: Mapping[int, Article]
) -> None:
    """Write the revisions after the first `kept`."""
    fresh = []
    for number, row in enumerate(rows[kept:], start=kept + 1):
        before = texts[rows[number - 2]["capture"]] if number > 1 else None
        changed = changed_fields(before, texts[row["capture"]]) if before else ()
        fresh.append({**row, "changed": json.dumps(changed)})
    if fresh:
        conn.execute(sa.insert(revisions), fresh)


def _row(id_: int, number: int, after: Sequence[State], sights: Sights) -> dict[str, Any]:
    """Return a revision's columns, but for what changed."""
    state = after[number - 1]
    here = sights[state.first]
    return {
        "article": id_,
        "number": number,
        "fingerprint": state.first.fingerprint,
        "first_seen_at": state.first.captured_at,
        "last_seen_at": state.last.captured_at,
        "capture": here.capture,
        # The sights on both sides of the change, read by different code of ours.
        "maybe_ours": number > 1 and sights[after[number - 2].last].version != here.version,
    }


def _keep(
    conn: Connection,
    rows: Sequence[dict[str, Any]],
    stored: Sequence[AnyRow],
    reread: Collection[int],
) -> int:
    """Return how many stored revisions stay; bring their last sights and marks up to date."""
    kept = 0
    for row, old in zip(rows, stored, strict=False):
        if row["capture"] != old.capture or old.capture in reread:
            break
        kept += 1
        moving = {name: row[name] for name in ("last_seen_at", "maybe_ours")}
        if moving != {name: old._mapping[name] for name in moving}:
            one = (revisions.c.article == row["article"], revisions.c.number == kept)
            conn.execute(sa.update(revisions).where(*one).values(moving))
    return kept


def _articles_at(
    conn: Connection, rows: Sequence[int], at_hand: Mapping[int, Article]
) -> dict[int, Article]:
    """Return the articles that the captures `rows` held."""
    found = dict(at_hand)
    missing = [row for row in rows if row not in found]
    if missing:
        query = sa.select(captures.c.id, captures.c.version, contents.c.json)
        query = query.select_from(captures.join(contents))
        for row in conn.execute(query.where(captures.c.id.in_(missing))):
            found[row.id] = article_from_json(row.json, row.version)
    return found
