"""The tables of maintenance: WARC files, takedowns, unfinished copies; and further indexes."""

import sqlalchemy as sa

from storage.sql.schema.core import metadata, readings, refused_urls, revisions
from storage.sql.schema.types import SafeText, UtcTime, ref, row_id

# WARC files that are closed. `captures` refer to them, and to files that are not listed yet.
warc_files = sa.Table(
    "warc_files",
    metadata,
    sa.Column("name", SafeText, primary_key=True),  # as in captures.warc_file
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # hex
    sa.Column("listed_at", UtcTime, nullable=False),
    sa.Column("stored_at", UtcTime),  # null until the object store has the file with this digest
    sa.Column("rewritten_at", UtcTime),  # by the newest takedown
    sa.Column("push_error", SafeText),  # why the last push failed
)
sa.Index(
    "ix_warc_files_unstored",
    warc_files.c.listed_at,
    sqlite_where=warc_files.c.stored_at.is_(None),
    postgresql_where=warc_files.c.stored_at.is_(None),
)
sa.Index(
    "ix_warc_files_rewritten",
    warc_files.c.rewritten_at,
    sqlite_where=warc_files.c.rewritten_at.is_not(None),
    postgresql_where=warc_files.c.rewritten_at.is_not(None),
)

# One row per takedown. Of the removed texts only digests are kept.
redactions = sa.Table(
    "redactions",
    metadata,
    row_id(),
    ref("article", "articles.id"),
    ref("outlet", "outlets.slug"),
    sa.Column("redacted_at", UtcTime, nullable=False),
    sa.Column("redacted_by", SafeText, nullable=False),
    sa.Column("reason", SafeText, nullable=False),
    sa.Column("digests", sa.Text, nullable=False),  # JSON list, of contents and of records
    sa.Column("finished_at", UtcTime),  # null until the recordings are rewritten too
    sa.Index("ix_redactions_article", "article"),
)

# At most one row, in a database into which an archive is being copied.
unfinished_copy = sa.Table(
    "unfinished_copy",
    metadata,
    sa.Column("source", SafeText, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
)

# Edits by time; without first revisions, which are nearly all rows.
sa.Index(
    "ix_revisions_edited",
    revisions.c.first_seen_at,
    revisions.c.article,
    revisions.c.number,
    sqlite_where=revisions.c.number > 1,
    postgresql_where=revisions.c.number > 1,
)

# By foreign key, so that a content or refusal can be deleted without a scan.
sa.Index("ix_readings_content", readings.c.content)
sa.Index("ix_refused_urls_refusal", refused_urls.c.refusal)
