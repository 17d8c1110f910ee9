"""PostgreSQL: an index over the signatures instead of a row for each hash.

Signatures and copies of an archive that had none (before 0005) are worked out by 0014.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from storage.sql.clusters.candidates_postgresql import SIGNATURE_KEYS

revision = "0008"
down_revision = "0007"

# Keys are few and most have several articles; a list of what is pending would have to be gone
# through by every look-up.
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
    # A row is written anew with each article that holds its hash: in the same page, without vacuum.
    op.execute("ALTER TABLE common_hashes SET (fillfactor = 50)")
    op.drop_table("sketches")
    op.execute(_GIN)
