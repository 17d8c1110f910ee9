"""The archive's tables, for SQLite and PostgreSQL alike.

    outlets ─┬─ runs ──────────────┐
             ├─ articles ─┬─ keys  │     every URL and outlet id that leads to an article
             │            ├─ revisions ── its states, worked out from its captures
             │            ├─ merged_ids   short ids that were found to be another article's
             │            └─ captures ─── contents     each distinct article JSON, once
             └─ refusals ─┴─ refused_urls              every URL that led to a refusal
    validators               what a listing's server gave for conditional requests

`keys` and `refused_urls` find a URL by a 128-bit hash: PostgreSQL cannot index a text of more
than 2,700 bytes, redirects bring such URLs, and the index is a quarter of the size.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

AnyRow = Row[*tuple[Any, ...]]
"""A result row whose columns are known by name only."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, UTC on the way out, to the microsecond.

    PostgreSQL: timestamptz. SQLite, which has no such type: ISO 8601 text of one width, whose
    order is the order in time and which its date functions read.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, timestamptz elsewhere."""
        return dialect.type_descriptor(
            sa.Text() if dialect.name == "sqlite" else self.impl_instance
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Raise ValueError for a time without a zone."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"the archive keeps no time without a zone: {value.isoformat()}")
        utc = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return utc
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text in which what a database refuses (NUL, lone surrogates) becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Replace what cannot be stored."""
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


def hashed(*parts: str) -> bytes:
    """Return 128 bits that stand for `parts` in an index."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


# SQLite makes only an INTEGER column its row id; PostgreSQL's must hold more than 2^31 rows.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _row_id() -> sa.Column[int]:
    return sa.Column("id", _Id, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.ForeignKey(target), nullable=nullable)


outlets = sa.Table("outlets", metadata, sa.Column("slug", SafeText, primary_key=True))

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", SafeText, primary_key=True),
    _ref("outlet", "outlets.slug"),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("sections", sa.Text, nullable=False),  # JSON list
    sa.Column("replay", sa.Boolean, nullable=False),
    sa.Column("pid", sa.BigInteger),
    sa.Column("host", SafeText),
    sa.Column("ended_at", UtcTime),
    sa.Column("outcome", sa.Text),
    sa.Column("error", SafeText),
    sa.Column("requested", sa.BigInteger, nullable=False),
    sa.Column("fetched", sa.BigInteger, nullable=False),
    sa.Column("links", sa.BigInteger, nullable=False),
    sa.Column("new", sa.BigInteger, nullable=False),
    sa.Column("revised", sa.BigInteger, nullable=False),
    sa.Column("unchanged", sa.BigInteger, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),  # JSON object: reason → count
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("received_bytes", sa.BigInteger, nullable=False),
    sa.Column("newest_published_at", UtcTime),
    sa.Column("peak_memory_bytes", sa.BigInteger),
    sa.Column("log_file", SafeText),
    sa.Index("ix_runs_outlet_started_at", "outlet", "started_at"),
    sa.Index("ix_runs_started_at", "started_at"),
)

# title, url and the times are those of the latest revision, article_id is the latest one learned;
# they are here for listing and for SQL, the truth stands in keys, revisions and contents.
articles = sa.Table(
    "articles",
    metadata,
    _row_id(),
    _ref("outlet", "outlets.slug"),
    sa.Column("article_id", SafeText),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("title", SafeText, nullable=False),
    sa.Column("published_at", UtcTime),
    sa.Column("sort_at", UtcTime, nullable=False),  # published_at, else the first capture's time
    sa.Index("ix_articles_outlet_sort_at_id", "outlet", "sort_at", "id"),
    sa.Index("ix_articles_sort_at_id", "sort_at", "id"),
    sqlite_autoincrement=True,  # a short id is never given twice
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),  # hashed("id" | "url", value)
    sa.Column("outlet", sa.ForeignKey("outlets.slug"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # "id", "url" (the article's own) or "alias"
    sa.Column("value", SafeText, nullable=False),
    _ref("article", "articles.id"),
    sa.Index("ix_keys_article", "article"),
    sqlite_with_rowid=False,
)

merged_ids = sa.Table(
    "merged_ids",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=False),
    _ref("article", "articles.id"),
    sa.Index("ix_merged_ids_article", "article"),
)

contents = sa.Table(
    "contents",
    metadata,
    _row_id(),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # hashed(json)
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("json", sa.Text, nullable=False),
)

captures = sa.Table(
    "captures",
    metadata,
    _row_id(),
    _ref("outlet", "outlets.slug"),
    _ref("run", "runs.id"),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("captured_at", UtcTime, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("warc_file", SafeText, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("record_id", SafeText, nullable=False),
    sa.Column("digest", SafeText, nullable=False),
    sa.Column("sight", sa.LargeBinary, nullable=False),  # hashed(url, time, digest)
    _ref("article", "articles.id", nullable=True),  # both null where the page was refused
    _ref("content", "contents.id", nullable=True),
    sa.UniqueConstraint("outlet", "record_id"),
    sa.UniqueConstraint("outlet", "sight"),
    sa.Index("ix_captures_article_captured_at", "article", "captured_at"),
    sa.Index("ix_captures_run", "run"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("first_seen_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),  # JSON list of field names
    _ref("capture", "captures.id"),  # the first sight, whose content this state keeps
    sqlite_with_rowid=False,
)

refusals = sa.Table(
    "refusals",
    metadata,
    _row_id(),
    sa.Column("capture", sa.ForeignKey("captures.id"), nullable=False, unique=True),
    _ref("outlet", "outlets.slug"),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("captured_at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", SafeText, nullable=False),
    _ref("article", "articles.id", nullable=True),  # the article that stood at this URL
    sa.Index("ix_refusals_outlet_captured_at_id", "outlet", "captured_at", "id"),
    sa.Index("ix_refusals_captured_at_id", "captured_at", "id"),
    sa.Index("ix_refusals_article", "article"),
)

refused_urls = sa.Table(
    "refused_urls",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),  # hashed("url", value)
    sa.Column("refusal", sa.ForeignKey("refusals.id"), primary_key=True),
    sa.Column("value", SafeText, nullable=False),
    sqlite_with_rowid=False,
)

validators = sa.Table(
    "validators",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),  # hashed("url", url)
    sa.Column("url", SafeText, nullable=False),
    sa.Column("etag", SafeText),
    sa.Column("last_modified", SafeText),
    sa.Column("saved_at", UtcTime, nullable=False),
)
