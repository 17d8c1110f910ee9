"""The tables of copies.

    articles ─┬─ signatures ── sketches   what look-alikes are found by
              ├─ copies                   which article each copy is a copy of: its cluster's source
              └─ common_lines             lines that unlike articles share

A cluster is a source with its copies; it has no row of its own, and an article without copies
none here but its signature. `sketches` has no foreign key: at 16 rows an article, checking them
would double the time of writing; `signatures` has it, and both are written together.
"""

import sqlalchemy as sa

from storage.sql_types import RowId, ref
from storage.tables import metadata

signatures = sa.Table(
    "signatures",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.SmallInteger, nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False),  # the hashes that stand in sketches
)

sketches = sa.Table(
    "sketches",
    metadata,
    sa.Column("hash", sa.Integer, primary_key=True, autoincrement=False),  # signed, 32 bits
    sa.Column("article", RowId, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

copies = sa.Table(
    "copies",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    ref("source", "articles.id"),
    sa.Column("similarity", sa.Double, nullable=False),
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
