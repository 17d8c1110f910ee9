"""What the two databases do each in its own way, and the one choice between them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Select

from storage.model.schedule import Hold
from storage.sql.engine import postgresql, sqlite
from storage.sql.schema.types import AnyRow


class _Backend(Protocol):
    """The functions that both modules have; each says there what it does."""

    def reading(self, engine: Engine, /) -> Engine: ...
    def lock(self, conn: Connection, name: str, /) -> None: ...
    def check_encoding(self, conn: Connection, name: str, /) -> None: ...
    def ignore_references(self, conn: Connection, /) -> None: ...
    def broken_references(self, conn: Connection, most: int, /) -> list[tuple[int, str, str]]: ...
    def damages(self, conn: Connection, most: int, /) -> list[str]: ...
    def next_ids(self, conn: Connection, table: sa.Table, count: int, /) -> list[int]: ...
    def last_given(self, conn: Connection, table: sa.Table, /) -> int: ...
    def number_from(self, conn: Connection, table: sa.Table, last: int, /) -> None: ...
    def rows_at(
        self,
        conn: Connection,
        query: Select[Any],
        column: sa.Column[Any],
        values: Sequence[Any],
        others: Mapping[str, Any],
        /,
    ) -> list[AnyRow]: ...
    def file_of(self, engine: Engine, /) -> Path | None: ...
    def size_bytes(self, conn: Connection, /) -> int: ...
    def tidy(self, engine: Engine, /) -> None: ...
    def hold(self, engine: Engine, purpose: str, /) -> Hold | None: ...


_BACKENDS: dict[str, _Backend] = {"sqlite": sqlite, "postgresql": postgresql}


def backend_of(database: Connection | Engine) -> _Backend:
    """Return the functions for the database behind a connection or an engine."""
    return _BACKENDS[database.dialect.name]
