"""An open database: short transactions that raise database errors as ArchiveError."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, ResourceClosedError

from storage.errors import ArchiveError, QueryError
from storage.sql.engine.connect import reading, writing
from storage.sql.engine.errors import plain_errors, statement_fault
from storage.sql.schema.types import AnyRow

_Row = TypeVar("_Row")
_After = TypeVar("_After")

PageCursor = tuple[datetime, int]
"""A row's sort key in an order by time and id: where the next page starts."""
_PARAMETER = re.compile(r":(?=\w)")
_ROWS = 1000  # fetched at a time


@contextmanager
def _statement_faults() -> Iterator[None]:
    """Raise QueryError for errors in a user's statement, also while its rows are fetched."""
    try:
        yield
    except ResourceClosedError:
        raise QueryError("the statement gives no rows: expected a SELECT") from None
    except (DBAPIError, sqlite3.Error) as error:
        if fault := statement_fault(error):
            raise QueryError(f"the statement cannot be run: {fault}") from None
        raise


class Database:
    """An open database; its methods begin transactions and translate their errors.

    engine: SQLAlchemy's. name: the archive's name in messages. read_only: refuse to write.
    """

    def __init__(self, engine: Engine, name: str, *, read_only: bool = False) -> None:
        self.engine = engine
        self.name = name
        self.read_only = read_only

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that reads from one snapshot of the archive."""
        with plain_errors(self.name), reading(self.engine).begin() as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that writes; an exception rolls it back."""
        if self.read_only:
            raise ArchiveError(f"archive {self.name} was opened for reading only")
        with plain_errors(self.name), writing(self.engine).begin() as conn:
            yield conn

    @contextmanager
    def select(self, statement: str) -> Iterator[tuple[tuple[str, ...], Iterator[AnyRow]]]:
        """Run a user's statement; yield its column names and an iterator over its rows.

        Open the archive read-only first: the statement may be anything. Raises QueryError where
        it cannot be run, or returns no rows.
        """
        # The statement has no parameters: escape ":name", which text() would take for one.
        escaped = sa.text(_PARAMETER.sub(r"\\:", statement))
        with self.reading() as conn, _statement_faults():
            found = conn.execution_options(yield_per=_ROWS).execute(escaped)
            with closing(found):
                yield tuple(found.keys()), iter(found)

    def pages(
        self,
        fetch: Callable[[Connection, _After | None, int], list[tuple[_After, _Row]]],
        size: int,
        after: _After | None = None,
    ) -> Iterator[tuple[_After, _Row]]:
        """Yield rows with their positions, each page of `size` rows read in its own transaction.

        So no reader keeps a snapshot open for hours while a crawl writes.
        fetch: returns up to `size` rows after a position. after: where to start.
        """
        while True:
            with self.reading() as conn:
                page = fetch(conn, after, size)
            yield from page
            if len(page) < size:
                return
            after = page[-1][0]


class Part:
    """A part of an archive: related reads and writes, each call one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
