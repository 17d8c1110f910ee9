"""Checks of articles: are revisions, summary and places what captures and tags say?"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.dedup.fingerprint import changed_fields
from storage.dedup.revisions import ArticleState, Observation, states
from storage.model.articles import Article
from storage.sql.engine.connect import lock_article
from storage.sql.ingest.revisions import ObservationRow, recompute, summary
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.places.gazetteer import write_article_places
from storage.sql.schema.core import (
    article_places,
    articles,
    captures,
    contents,
    revisions,
    scores,
)
from storage.sql.schema.types import AnyRow, in_parts
from storage.text.normalize import storable

_PAGE = 100  # articles
Observations = dict[Observation, ObservationRow]


def _articles_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    query = sa.select(articles).where(articles.c.id > (after or 0)).order_by(articles.c.id)
    rows = conn.execute(query.limit(_PAGE)).all()
    ids = [row.id for row in rows]
    observed = _observed(conn, ids)
    stored = _grouped(conn, revisions, ids)
    found = [fault for row in rows for fault in _faults(conn, row, observed, stored)]
    return found, ids[-1] if len(rows) == _PAGE else None


def _observed(conn: Connection, ids: Sequence[int]) -> dict[int, Observations]:
    query = (
        sa.select(
            captures.c.article,
            captures.c.captured_at,
            contents.c.fingerprint,
            captures.c.record_id,
            captures.c.id,
            captures.c.version,
        )
        .select_from(captures.join(contents))
        .where(captures.c.article.in_(ids))
    )
    found: dict[int, Observations] = {}
    for row in conn.execute(query):
        found.setdefault(row[0], {})[Observation(*row[1:4])] = ObservationRow(row[4], row[5])
    return found


def _grouped(conn: Connection, table: sa.Table, ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    query = sa.select(table).where(table.c.article.in_(ids)).order_by(*table.primary_key)
    rows = sorted(conn.execute(query), key=lambda row: row.article)
    return {id_: list(group) for id_, group in groupby(rows, key=lambda row: row.article)}


def _faults(
    conn: Connection,
    row: AnyRow,
    observed: dict[int, Observations],
    stored: dict[int, list[AnyRow]],
) -> Iterator[Fault]:
    own = observed.get(row.id, {})
    after = states(own)
    try:
        texts = _texts(conn, [own[state.first].capture for state in after])
    except (ValueError, TypeError, KeyError):
        return  # the check of texts names it
    expected = list(_expected(row.id, after, own, texts))
    if expected != [dict(found._mapping) for found in stored.get(row.id, [])]:
        yield Fault(
            f"article {row.id}: its revisions are not what its captures say",
            "recompute them",
            row.id,
        )
    elif not _is_summed_up(row, expected, texts):
        yield Fault(
            f"article {row.id}: its title, URL or times are not its latest revision's",
            "take them from its latest revision",
            row.id,
        )


def _expected(
    id_: int, after: Sequence[ArticleState], own: Observations, texts: dict[int, Article]
) -> Iterator[dict[str, Any]]:
    before: ArticleState | None = None
    for number, state in enumerate(after, start=1):
        here = own[state.first]
        text = texts[here.capture]
        changed = changed_fields(texts[own[before.first].capture], text) if before else ()
        yield {
            "article": id_,
            "number": number,
            "fingerprint": state.first.fingerprint,
            "first_seen_at": state.first.captured_at,
            "last_seen_at": state.last.captured_at,
            "changed": json.dumps(changed),
            "capture": here.capture,
            "maybe_ours": before is not None and own[before.last].version != here.version,
        }
        before = state


def _texts(conn: Connection, rows: Sequence[int]) -> dict[int, Article]:
    query = sa.select(captures.c.id, captures.c.version, contents.c.json)
    query = query.select_from(captures.join(contents))
    return {
        row.id: article_from_json(row.json, row.version)
        for part in in_parts(rows)
        for row in conn.execute(query.where(captures.c.id.in_(part)))
    }


def _is_summed_up(
    row: AnyRow, expected: Sequence[dict[str, Any]], texts: dict[int, Article]
) -> bool:
    if not expected:
        return row.sort_at is None
    latest = texts[expected[-1]["capture"]]
    wanted = summary(latest, expected[0]["first_seen_at"])
    # Texts are stored as the column takes them: what no database stores is replaced.
    return all(
        row._mapping[name] == (storable(value) if isinstance(value, str) else value)
        for name, value in wanted.items()
    )


def repair_revisions(conn: Connection, id_: int) -> None:
    """Recompute an article's revisions, and all that follows from them."""
    if lock_article(conn, id_) is None:
        return
    conn.execute(sa.delete(revisions).where(revisions.c.article == id_))
    recompute(conn, [id_], ())
    if conn.execute(sa.select(captures.c.id).where(captures.c.article == id_)).first() is None:
        conn.execute(sa.update(articles).where(articles.c.id == id_).values(sort_at=None))


def _places_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    query = sa.select(articles.c.id).where(articles.c.id > (after or 0)).order_by(articles.c.id)
    ids = list(conn.execute(query.limit(_PAGE * 5)).scalars())
    if not ids:
        return [], None
    wanted = _about(conn, ids)
    table = article_places.c
    held = {
        (row.article, row.unit, row.sort_at, row.outlet)
        for row in conn.execute(sa.select(article_places).where(table.article.in_(ids)))
    }
    found = [
        Fault(
            f"article {id_}: the places that it is listed under are not its latest revision's",
            "list it again",
            id_,
        )
        for id_ in sorted({one[0] for one in wanted ^ held})
    ]
    return found, ids[-1] if len(ids) == _PAGE * 5 else None


def _about(conn: Connection, ids: Sequence[int]) -> set[tuple[Any, ...]]:
    latest = (
        sa.select(revisions.c.article, sa.func.max(revisions.c.number).label("number"))
        .where(revisions.c.article.in_(ids))
        .group_by(revisions.c.article)
        .subquery()
    )
    query = (
        sa.select(articles.c.id, scores.c.unit, articles.c.sort_at, articles.c.outlet)
        .select_from(latest)
        .join(articles, articles.c.id == latest.c.article)
        .join(
            revisions,
            (revisions.c.article == latest.c.article) & (revisions.c.number == latest.c.number),
        )
        .join(captures, captures.c.id == revisions.c.capture)
        .join(scores, (scores.c.content == captures.c.content) & scores.c.is_primary)
    )
    return {tuple(row) for row in conn.execute(query)}


def _repair_places(conn: Connection, id_: int) -> None:
    write_article_places(conn, [id_])


ARTICLE_CHECKS = (
    Check("revisions", _articles_page, repair_revisions),
    Check("places", _places_page, _repair_places),
)
