"""An open database: short transactions, whatever goes wrong in them told as an ArchiveError."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.errors import ArchiveError
from storage.sql.engine.connect import reading, writing
from storage.sql.engine.errors import plain_errors

_Row = TypeVar("_Row")
_After = TypeVar("_After")

PageCursor = tuple[datetime, int]
"""Where a row stands in an order by time and id."""


class Database:
    """An open database and how its transactions begin and fail.

    engine: SQLAlchemy's. name: what messages call the archive by. read_only: refuse to write.
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
        """Begin a transaction that sees one state of the archive throughout."""
        with plain_errors(self.name), reading(self.engine).begin() as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that writes; an exception rolls it back."""
        if self.read_only:
            raise ArchiveError(f"archive {self.name} was opened for reading only")
        with plain_errors(self.name), writing(self.engine).begin() as conn:
            yield conn

    def pages(
        self,
        fetch: Callable[[Connection, _After | None, int], list[tuple[_After, _Row]]],
        size: int,
    ) -> Iterator[tuple[_After, _Row]]:
        """Yield rows with their positions, each page of `size` from a transaction of its own.

        No reader keeps a snapshot open for hours beside a running crawl.
        fetch: returns up to `size` rows after a position.
        """
        after: _After | None = None
        while True:
            with self.reading() as conn:
                page = fetch(conn, after, size)
            yield from page
            if len(page) < size:
                return
            after = page[-1][0]


class Part:
    """A part of an archive: questions and writes that belong together, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
