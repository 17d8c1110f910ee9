"""Run Alembic on an open connection. Opening an archive needs only `versions_known`."""

from collections.abc import Callable, Iterator

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.sql.engine.versions import MIGRATIONS
from storage.sql.engine.views import drop_views, make_views

Progress = Callable[[int, int], object]
Prepare = Callable[[Connection, Progress], None]


def migrate(conn: Connection, version: str) -> None:
    """Upgrade the schema to `version`, or "head", in the connection's transaction.

    Views block changes to the tables they read, so they exist only at the head.
    """
    drop_views(conn)
    command.upgrade(configuration(conn), version)
    if version == "head":
        make_views(conn)


def steps(conn: Connection, before: str) -> Iterator[tuple[str, Prepare]]:
    """Yield the preparations, each of many transactions, between the version `before` and ours.

    Each is the version to which the schema must be upgraded first, and the migration's `prepare`.
    """
    scripts = ScriptDirectory.from_config(configuration(conn))
    for script in reversed(list(scripts.iterate_revisions("head", before))):
        prepare: Prepare | None = getattr(script.module, "prepare", None)
        if prepare is not None:
            yield str(script.down_revision), prepare


def configuration(conn: Connection) -> Config:
    """Return an Alembic configuration for our migrations and a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
