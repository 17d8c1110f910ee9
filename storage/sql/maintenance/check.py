"""All checks of the archive's rows, in the order in which they run, and the loop over them."""

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
_LIMIT = 100  # reported corruptions of the file; one is enough to restore it


def _database_page(conn: Connection, _after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Check the integrity of the SQLite file; PostgreSQL checks its own files."""
    backend = backend_of(conn)
    found = [f"the file is damaged: {message}" for message in backend.damages(conn, _LIMIT)]
    found += [
        f"row {row} of {table} refers to nothing in {parent}"
        for row, table, parent in backend.broken_references(conn, _LIMIT)
    ]
    return [Fault(what, "restore it from a backup", can_repair=False) for what in found], None


CHECKS: tuple[tuple[Check, ...], ...] = (
    (Check("database", _database_page),),
    *((check,) for check in (*TEXT_CHECKS, *LINK_CHECKS)),
    (*ARTICLE_CHECKS, *SIGNATURE_CHECKS),
    *((check,) for check in CLUSTER_CHECKS),
)
"""The checks by group. Checks of derived rows come after those of the articles.

The checks of one group take turns, page by page, so that each text is read once for all of them.
"""


def run_checks(
    reading: Transaction, writing: Transaction | None, begun: Callable[[str], object]
) -> Iterator[CheckFinding]:
    """Yield the findings of all checks; repair them where `writing` is given and the check can.

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
                    repaired = _repair(writing, check, fault) if writing else fault
                    yield repaired.as_finding(check.name)
            cursors = {check: after for check, after in cursors.items() if after is not None}


def _repair(writing: Transaction, check: Check, fault: Fault) -> Fault:
    """Repair a fault if the check can; return it, as not repairable where texts are unreadable."""
    if check.repair is None or not fault.can_repair:
        return fault
    try:
        with writing() as conn:
            check.repair(conn, fault.key)
    except UNREADABLE:
        return replace(
            fault, repair=f"{fault.repair}, once every text can be read", can_repair=False
        )
    return fault
