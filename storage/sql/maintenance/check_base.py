"""What must hold of the archive's rows: a list of checks, each with what it finds and its repair.

A check goes through its rows page by page, each in a short transaction, so that it takes little
memory and keeps no crawl waiting. A package that keeps rows of its own adds its checks to `CHECKS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from storage.model.maintenance import CheckFinding
from storage.sql.engine.bulk import page_after
from storage.sql.schema.types import AnyRow

PAGE = 500
"""Rows a page; of articles for all checks that read what these say."""

CheckCursor = Any
"""Where a check has got to; None before its first page, and after its last."""


def page_of(
    conn: Connection, query: Select[Any], order: Sequence[ColumnElement[Any]], after: CheckCursor
) -> tuple[Sequence[AnyRow], CheckCursor]:
    """Return a page of rows, and where the next one begins; see `page_after`."""
    return page_after(conn, query, order, after, PAGE)


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding with what its repair needs to know."""

    what: str
    repair: str
    key: Any = None
    can_repair: bool = True

    def as_finding(self, check: str) -> CheckFinding:
        """Return it as the finding of that check."""
        return CheckFinding(check, self.what, self.repair, self.can_repair)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    page: (connection, position) → faults of the page after it, and the next position.
    repair: (connection, a fault's key); mends what is still wrong there, in one transaction. It
    must look again: others may have written since the fault was found.
    """

    name: str
    page: Callable[[Connection, CheckCursor], tuple[list[Fault], CheckCursor]]
    repair: Callable[[Connection, Any], None] | None = None
