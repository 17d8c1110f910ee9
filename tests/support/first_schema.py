"""Create an archive with the first release's schema, and rows inserted by plain SQL."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import storage.sql.migrations
from tests.support.paths import TESTS

ROWS = TESTS / "schemas" / "first.json"
"""Each table's rows, parents first, as the first release wrote them; do not change them."""


def make_first(url: str) -> None:
    """Create an archive of schema 0001 in an empty database."""
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(storage.sql.migrations.__file__).parent))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        insert_rows(conn, ROWS)
        if engine.dialect.name == "postgresql":
            for table in ("articles", "captures", "contents", "refusals", "successions"):
                highest = f"(SELECT max(id) FROM {table})"
                conn.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})"
                )
    engine.dispose()


def insert_rows(conn: sa.Connection, path: Path) -> None:
    """Insert the rows of a file in `tests/schemas`, by table, with plain SQL."""
    for table, rows in json.loads(path.read_text("utf-8")).items():
        for row in rows:
            _insert(conn, table, row)


def _insert(conn: sa.Connection, table: str, row: dict[str, Any]) -> None:
    values = {
        key: bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
        for key, value in row.items()
    }
    columns = ", ".join(f'"{key}"' for key in values)
    places = ", ".join(f":{key}" for key in values)
    conn.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({places})"), values)
