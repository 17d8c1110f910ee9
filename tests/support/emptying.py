"""Empty an archive, so that a test's ids start at 1."""

import sqlalchemy as sa

from storage.archive import Archive
from storage.sql.schema.core import metadata
from storage.sql.search.index import engine_of
from tests.support.samples import run
from tests.support.tagging import BECAME, UNITS


def emptied(archive: Archive) -> Archive:
    """Delete all rows, restart ids at 1, load the gazetteer and start the run."""
    engine = archive.database.engine
    with engine.begin() as conn:
        engine_of(conn).clear(conn)
        if engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in metadata.sorted_tables)
            conn.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        else:
            conn.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
            for table in metadata.sorted_tables:
                conn.execute(sa.delete(table))
            conn.execute(sa.text("DELETE FROM sqlite_sequence"))
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    archive.runs.start(run())
    return archive
