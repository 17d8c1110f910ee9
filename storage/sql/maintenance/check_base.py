"""The parts of `archive check`: a check finds faults in rows, and may repair them.

A check reads its rows page by page, each in a short transaction, so that it takes little memory and
keeps no crawl waiting. A package with tables of its own adds its checks to `check.CHECKS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from storage.model.maintenance import CheckFinding
from storage.sql.engine.bulk import page_after
from storage.sql.schema.types import AnyRow

PAGE = 500
"""Rows per page. Checks that read articles' texts share their pages."""

CheckCursor = Any
"""Where a check's next page starts; None before its first page and after its last."""


def page_of(
    conn: Connection, query: Select[Any], order: Sequence[ColumnElement[Any]], after: CheckCursor
) -> tuple[Sequence[AnyRow], CheckCursor]:
    """Return a page of rows, and where the next one starts; see `page_after`."""
    return page_after(conn, query, order, after, PAGE)


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding with the key that its repair needs."""

    what: str
    repair: str
    key: Any = None
    can_repair: bool = True

    def as_finding(self, check: str) -> CheckFinding:
        """Return the fault as a finding of the named check."""
        return CheckFinding(check, self.what, self.repair, self.can_repair)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    page: (connection, cursor) → the faults of the page after the cursor, and the next cursor.
    repair: (connection, a fault's key); repairs what is still wrong there, in one transaction. It
    must check again: others may have written since the fault was found.
    """

    name: str
    page: Callable[[Connection, CheckCursor], tuple[list[Fault], CheckCursor]]
    repair: Callable[[Connection, Any], None] | None = None
