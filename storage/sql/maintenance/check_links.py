"""Check that keys lead to their articles and refusals, and captures to their results."""

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from storage.sql.engine.bulk import rows_at
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault, page_of
from storage.sql.schema.core import articles, captures, keys, refusals, refused_urls
from storage.sql.schema.types import AnyRow, id_key, url_key

_LEAD = "correct its key"


def _key_check(name: str, table: Table, owner: str) -> Check:
    """Return the check that each row's key is that of its value.

    owner: the column with what the row leads to.
    """
    order = tuple(table.primary_key)

    def page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
        rows, last = page_of(conn, sa.select(table), order, after)
        wrong = (row._mapping for row in rows if row.key != _key_of(row))
        found = [
            Fault(
                f"{owner} {row[owner]}: {row['value']!r} does not lead to it",
                _LEAD,
                [row[column] for column in order],
            )
            for row in wrong
        ]
        return found, last

    def repair(conn: Connection, primary_key: list[object]) -> None:
        own = [column == value for column, value in zip(order, primary_key, strict=True)]
        row = conn.execute(sa.select(table).where(*own)).one_or_none()
        if row is None:
            return
        correct = _key_of(row)
        if conn.execute(sa.select(table).where(table.c.key == correct, *own[1:])).first():
            conn.execute(sa.delete(table).where(*own))
        else:
            conn.execute(sa.update(table).where(*own).values(key=correct))

    return Check(name, page, repair)


def _key_of(row: AnyRow) -> bytes:
    return id_key(row.value) if row._mapping.get("kind") == "id" else url_key(row.value)


def _articles_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Find articles whose own URL has no key; its key may lead to another that took it over."""
    rows, last = page_of(conn, sa.select(articles), [articles.c.id], after)
    shown = [row for row in rows if row.sort_at is not None]
    stored = rows_at(conn, _KEYS, keys.c.key, [url_key(row.url) for row in shown])
    known = {(row.key, row.outlet) for row in stored}
    found = [
        Fault(f"article {row.id}: its URL {row.url!r} leads nowhere", "add its key", row.id)
        for row in shown
        if (url_key(row.url), row.outlet) not in known
    ]
    return found, last


_KEYS = sa.select(keys.c.key, keys.c.outlet)


def _repair_url(conn: Connection, id_: int) -> None:
    row = conn.execute(sa.select(articles).where(articles.c.id == id_)).one_or_none()
    if row is None:
        return
    own = {"key": url_key(row.url), "outlet": row.outlet}
    if conn.execute(_KEYS.filter_by(**own)).first() is None:
        conn.execute(sa.insert(keys).values(**own, kind="url", value=row.url, article=id_))


def _captures_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Find captures with neither an article nor a refusal, or with both."""
    result = (captures.c.article, captures.c.content, refusals.c.id.label("refusal"))
    query = sa.select(captures.c.id, *result).select_from(captures.outerjoin(refusals))
    rows, last = page_of(conn, query, [captures.c.id], after)
    found = [
        Fault(
            f"capture {id_} has {'both an article and' if refusal else 'neither an article nor'}"
            " a refusal",
            "restore it from a backup",
            can_repair=False,
        )
        for id_, article, content, refusal in rows
        if (content is None) != (article is None) or (content is None) == (refusal is None)
    ]
    return found, last


LINK_CHECKS = (
    Check("captures", _captures_page),
    _key_check("keys", keys, "article"),
    Check("URLs", _articles_page, _repair_url),
    _key_check("refused URLs", refused_urls, "refusal"),
)
