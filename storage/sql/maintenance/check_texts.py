"""Check that each text matches its digest and fingerprint, and that some capture shows it."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.dedup.fingerprint import fingerprint
from storage.sql.maintenance.check_articles import repair_revisions
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault, page_of
from storage.sql.places.tags import delete_tags
from storage.sql.read.latest import UNREADABLE
from storage.sql.schema.core import captures, contents, readings
from storage.sql.schema.types import AnyRow, hashed
from storage.sql.search.index import forget_contents

_RESTORE = "restore it from a backup, or read its captures again: `tinquan reextract --all`"


def _texts_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    rows, last = page_of(conn, sa.select(contents), [contents.c.id], after)
    return [fault for row in rows for fault in _faults(row)], last


def _faults(row: AnyRow) -> Iterator[Fault]:
    try:
        article = article_from_json(row.json, 0)
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:100]
        yield Fault(f"text {row.id} cannot be read ({reason})", _RESTORE, can_repair=False)
        return
    if hashed(row.json) != row.digest:
        yield Fault(
            f"text {row.id} is not what was stored: its digest differs",
            _RESTORE,
            can_repair=False,
        )
    elif fingerprint(article) != row.fingerprint:
        yield Fault(
            f"text {row.id} has a fingerprint that is not its own",
            "recompute its fingerprint and its article's revisions",
            row.id,
        )


def _repair_fingerprint(conn: Connection, id_: int) -> None:
    row = conn.execute(sa.select(contents).where(contents.c.id == id_)).one()
    own = fingerprint(article_from_json(row.json, 0))
    conn.execute(sa.update(contents).where(contents.c.id == id_).values(fingerprint=own))
    showing = sa.select(captures.c.article).where(captures.c.content == id_).distinct()
    for article in list(conn.execute(showing).scalars()):
        repair_revisions(conn, article)


def _orphans_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    rows, last = page_of(conn, _IS_USED, [contents.c.id], after)
    unused = [row.id for row in rows if not row.is_used]
    return [Fault(f"text {id_} is shown by no capture", "delete it", id_) for id_ in unused], last


_IS_USED = sa.select(
    contents.c.id,
    sa.or_(
        *(
            sa.exists().where(table.c.content == contents.c.id).correlate(contents)
            for table in (captures, readings)
        )
    ).label("is_used"),
)


def _delete_text(conn: Connection, id_: int) -> None:
    if conn.execute(_IS_USED.where(contents.c.id == id_)).one().is_used:
        return
    forget_contents(conn, [id_])
    delete_tags(conn, [id_])
    conn.execute(sa.delete(contents).where(contents.c.id == id_))


TEXT_CHECKS = (
    Check("texts", _texts_page, _repair_fingerprint),
    Check("unused texts", _orphans_page, _delete_text),
)
