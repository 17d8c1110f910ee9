"""The tables of copies.

    articles ─┬─ signatures      hashes by which candidates for copies are found
              ├─ copies          the source of each copy or update
              └─ common_lines    lines shared by articles that are not copies

A cluster is a source with its copies; it has no row of its own, and an article without copies has
only its signature here.

The index from a hash to its articles differs between the databases
(`storage.sql.clusters.candidates`):

    SQLite: sketches                  a row for each hash of each signature
    PostgreSQL: signature_keys()      a GIN index over this function of a row,
                common_hashes         and the latest articles of hashes that many have
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

# At most a dozen rows per line, which make it common.
common_lines = sa.Table(
    "common_lines",
    metadata,
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    sa.Index("ix_common_lines_article", "article"),
    sqlite_with_rowid=False,
)

# Each exists in only one of the two databases, so they are not copied between archives.
_own = sa.MetaData()

# No foreign key: with 16 rows per article, checking it would double the time of a write.
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
"""Prefixes of the names that exist in a database but not in the metadata."""
