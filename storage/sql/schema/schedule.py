"""What the schedule keeps between its starts, and when articles were last looked at again."""

import sqlalchemy as sa

from storage.sql.schema.core import metadata, runs
from storage.sql.schema.types import SafeText, UtcTime

# The few runs that are at work, or were killed.
sa.Index(
    "ix_runs_open",
    runs.c.started_at,
    sqlite_where=runs.c.outcome.is_(None),
    postgresql_where=runs.c.outcome.is_(None),
)

# The machines that run the schedule, each with its last sign of life.
machines = sa.Table(
    "machines",
    metadata,
    sa.Column("name", SafeText, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("stopped_at", UtcTime),  # null while it runs, and where it was killed
    sa.Column("pid", sa.BigInteger),
    sa.Column("outlets", sa.Text, nullable=False),  # JSON list of those that it crawls
)

# The last time each standing job was started, so that a restart neither repeats nor forgets it.
chores = sa.Table(
    "chores",
    metadata,
    sa.Column("name", SafeText, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),  # its end, or the last sign of life
    sa.Column("exit_code", sa.Integer),  # null while it runs
    sa.Column("said", SafeText),  # the last line of what it printed, where it failed
    sa.Column("pid", sa.BigInteger),
    sa.Column("host", SafeText),
)

# An unchanged answer (304) leaves no capture, so the look itself is noted here.
checks = sa.Table(
    "checks",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("checked_at", UtcTime, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),  # HTTP
)
