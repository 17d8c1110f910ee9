"""Alembic on an open connection. Opening an archive needs none of it: `versions_known`."""

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
    """Bring the schema up to `version`, or "head", in the connection's transaction.

    Views stand in the way of changes to the tables they read: they are there at the head only.
    """
    drop_views(conn)
    command.upgrade(configuration(conn), version)
    if version == "head":
        make_views(conn)


def steps(conn: Connection, before: str) -> Iterator[tuple[str, Prepare]]:
    """Yield what must be prepared in many transactions on the way from `before` to ours.

    As the version up to which the schema must be brought first, and the migration's `prepare`.
    """
    scripts = ScriptDirectory.from_config(configuration(conn))
    for script in reversed(list(scripts.iterate_revisions("head", before))):
        prepare: Prepare | None = getattr(script.module, "prepare", None)
        if prepare is not None:
            yield str(script.down_revision), prepare


def configuration(conn: Connection) -> Config:
    """Return alembic's configuration for our migrations and a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
