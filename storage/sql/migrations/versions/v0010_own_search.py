"""Drop the tables of the first search.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = ("search_keys", "search", "lexicon")
_FUNCTIONS = ("search_keys_of", "search_keys_add", "search_keys")


def upgrade() -> None:
    conn = op.get_bind()
    for table in _TABLES:
        conn.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    if conn.dialect.name == "postgresql":
        for function in _FUNCTIONS:
            conn.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")
