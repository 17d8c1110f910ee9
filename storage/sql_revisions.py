"""An article's revisions as rows: worked out from its captures, changed only where they differ."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec import article_from_json
from storage.decide import Observation, State
from storage.fingerprint import changed_fields
from storage.model import Article
from storage.tables import articles, captures, contents, revisions


def observations(conn: Connection, id_: int) -> dict[Observation, int]:
    """Return the sights of an article, each with the row of its capture."""
    query = (
        sa.select(
            captures.c.captured_at, contents.c.fingerprint, captures.c.record_id, captures.c.id
        )
        .select_from(captures.join(contents))
        .where(captures.c.article == id_)
    )
    return {Observation(*row[:3]): row[3] for row in conn.execute(query)}


def summary(article: Article, first_captured_at: datetime) -> dict[str, Any]:
    """Return the columns of an article's own row, taken from its latest revision."""
    return {
        "url": article.url,
        "title": article.title,
        "published_at": article.published_at,
        "sort_at": article.published_at or first_captured_at,
    }


def write_revisions(
    conn: Connection,
    id_: int,
    states: Sequence[State],
    rows: Mapping[Observation, int],
    at_hand: Mapping[int, Article],
) -> bool:
    """Make the article's revisions those `states`; return whether more than a last sight changed.

    rows: each observation's capture. at_hand: what some captures held, to spare reading it.
    """
    of_article = revisions.c.article == id_
    query = sa.select(revisions.c.capture, revisions.c.last_seen_at)
    stored = conn.execute(query.where(of_article).order_by(revisions.c.number)).all()
    kept = 0
    for state, row in zip(states, stored, strict=False):
        if rows[state.first] != row.capture:
            break
        kept += 1
        if state.last.captured_at != row.last_seen_at:
            _stretch(conn, id_, kept, state.last.captured_at)
    if kept < len(stored):
        conn.execute(sa.delete(revisions).where(of_article, revisions.c.number > kept))
    if kept < len(states):
        first = max(kept - 1, 0)
        needed = [rows[state.first] for state in states[first:]]
        texts = _articles_at(conn, needed, at_hand)
        _append(conn, id_, kept, states, rows, texts)
    return kept < max(len(states), len(stored))


def _stretch(conn: Connection, id_: int, number: int, until: datetime) -> None:
    one = (revisions.c.article == id_, revisions.c.number == number)
    conn.execute(sa.update(revisions).where(*one).values(last_seen_at=until))


def _append(
    conn: Connection,
    id_: int,
    kept: int,
    states: Sequence[State],
    rows: Mapping[Observation, int],
    texts: Mapping[int, Article],
) -> None:
    """Write the states after the first `kept`, and the article's own row from the last of them."""
    values = []
    for number, state in enumerate(states[kept:], start=kept + 1):
        after = texts[rows[state.first]]
        before = texts[rows[states[number - 2].first]] if number > 1 else None
        changed = changed_fields(before, after) if before else ()
        values.append(_revision(id_, number, state, rows[state.first], changed))
    conn.execute(sa.insert(revisions), values)
    latest = summary(texts[rows[states[-1].first]], states[0].first.captured_at)
    conn.execute(sa.update(articles).where(articles.c.id == id_), latest)


def _revision(
    id_: int, number: int, state: State, capture: int, changed: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "article": id_,
        "number": number,
        "fingerprint": state.first.fingerprint,
        "first_seen_at": state.first.captured_at,
        "last_seen_at": state.last.captured_at,
        "changed": json.dumps(changed),
        "capture": capture,
    }


def _articles_at(
    conn: Connection, rows: Sequence[int], at_hand: Mapping[int, Article]
) -> dict[int, Article]:
    """Return the articles that the captures `rows` held."""
    found = dict(at_hand)
    missing = [row for row in rows if row not in found]
    if missing:
        query = sa.select(captures.c.id, contents.c.json).select_from(captures.join(contents))
        for row in conn.execute(query.where(captures.c.id.in_(missing))):
            found[row.id] = article_from_json(row.json)
    return found
