"""Column types that behave alike on both databases, and helpers to define and query tables."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage.text.normalize import storable

AnyRow = Row[*tuple[Any, ...]]
"""A result row whose columns are known by name only."""

_Value = TypeVar("_Value")
_IN_LIMIT = 500  # bound values per statement; SQLite's limit is 32,766


class _IsoText(TypeDecorator[datetime]):
    """A UTC time as ISO 8601 text of fixed width, which sorts in order of time."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Format the time to the microsecond."""
        if value is None:
            return None
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    @staticmethod
    def read(value: str | None) -> datetime | None:
        """Parse the time."""
        return datetime.fromisoformat(value) if value else None


class UtcTime(TypeDecorator[datetime]):
    """An aware time to the microsecond; results are in UTC.

    PostgreSQL: timestamptz. SQLite, which has no such type: text that its date functions parse.
    """

    impl = sa.DateTime(timezone=True).with_variant(_IsoText(), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Raise ValueError for a time without a zone."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"the archive keeps no time without a zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Return the time in UTC."""
        return value and value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return the function that converts a column's values.

        On SQLite it parses the text directly, because a page has thousands of times.
        """
        if dialect.name == "sqlite":
            return _IsoText.read
        return super().result_processor(dialect, coltype)


class SafeText(TypeDecorator[str]):
    """Text; characters that a database refuses (NUL, lone surrogates) become U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Replace the characters that cannot be stored."""
        return None if value is None else storable(value)


def hashed(*parts: str) -> bytes:
    """Return a 128-bit hash of `parts`, to be indexed instead of them."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def url_key(url: str) -> bytes:
    """Return the key of `url` in `keys` and `refused_urls`."""
    return hashed("url", url)


def id_key(article_id: str) -> bytes:
    """Return the key of an outlet id in `keys`."""
    return hashed("id", article_id)


# On SQLite only an INTEGER column is the rowid; on PostgreSQL INTEGER ends at 2^31 rows.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def row_id() -> sa.Column[int]:
    """Return an auto-incrementing primary key column "id"."""
    return sa.Column("id", RowId, primary_key=True, autoincrement=True)


def ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column with a foreign key to `target`, such as "articles.id"."""
    return sa.Column(name, sa.ForeignKey(target), nullable=nullable)


def in_parts(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """Yield `values` in parts short enough for one statement's IN."""
    for start in range(0, len(values), _IN_LIMIT):
        yield values[start : start + _IN_LIMIT]
