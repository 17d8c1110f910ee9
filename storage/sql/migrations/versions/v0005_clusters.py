"""Add signatures, copies and common lines; 0014 computes them for stored articles.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "signatures",
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_signatures_article"),
        sa.PrimaryKeyConstraint("article", name="pk_signatures"),
    )
    op.create_table(
        "sketches",
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "article", name="pk_sketches"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "copies",
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("source", ROW_ID, nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_copies_article"),
        sa.ForeignKeyConstraint(["source"], ["articles.id"], name="fk_copies_source"),
        sa.PrimaryKeyConstraint("article", name="pk_copies"),
    )
    op.create_index("ix_copies_source_article", "copies", ["source", "article"])
    op.create_table(
        "common_lines",
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_common_lines_article"),
        sa.PrimaryKeyConstraint("line", "article", name="pk_common_lines"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_common_lines_article", "common_lines", ["article"])
    copied = sa.Column("copies", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("runs", copied)
