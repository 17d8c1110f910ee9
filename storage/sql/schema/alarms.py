"""The table of alarms: at most one is open for an outlet (or the whole) and a cause."""

import sqlalchemy as sa

from storage.sql.schema.core import metadata
from storage.sql.schema.types import SafeText, UtcTime, row_id

alarms = sa.Table(
    "alarms",
    metadata,
    row_id(),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("outlet", SafeText, nullable=False),  # "" for the whole; no row of `outlets` needed
    sa.Column("summary", SafeText, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("evidence", SafeText, nullable=False),  # JSON list
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("told", SafeText, nullable=False),  # JSON object: channel → "open" or "closed"
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
