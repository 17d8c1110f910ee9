"""Check that articles' revisions, columns, places and index entries match captures and tags."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.revisions import states
from storage.model.articles import Article
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.connect import lock_article
from storage.sql.ingest.revisions import (
    TEXTS,
    History,
    load_revisions,
    observations,
    recompute,
    revision_rows,
    summary,
    with_changes,
)
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault, page_of
from storage.sql.places.about import ABOUT, write_article_places
from storage.sql.read.latest import readable
from storage.sql.schema.core import articles, captures, revisions
from storage.sql.schema.places import article_places
from storage.sql.schema.types import AnyRow
from storage.sql.search.index import engine_of, rebuild, wrong_page
from storage.text.normalize import storable


def _articles_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    rows, last = page_of(conn, sa.select(articles), [articles.c.id], after)
    ids = [row.id for row in rows]
    stored = load_revisions(conn, ids)
    planned = {
        id_: revision_rows(id_, History(states(observed), observed))
        for id_, observed in observations(conn, ids).items()
    }
    captured = [revision["capture"] for own in planned.values() for revision in own]
    texts = readable(rows_at(conn, TEXTS, captures.c.id, captured))
    found = [
        fault
        for row in rows
        # The check of texts reports those that cannot be read.
        if all(revision["capture"] in texts for revision in planned[row.id])
        for fault in _faults(row, planned[row.id], stored.get(row.id, []), texts)
    ]
    return found, last


def _faults(
    row: AnyRow,
    planned: Sequence[dict[str, Any]],
    stored: Sequence[AnyRow],
    texts: dict[int, Article],
) -> Iterator[Fault]:
    expected = list(with_changes(planned, 0, texts))
    if expected != [dict(found._mapping) for found in stored]:
        yield Fault(
            f"article {row.id}: its revisions do not match its captures",
            "recompute them",
            row.id,
        )
    elif not _has_summary(row, expected, texts):
        yield Fault(
            f"article {row.id}: its title, URL or times are not its latest revision's",
            "copy them from its latest revision",
            row.id,
        )


def _has_summary(
    row: AnyRow, expected: Sequence[dict[str, Any]], texts: dict[int, Article]
) -> bool:
    if not expected:
        return row.sort_at is None
    latest = texts[expected[-1]["capture"]]
    wanted = summary(latest, expected[0]["first_seen_at"])
    # The columns store texts with the characters replaced that no database accepts.
    return all(
        row._mapping[name] == (storable(value) if isinstance(value, str) else value)
        for name, value in wanted.items()
    )


def repair_revisions(conn: Connection, id_: int) -> None:
    """Recompute an article's revisions and everything that is derived from them."""
    if lock_article(conn, id_) is None:
        return
    conn.execute(sa.delete(revisions).where(revisions.c.article == id_))
    recompute(conn, [id_], ())
    if conn.execute(sa.select(captures.c.id).where(captures.c.article == id_)).first() is None:
        conn.execute(sa.update(articles).where(articles.c.id == id_).values(sort_at=None))


def _places_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    rows, last = page_of(conn, sa.select(articles.c.id), [articles.c.id], after)
    ids = [row.id for row in rows]
    within = article_places.c.article.in_(ids)
    wanted = set(map(tuple, conn.execute(ABOUT.where(articles.c.id.in_(ids)))))
    listed = set(map(tuple, conn.execute(sa.select(article_places).where(within))))
    found = [
        Fault(
            f"article {id_}: its places are not those of its latest revision",
            "rewrite them from its tags",
            id_,
        )
        for id_ in sorted({article for _, _, article, *_ in wanted ^ listed})
    ]
    return found, last


def _repair_places(conn: Connection, id_: int) -> None:
    write_article_places(conn, [id_])


_REBUILD = "rebuild the index; crawls wait meanwhile"


def _search_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    wrong, last = wrong_page(conn, after or 0)
    fault = "its entry in the full-text index is not that of its newest text"
    found = [Fault(f"article {id_}: {fault}", _REBUILD, id_) for id_ in wrong]
    if last is None and not engine_of(conn).is_sound(conn):
        found.append(Fault("the index is damaged, or has entries of no article", _REBUILD))
    return found, last


def _repair_search(conn: Connection, id_: int | None) -> None:
    is_wrong = id_ in wrong_page(conn, id_ - 1)[0] if id_ else False
    if is_wrong or not engine_of(conn).is_sound(conn):
        rebuild(conn)


ARTICLE_CHECKS = (
    Check("revisions", _articles_page, repair_revisions),
    Check("places", _places_page, _repair_places),
    Check("full text", _search_page, _repair_search),
)
