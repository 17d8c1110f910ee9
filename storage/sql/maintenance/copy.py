"""Copy an archive into another database, row for row, from one snapshot of the source.

Parent tables are copied first. A copy that was stopped starts over: its rows are of another
snapshot, and deleting them is the smaller part of the work.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table

from storage.errors import ArchiveError
from storage.model.maintenance import Copied
from storage.sql.clusters.candidates import index_of as candidates_of
from storage.sql.engine.backend import backend_of
from storage.sql.engine.bulk import page_after
from storage.sql.engine.connect import lock, open_engine, reading, writing
from storage.sql.engine.errors import plain_errors
from storage.sql.schema.core import metadata, outlets
from storage.sql.schema.maintenance import unfinished_copy
from storage.sql.schema.types import AnyRow
from storage.sql.search.index import engine_of, rebuild

_PAGE = 500  # rows per statement and transaction

Progress = Callable[[str, int, int], object]


def copy_between(source: str, target: str, progress: Progress) -> list[Copied]:
    """Copy between archives by URL; see `storage.archive.copy_archive`."""
    source_engine, source_name = open_engine(source, create=False, read_only=True)
    try:
        target_engine, target_name = open_engine(target, create=True, copying=True)
        try:
            with plain_errors(f"{source_name} (to {target_name})"):
                return _copy(source_engine, source_name, target_engine, target_name, progress)
        finally:
            target_engine.dispose()
    finally:
        source_engine.dispose()


def _copy(
    source: Engine, source_name: str, target: Engine, target_name: str, progress: Progress
) -> list[Copied]:
    """Copy all tables; return the row count and digest of each."""
    _begin(target, source_name, target_name)
    tables = [table for table in metadata.sorted_tables if table is not unfinished_copy]
    with reading(source).connect() as snapshot, snapshot.begin():
        for table in tables:
            _copy_table(snapshot, target, table, progress)
        with writing(target).begin() as conn:
            _copy_numbering(snapshot, conn)
            rebuild(conn)  # indexes outside the tables are not copied
            candidates_of(conn).rebuild(conn)
        copied = [_verified(snapshot, target, table, target_name) for table in tables]
    with writing(target).begin() as conn:
        conn.execute(sa.delete(unfinished_copy))
    return copied


def _begin(target: Engine, source_name: str, target_name: str) -> None:
    """Mark the target as an unfinished copy, and empty it; refuse one that has other articles."""
    with writing(target).begin() as conn:
        lock(conn, "copy")
        begun = conn.execute(sa.select(unfinished_copy.c.source)).scalar()
        if begun is None:
            if conn.execute(sa.select(outlets).limit(1)).first() is not None:
                raise ArchiveError(
                    f"archive {target_name} holds articles already: copy into an empty database"
                )
            values = {"source": source_name, "started_at": datetime.now(UTC)}
            conn.execute(sa.insert(unfinished_copy).values(values))
        elif begun != source_name:
            raise ArchiveError(
                f"archive {target_name} is an unfinished copy of {begun}, not of {source_name}:"
                " finish that one, or copy into an empty database"
            )
        engine_of(conn).clear(conn)  # first: its rows refer to those of the tables
        for table in reversed(metadata.sorted_tables):
            if table is not unfinished_copy:
                conn.execute(sa.delete(table))


def _copy_table(snapshot: Connection, target: Engine, table: Table, progress: Progress) -> None:
    total = int(snapshot.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
    progress(table.name, 0, total)
    done = 0
    pages = _pages(snapshot, table)
    if _refers_to_itself(table):  # one transaction: foreign keys are checked at its end
        with writing(target).begin() as conn:
            for page in pages:
                _write(conn, table, page)
        progress(table.name, total, total)
        return
    for page in pages:
        with writing(target).begin() as conn:
            _write(conn, table, page)
        done += len(page)
        progress(table.name, done, total)


def _refers_to_itself(table: Table) -> bool:
    return any(key.column.table is table for key in table.foreign_keys)


def _pages(conn: Connection, table: Table) -> Iterator[Sequence[AnyRow]]:
    """Yield a table's rows in the order of its primary key."""
    after: Sequence[Any] | None = None
    while True:
        page, after = page_after(conn, sa.select(table), tuple(table.primary_key), after, _PAGE)
        if page:
            yield page
        if after is None:
            return


def _write(conn: Connection, table: Table, page: Sequence[AnyRow]) -> None:
    conn.execute(sa.insert(table), [dict(row._mapping) for row in page])


def _copy_numbering(snapshot: Connection, conn: Connection) -> None:
    """Make the target allocate ids where the source would: a short id is never used twice."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or column.autoincrement is not True:
            continue
        last = max(_last_number(snapshot, table), _last_number(conn, table))
        if last == 0:
            continue
        backend_of(conn).number_from(conn, table, last)


def _last_number(conn: Connection, table: Table) -> int:
    """Return the highest id of a table: the last one allocated, or the highest stored."""
    column = table.autoincrement_column
    highest = conn.execute(sa.select(sa.func.max(column))).scalar() or 0
    return max(int(highest), backend_of(conn).last_given(conn, table))


def _verified(snapshot: Connection, target: Engine, table: Table, target_name: str) -> Copied:
    with reading(target).connect() as conn:
        source, copied = digest_of(snapshot, table), digest_of(conn, table)
    if source != copied:
        raise ArchiveError(
            f"archive {target_name} differs from its source: {table.name} has {copied.rows} of"
            f" {source.rows} rows, or other values; copy again"
        )
    return copied


def digest_of(conn: Connection, table: Table) -> Copied:
    """Return a table's number of rows, and a digest that does not depend on their order."""
    total, count = 0, 0
    for page in _pages(conn, table):
        for row in page:
            hashed = blake2b(repr([_portable(value) for value in row]).encode(), digest_size=16)
            total = (total + int.from_bytes(hashed.digest(), "big")) % 2**128
        count += len(page)
    return Copied(table.name, count, f"{total:032x}")


def _portable(value: Any) -> Any:
    """Return a value with the same type for both databases."""
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
