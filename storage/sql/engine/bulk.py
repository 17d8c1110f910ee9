"""Operations on many rows: allocate ids, insert in bulk, select by many keys, page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.engine import Dialect

from storage.codec.articles import Window
from storage.sql.engine.backend import backend_of
from storage.sql.schema.types import AnyRow


def next_ids(conn: Connection, table: sa.Table, count: int) -> list[int]:
    """Allocate `count` ids for new rows of `table`; return them in ascending order.

    With ids known in advance, rows that refer to each other are written in one statement per
    table; INSERT ... RETURNING for each row takes twice as long.
    """
    if not count:
        return []
    return backend_of(conn).next_ids(conn, table, count)


def insert(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, if there are any; all have the columns of the first.

    Uses the driver's executemany: SQLAlchemy's takes twice the time of the rest of the write.
    """
    if not rows:
        return
    names = tuple(rows[0])
    text, processors = _compile_insert(table, names, conn.dialect)
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in zip(names, processors, strict=True)
    ]
    conn.exec_driver_sql(text, list(zip(*columns, strict=True)))


@lru_cache(maxsize=64)  # a few sets of columns per table, for the few engines of one process
def _compile_insert(
    table: sa.Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[Callable[[Any], Any] | None]]:
    """Return an INSERT for the driver, and each column's function that converts a bound value."""
    columns = [table.c[name] for name in names]
    quoted = dialect.identifier_preparer
    listed = ", ".join(quoted.format_column(column) for column in columns)
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
    text = f"INSERT INTO {quoted.format_table(table)} ({listed}) VALUES ({marks})"  # noqa: S608 - our own names, quoted
    return text, [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]


def rows_at(
    conn: Connection,
    query: Select[Any],
    column: sa.Column[Any],
    values: Iterable[Any],
    **others: Any,
) -> list[AnyRow]:
    """Return the rows of `query` in which `column` is any of `values`, however many these are.

    The values are one bound parameter, so that a constant query is compiled once and not at each
    call; compiling takes longer than running it. others: the query's other parameters, by name.
    """
    wanted = list(dict.fromkeys(values))
    if not wanted:
        return []
    return backend_of(conn).rows_at(conn, query, column, wanted, others)


def page_after(
    conn: Connection,
    query: Select[Any],
    order: Sequence[ColumnElement[Any]],
    after: Sequence[Any] | None,
    size: int,
) -> tuple[Sequence[AnyRow], Sequence[Any] | None]:
    """Return up to `size` rows after a position, and the position of the last; None at the end.

    order: columns of `query` that are unique together. after: None for the first page.
    """
    if after is not None:
        bounds = (sa.literal(value, key.type) for value, key in zip(after, order, strict=True))
        query = query.where(sa.tuple_(*order) > sa.tuple_(*bounds))
    rows = conn.execute(query.order_by(*order).limit(size)).all()
    full = len(rows) == size
    return rows, [rows[-1]._mapping[key] for key in order] if full else None


def within(time: ColumnElement[datetime], query: Window) -> list[ColumnElement[bool]]:
    """Return the conditions that `time` is within a query's bounds."""
    bounds = [] if query.since is None else [time >= query.since]
    return bounds if query.until is None else [*bounds, time < query.until]


def among(
    conn: Connection, column: ColumnElement[Any], values: Sequence[int] | Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`, as one bound parameter."""
    return backend_of(conn).among(column, values)
