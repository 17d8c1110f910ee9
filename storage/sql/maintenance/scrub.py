"""After a takedown: what was deleted leaves the database's own files too, as far as it lets us.

SQLite overwrites deleted rows (`secure_delete`, storage.sql.engine.connect), but in the -wal file
first, and its full-text index keeps the words of a deleted article until the parts that hold them
are merged. PostgreSQL keeps deleted rows until VACUUM, and then their bytes until the space is
used again.
"""

from sqlalchemy import Connection, Engine

from storage.sql.engine.connect import writing
from storage.sql.schema.clusters import common_hashes
from storage.sql.schema.core import metadata
from storage.sql.schema.search import search_documents

_PAGES = 2000  # of the full-text index a step: 0.4 s, so that no crawl waits longer


def scrub(engine: Engine) -> bool:
    """Clear deleted rows out of the files; return False where readers kept us from it."""
    if engine.dialect.name == "sqlite":
        _merge_index(engine)
        return _checkpoint(engine)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        tables = (*sorted(metadata.tables), search_documents.name, common_hashes.name)
        watched = _is_watched(conn)
        conn.exec_driver_sql(f"VACUUM {', '.join(tables)}")
        return not (watched or _is_watched(conn))


def _merge_index(engine: Engine) -> None:
    """Make the full-text index of one part: https://www.sqlite.org/fts5.html#the_merge_command."""
    pages, done = -_PAGES, False  # negative to begin with: all parts take part
    while not done:
        with writing(engine).begin() as conn:
            before = _changes(conn)
            command = "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)"
            conn.exec_driver_sql(command, (pages,))
            done = _changes(conn) - before < 2
        pages = _PAGES


def _changes(conn: Connection) -> int:
    return int(conn.exec_driver_sql("SELECT total_changes()").scalar_one())


def _checkpoint(engine: Engine) -> bool:
    with engine.execution_options(alone=True).connect() as conn:
        busy = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return not busy


def _is_watched(conn: Connection) -> bool:
    """True where a transaction began before now, which may still see what was deleted."""
    older = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid() LIMIT 1"
    )
    return conn.exec_driver_sql(older).first() is not None
