"""The tables of crawls and of the schedule, except `runs`.

links            discovered links, with their sources
backfills        the progress of each backfill, by listing
alarms           what is wrong; at most one is open per cause and outlet (or the whole archive)
machines         the machines that run the schedule
maintenance_runs the last run of each maintenance job
checks           the last recheck of each stored article
"""

import sqlalchemy as sa

from storage.sql.schema.core import metadata, runs
from storage.sql.schema.types import SafeText, UtcTime, ref, row_id

# `key` is computed as in `keys`, from the outlet id where the link has one, else from the URL: a
# link's article is stored where `keys` has one of the two.
links = sa.Table(
    "links",
    metadata,
    sa.Column("outlet", sa.ForeignKey("outlets.slug"), primary_key=True),
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("url_key", sa.LargeBinary, nullable=False),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("sources", sa.Text, nullable=False),  # separated by spaces, the first one first
    sa.Column("discovered_at", UtcTime, nullable=False),
    sa.Column("day", sa.Text),  # see DiscoveredLink; null if no sitemap named it
    sa.Index("ix_links_outlet_day", "outlet", "day"),
    sa.Index("ix_links_outlet_url_key", "outlet", "url_key"),
    sqlite_with_rowid=False,
)

backfills = sa.Table(
    "backfills",
    metadata,
    ref("outlet", "outlets.slug"),
    sa.Column("window", SafeText, nullable=False),
    sa.Column("listing_key", sa.LargeBinary, nullable=False),
    sa.Column("listing", SafeText, nullable=False),
    sa.Column("next_url", SafeText),  # null: done
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("zone", sa.BigInteger),
    sa.PrimaryKeyConstraint("outlet", "window", "listing_key"),
)

alarms = sa.Table(
    "alarms",
    metadata,
    row_id(),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("outlet", SafeText, nullable=False),  # "" for the whole archive; no foreign key
    sa.Column("summary", SafeText, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("evidence", SafeText, nullable=False),  # JSON list
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("delivered", SafeText, nullable=False),  # JSON object: channel → "open" or "closed"
    sa.Index(
        "uq_alarms_open",
        "outlet",
        "cause",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    sa.Index("ix_alarms_opened_at", "opened_at"),
)

# The few runs that are in progress, or were killed.
sa.Index(
    "ix_runs_open",
    runs.c.started_at,
    sqlite_where=runs.c.outcome.is_(None),
    postgresql_where=runs.c.outcome.is_(None),
)

# The machines that run the schedule, each with its last heartbeat.
machines = sa.Table(
    "machines",
    metadata,
    sa.Column("name", SafeText, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("heartbeat_at", UtcTime, nullable=False),
    sa.Column("stopped_at", UtcTime),  # null while it runs, or if it was killed
    sa.Column("pid", sa.BigInteger),
    sa.Column("outlets", sa.Text, nullable=False),  # JSON list of the outlets that it crawls
)

# The last time each maintenance job was started, so that a restart neither repeats nor forgets it.
maintenance_runs = sa.Table(
    "maintenance_runs",
    metadata,
    sa.Column("name", SafeText, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("heartbeat_at", UtcTime, nullable=False),  # the last one; its end, where it ended
    sa.Column("exit_code", sa.Integer),  # null while it runs
    sa.Column("error", SafeText),  # the last line of what it printed, where it failed
    sa.Column("pid", sa.BigInteger),
    sa.Column("host", SafeText),
)

# A response without change (304) leaves no capture, so the check itself is recorded here.
checks = sa.Table(
    "checks",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("checked_at", UtcTime, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),  # HTTP
)
