"""The tables of watches: their cursors, their digests, and the deliveries of these.

    watches                     a cursor each: rows of captures and articles
    digests ── deliveries       arrivals by their ids; a row for each channel that gets the digest

No text is stored: a message is rendered when it is sent, so that it does not contain what was taken
down meanwhile.
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
    sa.Column("arrivals", sa.Text, nullable=False),  # JSON: topic → short ids; edits with states
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
    sa.Column("unconfirmed", sa.Boolean, nullable=False),  # an attempt has no recorded end
    sa.Index("ix_deliveries_due_at", "due_at"),
)
