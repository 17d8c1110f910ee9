"""What every part of the SQL archive stands on: one short transaction a method.

Whatever goes wrong inside rolls the transaction back and comes out as an ArchiveError.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from storage.errors import ArchiveError
from storage.sql.engine.connect import reading, writing
from storage.sql.engine.errors import plain_errors

_Row = TypeVar("_Row")

Position = tuple[datetime, int]


class Transactions:
    """An open database, and how its transactions begin and fail."""

    def __init__(self, engine: Engine, name: str, *, read_only: bool = False) -> None:
        self._engine = engine
        self._name = name
        self._read_only = read_only

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(self._name), reading(self._engine).begin() as conn:
            yield conn

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._read_only:
            raise ArchiveError(f"archive {self._name} was opened for reading only")
        with plain_errors(self._name), writing(self._engine).begin() as conn:
            yield conn

    def _pages(
        self,
        fetch: Callable[[Connection, Position | None, int], list[tuple[Position, _Row]]],
        size: int,
    ) -> Iterator[tuple[Position, _Row]]:
        after: Position | None = None
        while True:
            with self._reading() as conn:
                page = fetch(conn, after, size)
            yield from page
            if len(page) < size:
                return
            after = page[-1][0]
