"""The archive's core tables, on SQLite and PostgreSQL.

    outlets ─┬─ runs ──────────────┐
             ├─ articles ─┬─ keys  │     every URL and outlet id that leads to an article
             │            ├─ revisions ── its states, derived from its captures
             │            ├─ merged_ids   short ids of articles that were merged into others
             │            └─ captures ─┬─ contents     each distinct article JSON, once
             │               │         └─ readings     earlier readings, by older code
             └─ refusals ─┴─ refused_urls              every URL that led to a refusal
    validators               HTTP validators of pages and listings, for conditional requests

`keys` and `refused_urls` find a URL by a 128-bit hash: PostgreSQL cannot index a text of more
than 2,700 bytes, which some redirects exceed, and the index is a quarter of the size.
"""

import sqlalchemy as sa

from storage.sql.schema.types import RowId, SafeText, UtcTime, ref, row_id

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

outlets = sa.Table("outlets", metadata, sa.Column("slug", SafeText, primary_key=True))

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", SafeText, primary_key=True),
    ref("outlet", "outlets.slug"),
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
    sa.Column("copies", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.BigInteger, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),  # JSON object: reason → count
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("received_bytes", sa.BigInteger, nullable=False),
    sa.Column("newest_published_at", UtcTime),
    sa.Column("peak_memory_bytes", sa.BigInteger),
    sa.Column("log_file", SafeText),
    sa.Column("kind", sa.Text, nullable=False, server_default="crawl"),  # see Run
    sa.Column("since", UtcTime),
    sa.Column("until", UtcTime),
    sa.Column("robots", sa.Text),
    sa.Column("exit_code", sa.Integer),
    # JSON objects: section → times; signal → count; signal → URLs; section → time
    sa.Column("new_by_section", SafeText, nullable=False, server_default="{}"),
    sa.Column("signals", SafeText, nullable=False, server_default="{}"),
    sa.Column("evidence", SafeText, nullable=False, server_default="{}"),
    sa.Column("newest_by_section", SafeText, nullable=False, server_default="{}"),
    sa.Index("ix_runs_outlet_started_at", "outlet", "started_at"),
    sa.Index("ix_runs_started_at", "started_at"),
)

# title, url and the times repeat the latest revision, and article_id the newest outlet id, for
# listings and SQL; the source of truth are keys, revisions and contents.
articles = sa.Table(
    "articles",
    metadata,
    row_id(),
    ref("outlet", "outlets.slug"),
    sa.Column("article_id", SafeText),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("title", SafeText, nullable=False),
    sa.Column("published_at", UtcTime),
    # published_at, else the first capture's time; null where every capture is a refusal now
    sa.Column("sort_at", UtcTime),
    sa.Index("ix_articles_outlet_sort_at_id", "outlet", "sort_at", "id"),
    sa.Index("ix_articles_sort_at_id", "sort_at", "id"),
    sqlite_autoincrement=True,  # a short id is never used twice
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),  # hashed("id" | "url", value)
    sa.Column("outlet", sa.ForeignKey("outlets.slug"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # "id", "url" (the article's own) or "alias"
    sa.Column("value", SafeText, nullable=False),
    ref("article", "articles.id"),
    sa.Index("ix_keys_article", "article"),
    sqlite_with_rowid=False,
)

merged_ids = sa.Table(
    "merged_ids",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=False),
    ref("article", "articles.id"),
    sa.Index("ix_merged_ids_article", "article"),
)

contents = sa.Table(
    "contents",
    metadata,
    row_id(),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # hashed(json)
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("json", sa.Text, nullable=False),
)

captures = sa.Table(
    "captures",
    metadata,
    row_id(),
    ref("outlet", "outlets.slug"),
    ref("run", "runs.id"),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("captured_at", UtcTime, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("warc_file", SafeText, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("record_id", SafeText, nullable=False),
    sa.Column("digest", SafeText, nullable=False),
    sa.Column("observation_key", sa.LargeBinary, nullable=False),  # hashed(url, time, digest)
    ref("article", "articles.id", nullable=True),  # both null where the page was refused
    ref("content", "contents.id", nullable=True),
    # Of the newest reading, which counts: the extraction code's version, and when it read.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("read_at", UtcTime, nullable=False),
    sa.UniqueConstraint("outlet", "record_id"),
    # Named after what the column was called: SQLite cannot rename a constraint.
    sa.UniqueConstraint("outlet", "observation_key", name="uq_captures_outlet_sight"),
    sa.Index("ix_captures_article_captured_at", "article", "captured_at"),
    sa.Index("ix_captures_content_captured_at", "content", "captured_at"),
    sa.Index("ix_captures_outlet_version_captured_at_id", "outlet", "version", "captured_at", "id"),
    sa.Index("ix_captures_run", "run"),
    sa.Index("ix_captures_version_captured_at_id", "version", "captured_at", "id"),
)

# Earlier readings; the newest one is in `captures` and `refusals`.
readings = sa.Table(
    "readings",
    metadata,
    sa.Column("capture", sa.ForeignKey("captures.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("read_at", UtcTime, nullable=False),
    ref("content", "contents.id", nullable=True),  # null for a refusal: see the next three
    sa.Column("url", SafeText),
    sa.Column("reason", sa.Text),
    sa.Column("evidence", SafeText),
    sa.Column("changed_by_next", sa.Text, nullable=False),  # JSON list of field names
    sqlite_with_rowid=False,
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
    ref("capture", "captures.id"),  # the state's first capture, whose content counts
    sa.Column("maybe_reextraction", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)

_later = revisions.alias()
IS_NEWEST = revisions.c.number == (
    sa.select(sa.func.max(_later.c.number))
    .where(_later.c.article == revisions.c.article)
    .correlate(revisions)
    .scalar_subquery()
)
"""The condition that a revision is the newest one of its article."""

refusals = sa.Table(
    "refusals",
    metadata,
    row_id(),
    sa.Column("capture", sa.ForeignKey("captures.id"), nullable=False, unique=True),
    ref("outlet", "outlets.slug"),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("captured_at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", SafeText, nullable=False),
    ref("article", "articles.id", nullable=True),  # the article at this URL before
    sa.Column("final", sa.Boolean, nullable=False, server_default=sa.false()),  # see Arrival
    sa.Index("ix_refusals_outlet_captured_at_id", "outlet", "captured_at", "id"),
    sa.Index("ix_refusals_captured_at_id", "captured_at", "id"),
    sa.Index("ix_refusals_article", "article"),
)

# open: whether the URL may have to be retried. `links.due` reads only open rows, and closes those
# that are done; a new row, of whatever reading, opens its URL again.
_OPEN = sa.text("open")

refused_urls = sa.Table(
    "refused_urls",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),  # hashed("url", value)
    sa.Column("refusal", sa.ForeignKey("refusals.id"), primary_key=True),
    sa.Column("value", SafeText, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Index("ix_refused_urls_open", "refusal", sqlite_where=_OPEN, postgresql_where=_OPEN),
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
    sa.Column("digest", sa.Text),
)
