"""All checks of the archive's rows, in the order in which they are made, and the loop over them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import Connection

from storage.model.maintenance import CheckFinding
from storage.sql.engine.backend import backend_of
from storage.sql.maintenance.check_articles import ARTICLE_CHECKS
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.maintenance.check_clusters import CLUSTER_CHECKS, SIGNATURE_CHECKS
from storage.sql.maintenance.check_links import LINK_CHECKS
from storage.sql.maintenance.check_texts import TEXT_CHECKS
from storage.sql.read.latest import UNREADABLE

Transaction = Callable[[], AbstractContextManager[Connection]]
_MOST = 100  # damages of the file itself; one is enough to restore it


def _database_page(conn: Connection, _after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Ask SQLite whether its file is whole; PostgreSQL watches over its own."""
    backend = backend_of(conn)
    found = [f"the file is damaged: {said}" for said in backend.damages(conn, _MOST)]
    found += [
        f"row {row} of {table} refers to nothing in {parent}"
        for row, table, parent in backend.broken_references(conn, _MOST)
    ]
    return [Fault(what, "restore it from a backup", can_repair=False) for what in found], None


CHECKS: tuple[tuple[Check, ...], ...] = (
    (Check("database", _database_page),),
    *((one,) for one in (*TEXT_CHECKS, *LINK_CHECKS)),
    (*ARTICLE_CHECKS, *SIGNATURE_CHECKS),
    *((one,) for one in CLUSTER_CHECKS),
)
"""Packages that derive rows from articles add theirs here, after those of the articles.

Those of one group take turns, page by page, so that each text is read once for all of them.
"""


def run_checks(
    reading: Transaction, writing: Transaction | None, begun: Callable[[str], object]
) -> Iterator[CheckFinding]:
    """Yield what the checks find; mend it where `writing` is given and the check can.

    begun: called with a check's name before each of its pages.
    """
    for group in CHECKS:
        cursors: dict[Check, CheckCursor] = dict.fromkeys(group)
        while cursors:
            for check, after in list(cursors.items()):
                begun(check.name)
                with reading() as conn:
                    faults, cursors[check] = check.page(conn, after)
                for fault in faults:
                    mended = _mend(writing, check, fault) if writing else fault
                    yield mended.as_finding(check.name)
            cursors = {check: after for check, after in cursors.items() if after is not None}


def _mend(writing: Transaction, check: Check, fault: Fault) -> Fault:
    """Mend a fault where the check can; return it, as one that it cannot where texts are lost."""
    if check.repair is None or not fault.can_repair:
        return fault
    try:
        with writing() as conn:
            check.repair(conn, fault.key)
    except UNREADABLE:
        return replace(
            fault, repair=f"{fault.repair}, when every text can be read", can_repair=False
        )
    return fault
