"""The tables of watches: how far each was told, what its looks found, and what is owed to whom.

    watches                     a cursor each: rows of captures and articles
    digests ── deliveries       what a look found, by ids; a row for each channel it goes to

No text is kept: a message is written when it is sent, so that what was taken down meanwhile is
not in it.
"""

import sqlalchemy as sa

from storage.sql.schema.core import metadata
from storage.sql.schema.types import RowId, SafeText, UtcTime, row_id

watches = sa.Table(
    "watches",
    metadata,
    sa.Column("name", SafeText, primary_key=True),
    sa.Column("capture", RowId, nullable=False),
    sa.Column("article", RowId, nullable=False),
    sa.Column("looked_at", UtcTime, nullable=False),
)

digests = sa.Table(
    "digests",
    metadata,
    row_id(),
    sa.Column("watch", SafeText, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("arrivals", sa.Text, nullable=False),  # JSON object: topic → short ids
    sa.Index("ix_digests_watch_made_at", "watch", "made_at"),
    sa.Index("ix_digests_made_at", "made_at"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("digest", sa.ForeignKey("digests.id"), primary_key=True),
    sa.Column("channel", SafeText, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tried_at", UtcTime),
    sa.Column("due_at", UtcTime),  # null where it was sent or given up
    sa.Column("sent_at", UtcTime),
    sa.Column("unconfirmed", sa.Boolean, nullable=False),  # an attempt began and did not end
    sa.Index("ix_deliveries_due_at", "due_at"),
)
