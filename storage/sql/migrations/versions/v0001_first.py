"""The first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID, TIME, create_gazetteer, create_tags

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_crawls()
    _create_articles()
    _create_captures()
    _create_readings()
    _create_refusals()
    create_gazetteer()
    create_tags()


def _create_crawls() -> None:
    op.create_table(
        "outlets",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_outlets"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("replay", sa.Boolean(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested", sa.BigInteger(), nullable=False),
        sa.Column("fetched", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.Column("new", sa.BigInteger(), nullable=False),
        sa.Column("revised", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("newest_published_at", TIME, nullable=True),
        sa.Column("peak_memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("log_file", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_runs_outlet"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_outlet_started_at", "runs", ["outlet", "started_at"])
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "validators",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_validators"),
    )


def _create_articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("sort_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_articles_outlet"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_articles_outlet_sort_at_id", "articles", ["outlet", "sort_at", "id"])
    op.create_index("ix_articles_sort_at_id", "articles", ["sort_at", "id"])
    op.create_table(
        "keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("article", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_keys_article"),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_keys_outlet"),
        sa.PrimaryKeyConstraint("key", "outlet", name="pk_keys"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_keys_article", "keys", ["article"])
    op.create_table(
        "merged_ids",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("article", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_merged_ids_article"),
        sa.PrimaryKeyConstraint("id", name="pk_merged_ids"),
    )
    op.create_index("ix_merged_ids_article", "merged_ids", ["article"])


def _create_captures() -> None:
    op.create_table(
        "contents",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contents"),
        sa.UniqueConstraint("digest", name="uq_contents_digest"),
    )
    op.create_table(
        "captures",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", TIME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("warc_file", sa.Text(), nullable=False),
        sa.Column("warc_offset", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sight", sa.LargeBinary(), nullable=False),
        sa.Column("article", ROW_ID, nullable=True),
        sa.Column("content", ROW_ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_captures_article"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_captures_content"),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_captures_outlet"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_captures_run"),
        sa.PrimaryKeyConstraint("id", name="pk_captures"),
        sa.UniqueConstraint("outlet", "record_id", name="uq_captures_outlet_record_id"),
        sa.UniqueConstraint("outlet", "sight", name="uq_captures_outlet_sight"),
    )
    op.create_index("ix_captures_article_captured_at", "captures", ["article", "captured_at"])
    op.create_index("ix_captures_content_captured_at", "captures", ["content", "captured_at"])
    op.create_index(
        "ix_captures_outlet_version_captured_at_id",
        "captures",
        ["outlet", "version", "captured_at", "id"],
    )
    op.create_index("ix_captures_run", "captures", ["run"])
    op.create_index(
        "ix_captures_version_captured_at_id", "captures", ["version", "captured_at", "id"]
    )
    op.create_table(
        "revisions",
        sa.Column("article", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("capture", ROW_ID, nullable=False),
        sa.Column("maybe_ours", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_revisions_article"),
        sa.ForeignKeyConstraint(["capture"], ["captures.id"], name="fk_revisions_capture"),
        sa.PrimaryKeyConstraint("article", "number", name="pk_revisions"),
        sqlite_with_rowid=False,
    )


def _create_readings() -> None:
    op.create_table(
        "readings",
        sa.Column("capture", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.Column("content", ROW_ID, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("then_changed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["capture"], ["captures.id"], name="fk_readings_capture"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_readings_content"),
        sa.PrimaryKeyConstraint("capture", "number", name="pk_readings"),
        sqlite_with_rowid=False,
    )


def _create_refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("capture", ROW_ID, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("article", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_refusals_article"),
        sa.ForeignKeyConstraint(["capture"], ["captures.id"], name="fk_refusals_capture"),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_refusals_outlet"),
        sa.PrimaryKeyConstraint("id", name="pk_refusals"),
        sa.UniqueConstraint("capture", name="uq_refusals_capture"),
    )
    op.create_index("ix_refusals_article", "refusals", ["article"])
    op.create_index("ix_refusals_captured_at_id", "refusals", ["captured_at", "id"])
    op.create_index(
        "ix_refusals_outlet_captured_at_id", "refusals", ["outlet", "captured_at", "id"]
    )
    op.create_table(
        "refused_urls",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("refusal", ROW_ID, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["refusal"], ["refusals.id"], name="fk_refused_urls_refusal"),
        sa.PrimaryKeyConstraint("key", "refusal", name="pk_refused_urls"),
        sqlite_with_rowid=False,
    )
