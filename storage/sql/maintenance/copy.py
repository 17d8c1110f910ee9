"""One archive copied into another database, row for row, from one snapshot of the source.

Tables go parents first. Each goes through two passes, so that a copy that was stopped can be gone
on with although the source has changed since: what the source no longer has, or has changed, goes
with all that refers to it; then what is missing is written. In an empty table both are quick.
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
from storage.sql.engine.connect import lock, open_engine, reading, writing
from storage.sql.engine.errors import plain_errors
from storage.sql.schema.core import metadata, outlets
from storage.sql.schema.maintenance import unfinished_copy
from storage.sql.schema.types import AnyRow
from storage.sql.search.index import clear, rebuild

_PAGE = 500  # rows a statement and transaction

Progress = Callable[[str, int, int], object]
RowKey = tuple[Any, ...]


def copy_between(source: str, target: str, progress: Progress) -> list[Copied]:
    """Copy between archives by URL; see `storage.archive.copy_archive`."""
    one, one_name = open_engine(source, create=False, read_only=True)
    try:
        other, other_name = open_engine(target, create=True, copying=True)
        try:
            with plain_errors(f"{one_name} (to {other_name})"):
                return _copy(one, one_name, other, other_name, progress)
        finally:
            other.dispose()
    finally:
        one.dispose()


def _copy(
    source: Engine, source_name: str, target: Engine, target_name: str, progress: Progress
) -> list[Copied]:
    """Copy everything; return what each table came to."""
    _begin(target, source_name, target_name)
    tables = [table for table in metadata.sorted_tables if table is not unfinished_copy]
    with reading(source).connect() as snapshot, snapshot.begin():
        for table in tables:
            _copy_table(snapshot, target, table, progress)
        with writing(target).begin() as conn:
            _copy_numbering(snapshot, conn)
            rebuild(conn)  # what a database keeps beside its tables is not copied
            candidates_of(conn).rebuild(conn)
        done = [_verified(snapshot, target, table, target_name) for table in tables]
    with writing(target).begin() as conn:
        conn.execute(sa.delete(unfinished_copy))
    return done


def _begin(target: Engine, source_name: str, target_name: str) -> None:
    """Mark the target as being copied into; refuse one that holds anything else."""
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
        clear(conn)  # it may be there already, and refers to what may go


def _copy_table(snapshot: Connection, target: Engine, table: Table, progress: Progress) -> None:
    total = int(snapshot.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
    progress(table.name, 0, total)
    with reading(target).connect() as conn:
        is_empty = conn.execute(sa.select(table).limit(1)).first() is None
    if not is_empty:
        _take_away(snapshot, target, table)
    done = 0
    pages = _pages(snapshot, table)
    if _refers_to_itself(table):  # parents and children in one transaction: checked at its end
        with writing(target).begin() as conn:
            for page in pages:
                _write(conn, table, page, is_empty=is_empty)
        progress(table.name, total, total)
        return
    for page in pages:
        with writing(target).begin() as conn:
            _write(conn, table, page, is_empty=is_empty)
        done += len(page)
        progress(table.name, done, total)


def _refers_to_itself(table: Table) -> bool:
    return any(key.column.table is table for key in table.foreign_keys)


def _pages(conn: Connection, table: Table) -> Iterator[list[AnyRow]]:
    """Yield a table's rows in the order of its primary key."""
    order = tuple(table.primary_key)
    query = sa.select(table).order_by(*order).limit(_PAGE)
    after: RowKey | None = None
    while True:
        asked = query if after is None else query.where(sa.tuple_(*order) > _tuple(order, after))
        page = list(conn.execute(asked))
        if page:
            yield page
        if len(page) < _PAGE:
            return
        after = _key(table, page[-1])


def _tuple(columns: Sequence[sa.Column[Any]], values: RowKey) -> Any:
    pairs = zip(values, columns, strict=True)
    return sa.tuple_(*(sa.literal(value, column.type) for value, column in pairs))


def _key(table: Table, row: AnyRow) -> RowKey:
    return tuple(row._mapping[column.name] for column in table.primary_key)


def _at(conn: Connection, table: Table, keys: Sequence[RowKey]) -> dict[RowKey, AnyRow]:
    """Return the rows that have these primary keys."""
    order = tuple(table.primary_key)
    if len(order) == 1:
        where = order[0].in_([key[0] for key in keys])
    else:
        where = sa.tuple_(*order).in_(keys)
    return {_key(table, row): row for row in conn.execute(sa.select(table).where(where))}


def _write(conn: Connection, table: Table, page: Sequence[AnyRow], *, is_empty: bool) -> None:
    stored = {} if is_empty else _at(conn, table, [_key(table, row) for row in page])
    fresh = [dict(row._mapping) for row in page if _key(table, row) not in stored]
    if fresh:
        conn.execute(sa.insert(table), fresh)
    for row in page:
        old = stored.get(_key(table, row))
        if old is not None and tuple(old) != tuple(row):
            _update(conn, table, row)


def _update(conn: Connection, table: Table, row: AnyRow) -> None:
    where = [column == row._mapping[column.name] for column in table.primary_key]
    conn.execute(sa.update(table).where(*where).values(dict(row._mapping)))


def _take_away(snapshot: Connection, target: Engine, table: Table) -> None:
    """Delete the target's rows that the source lacks, or whose unique values it gives others."""
    with reading(target).connect() as conn:
        pages = _pages(conn, table)
        for page in pages:
            right = _at(snapshot, table, [_key(table, row) for row in page])
            wrong = [
                _key(table, row)
                for row in page
                if _key(table, row) not in right
                or _unique_values(table, row) != _unique_values(table, right[_key(table, row)])
            ]
            if wrong:
                conn.rollback()  # the page is read; a writer must not wait for this reader
                with writing(target).begin() as other:
                    _delete(other, table, wrong)


def _unique_values(table: Table, row: AnyRow) -> list[Any]:
    named: set[str] = {column.name for column in table.columns if column.unique}
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            named |= {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique:
            named |= {column.name for column in index.columns}
    return [row._mapping[name] for name in sorted(named)]


def _delete(conn: Connection, table: Table, keys: Sequence[RowKey]) -> None:
    """Delete rows and all that refer to them; the latter are copied again with their own table."""
    order = tuple(table.primary_key)
    for child in metadata.sorted_tables:
        for reference in child.foreign_keys:
            if reference.column.table is not table or child is table:
                continue
            position = [column.name for column in order].index(reference.column.name)
            values = [key[position] for key in keys]
            rows = sa.select(*child.primary_key).where(reference.parent.in_(values))
            found = [tuple(row) for row in conn.execute(rows)]
            for start in range(0, len(found), _PAGE):
                _delete(conn, child, found[start : start + _PAGE])
    if len(order) == 1:
        where = order[0].in_([key[0] for key in keys])
    else:
        where = sa.tuple_(*order).in_(keys)
    conn.execute(sa.delete(table).where(where))


def _copy_numbering(snapshot: Connection, conn: Connection) -> None:
    """Let the target go on numbering rows where the source would: a short id is given once."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or column.autoincrement is not True:
            continue
        last = max(_last_number(snapshot, table), _last_number(conn, table))
        if last == 0:
            continue
        backend_of(conn).number_from(conn, table, last)


def _last_number(conn: Connection, table: Table) -> int:
    """Return the last number that was given to a row of a table, or is in it."""
    column = table.autoincrement_column
    highest = conn.execute(sa.select(sa.func.max(column))).scalar() or 0
    return max(int(highest), backend_of(conn).last_given(conn, table))


def _verified(snapshot: Connection, target: Engine, table: Table, target_name: str) -> Copied:
    with reading(target).connect() as conn:
        source, copied = digest_of(snapshot, table), digest_of(conn, table)
    if source != copied:
        raise ArchiveError(
            f"archive {target_name} is no true copy: {table.name} has {copied.rows} rows of"
            f" {source.rows}, or others; copy again"
        )
    return copied


def digest_of(conn: Connection, table: Table) -> Copied:
    """Return a table's number of rows, and a digest that no order of theirs changes."""
    total, count = 0, 0
    for page in _pages(conn, table):
        for row in page:
            hashed = blake2b(repr([_plain(value) for value in row]).encode(), digest_size=16)
            total = (total + int.from_bytes(hashed.digest(), "big")) % 2**128
        count += len(page)
    return Copied(table.name, count, f"{total:032x}")


def _plain(value: Any) -> Any:
    """Return a value alike for both databases."""
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
