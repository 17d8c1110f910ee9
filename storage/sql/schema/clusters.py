"""The tables of copies.

    articles ─┬─ signatures      what look-alikes are found by
              ├─ copies          which article each copy or update is of: its cluster's source
              └─ common_lines    lines that unlike articles share

A cluster is a source with its copies; it has no row of its own, and an article without copies
none here but its signature.

The index from a hash to the articles that hold it is each database's own
(`storage.sql.clusters.candidates`):

    SQLite: sketches                  a row for each hash of each signature
    PostgreSQL: signature_keys()      a GIN index over the keys that this function reads off a row,
                common_hashes         beside it the latest holders of hashes that many hold
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from storage.sql.schema.core import metadata
from storage.sql.schema.types import RowId, ref

signatures = sa.Table(
    "signatures",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.SmallInteger, nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False),  # the hashes: storage.dedup.signature.pack
)

copies = sa.Table(
    "copies",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    ref("source", "articles.id"),
    sa.Column("similarity", sa.Double, nullable=False),
    sa.Column("is_update", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_copies_source_article", "source", "article"),
)

# At most a dozen rows a line: from then on it counts as common.
common_lines = sa.Table(
    "common_lines",
    metadata,
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    sa.Index("ix_common_lines_article", "article"),
    sqlite_with_rowid=False,
)

# Each exists in one of the two databases only, so they are no part of what is copied between them.
_own = sa.MetaData()

# No foreign key: at 16 rows an article, checking them would double the time of writing.
sketches = sa.Table(
    "sketches",
    _own,
    sa.Column("hash", sa.Integer, primary_key=True, autoincrement=False),  # signed, 32 bits
    sa.Column("article", RowId, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

common_hashes = sa.Table(
    "common_hashes",
    _own,
    sa.Column("hash", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("latest", ARRAY(sa.BigInteger), nullable=False),  # short ids, ascending
)

OWN_TABLES = ("sketches", "common_hashes", "signature_keys")
"""Prefixes of the names that exist in one database and not in the metadata."""
