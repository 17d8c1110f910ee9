"""Check of the full-text index: has each shown article its row, and no other one?"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec import article_from_json
from storage.model import Article
from storage.sql_check import Check, Fault, Position
from storage.sql_index import index_articles
from storage.sql_open import lock
from storage.tables import articles, captures, contents, revisions
from storage.tables_search import search

_PAGE = 500  # articles


def _search_page(conn: Connection, after: Position) -> tuple[list[Fault], Position]:
    query = (
        sa.select(articles.c.id, articles.c.sort_at, search.c.sort_at.label("indexed"))
        .select_from(articles.outerjoin(search))
        .where(articles.c.id > (after or 0))
        .order_by(articles.c.id)
        .limit(_PAGE)
    )
    rows = conn.execute(query).all()
    found = [
        Fault(
            f"article {row.id}: the full-text index has it under another time, or not at all",
            "index it anew",
            row.id,
        )
        for row in rows
        if row.sort_at != row.indexed
    ]
    return found, rows[-1].id if len(rows) == _PAGE else None


def _repair(conn: Connection, id_: int) -> None:
    outlet: Any = conn.execute(sa.select(articles.c.outlet).where(articles.c.id == id_)).scalar()
    lock(conn, str(outlet))
    index_articles(conn, {id_: _latest(conn, id_)})


def _latest(conn: Connection, id_: int) -> Article | None:
    query = (
        sa.select(captures.c.version, contents.c.json)
        .select_from(
            revisions.join(captures, captures.c.id == revisions.c.capture).join(
                contents, contents.c.id == captures.c.content
            )
        )
        .where(revisions.c.article == id_)
        .order_by(revisions.c.number.desc())
        .limit(1)
    )
    row = conn.execute(query).first()
    return article_from_json(row.json, row.version) if row else None


SEARCH_CHECKS = (Check("full text", _search_page, _repair),)
