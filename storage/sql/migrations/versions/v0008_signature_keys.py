"""On PostgreSQL, index the signatures instead of storing a row for each hash.

0014 computes the signatures and copies of an archive that had none (before 0005).

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from storage.sql.clusters.candidates_postgresql import SIGNATURE_KEYS

revision = "0008"
down_revision = "0007"

# fastupdate=off: keys are few and most have several articles; every query would have to scan the
# pending list.
_GIN = """
CREATE INDEX signature_keys_of_packed ON signatures
USING gin (signature_keys(packed)) WITH (fastupdate = off)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _index_signatures()


def _index_signatures() -> None:
    op.execute(SIGNATURE_KEYS)
    op.create_table(
        "common_hashes",
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("latest", ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_common_hashes"),
    )
    # A row is updated with each article that has its hash: leave room for HOT updates in its page.
    op.execute("ALTER TABLE common_hashes SET (fillfactor = 50)")
    op.drop_table("sketches")
    op.execute(_GIN)
