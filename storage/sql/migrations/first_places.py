"""The tables of places in the first schema."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def create_gazetteer() -> None:
    op.create_table(
        "gazetteer",
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_gazetteer"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["units.id"],
            name="fk_units_parent",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
    )
    op.create_table(
        "successions",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("clause", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["new"], ["units.id"], name="fk_successions_new"),
        sa.ForeignKeyConstraint(["old"], ["units.id"], name="fk_successions_old"),
        sa.PrimaryKeyConstraint("id", name="pk_successions"),
    )
    op.create_index("ix_successions_new", "successions", ["new"])
    op.create_index("ix_successions_old", "successions", ["old"])


def create_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("content", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_tags_content"),
        sa.PrimaryKeyConstraint("content", name="pk_tags"),
    )
    op.create_index("ix_tags_version_content", "tags", ["version", "content"])
    op.create_table(
        "mentions",
        sa.Column("content", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("start_char", sa.Integer(), nullable=False),
        sa.Column("end_char", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["tags.content"], name="fk_mentions_content"),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name="fk_mentions_unit"),
        sa.PrimaryKeyConstraint("content", "number", name="pk_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scores",
        sa.Column("content", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["tags.content"], name="fk_scores_content"),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name="fk_scores_unit"),
        sa.PrimaryKeyConstraint("content", "number", name="pk_scores"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_places",
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("sort_at", TIME, nullable=False),
        sa.Column("article", ROW_ID, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_article_places_article"),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_article_places_outlet"),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name="fk_article_places_unit"),
        sa.PrimaryKeyConstraint("unit", "sort_at", "article", name="pk_article_places"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_places_article", "article_places", ["article"])
    op.create_index(
        "ix_article_places_unit_outlet_sort_at_article",
        "article_places",
        ["unit", "outlet", "sort_at", "article"],
    )
