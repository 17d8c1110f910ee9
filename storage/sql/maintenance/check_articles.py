"""Checks of articles: are revisions, summary and places what captures and tags say?"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.revisions import states
from storage.model.articles import Article
from storage.sql.engine.connect import lock_article
from storage.sql.ingest.revisions import (
    History,
    Observations,
    articles_at,
    load_revisions,
    observations,
    recompute,
    revision_rows,
    summary,
    with_changes,
)
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.places.gazetteer import write_article_places
from storage.sql.schema.core import articles, captures, revisions
from storage.sql.schema.places import article_places, scores
from storage.sql.schema.types import AnyRow
from storage.text.normalize import storable

_PAGE = 100  # articles


def _articles_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    query = sa.select(articles).where(articles.c.id > (after or 0)).order_by(articles.c.id)
    rows = conn.execute(query.limit(_PAGE)).all()
    ids = [row.id for row in rows]
    observed, stored = observations(conn, ids), load_revisions(conn, ids)
    found = [
        fault for row in rows for fault in _faults(conn, row, observed[row.id], stored.get(row.id))
    ]
    return found, ids[-1] if len(rows) == _PAGE else None


def _faults(
    conn: Connection, row: AnyRow, observed: Observations, stored: list[AnyRow] | None
) -> Iterator[Fault]:
    planned = revision_rows(row.id, History(states(observed), observed))
    try:
        texts = articles_at(conn, [one["capture"] for one in planned])
    except (ValueError, TypeError, KeyError):
        return  # the check of texts names it
    expected = list(with_changes(planned, 0, texts))
    if expected != [dict(found._mapping) for found in stored or []]:
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
    listed = {
        (row.article, row.unit, row.sort_at, row.outlet, row.confidence)
        for row in conn.execute(sa.select(article_places).where(table.article.in_(ids)))
    }
    found = [
        Fault(
            f"article {id_}: the places that it is listed under are not its latest revision's",
            "list it again",
            id_,
        )
        for id_ in sorted({one[0] for one in wanted ^ listed})
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
        sa.select(
            articles.c.id, scores.c.unit, articles.c.sort_at, articles.c.outlet, scores.c.confidence
        )
        .select_from(latest)
        .join(articles, articles.c.id == latest.c.article)
        .join(
            revisions,
            (revisions.c.article == latest.c.article) & (revisions.c.number == latest.c.number),
        )
        .join(captures, captures.c.id == revisions.c.capture)
        .join(scores, scores.c.content == captures.c.content)
        .where(scores.c.confidence.is_not(None))
    )
    return {tuple(row) for row in conn.execute(query)}


def _repair_places(conn: Connection, id_: int) -> None:
    write_article_places(conn, [id_])


ARTICLE_CHECKS = (
    Check("revisions", _articles_page, repair_revisions),
    Check("places", _places_page, _repair_places),
)
