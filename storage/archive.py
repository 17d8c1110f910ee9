"""The `Archive` class, and the functions that open, upgrade, copy and back up an archive.

SQLAlchemy is not imported before an archive is opened, so that commands which need no archive
start fast.
"""

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from storage.model.maintenance import Copied, DatabaseBackup
from storage.sql.engine import BUSY_SECONDS

if TYPE_CHECKING:
    from storage.sql.articles import Articles
    from storage.sql.captures import Captures
    from storage.sql.clusters.clusters import Clusters
    from storage.sql.engine.transactions import Database
    from storage.sql.fulltext import Search
    from storage.sql.maintenance.maintenance import Maintenance
    from storage.sql.places.places import Places
    from storage.sql.runs.alarms import Alarms
    from storage.sql.runs.links import Links
    from storage.sql.runs.locks import Locks
    from storage.sql.runs.machines import Machines
    from storage.sql.runs.runs import Runs
    from storage.sql.runs.schedule import Schedule
    from storage.sql.watches.watches import Watches


def _part(module: str, name: str) -> Any:
    """Return a cached property that imports its class on first access."""
    return cached_property(lambda archive: getattr(import_module(module), name)(archive.database))


class Archive:
    """An open archive, in thirteen parts. Use it as a context manager, or call `close`.

    Every method of a part is one short transaction; a failure rolls it back and raises an
    ArchiveError. A part is imported on first access, so that a query does not load the code that
    writes.
    """

    articles: "Articles" = _part("storage.sql.articles", "Articles")
    """Stored articles, their revisions and refusals."""
    search: "Search" = _part("storage.sql.fulltext", "Search")
    """Full-text search."""
    clusters: "Clusters" = _part("storage.sql.clusters.clusters", "Clusters")
    """Clusters of copies and updates of one story."""
    places: "Places" = _part("storage.sql.places.places", "Places")
    """The gazetteer, and the places that articles are about."""
    captures: "Captures" = _part("storage.sql.captures", "Captures")
    """Recorded responses, each with its WARC record."""
    runs: "Runs" = _part("storage.sql.runs.runs", "Runs")
    """Crawl runs and their counts."""
    links: "Links" = _part("storage.sql.runs.links", "Links")
    """Links found in listings, and the progress of backfills."""
    alarms: "Alarms" = _part("storage.sql.runs.alarms", "Alarms")
    """Open and closed alarms."""
    schedule: "Schedule" = _part("storage.sql.runs.schedule", "Schedule")
    """Runs of maintenance jobs, and articles that are due for a recheck."""
    machines: "Machines" = _part("storage.sql.runs.machines", "Machines")
    """The machines that run the schedule."""
    locks: "Locks" = _part("storage.sql.runs.locks", "Locks")
    """Named locks between the processes and machines that share the archive."""
    watches: "Watches" = _part("storage.sql.watches.watches", "Watches")
    """Cursors of watches, their digests and deliveries."""
    maintenance: "Maintenance" = _part("storage.sql.maintenance.maintenance", "Maintenance")
    """Checks, statistics, takedowns and other upkeep."""

    def __init__(self, database: "Database") -> None:
        """Wrap an open database; callers may run statements of their own on `database`."""
        self.database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database connections."""
        self.database.close()


def open_archive(
    url: str,
    *,
    create: bool = True,
    read_only: bool = False,
    busy_seconds: float = BUSY_SECONDS,
    query_seconds: float | None = None,
) -> Archive:
    """Open the archive at a database URL ("sqlite:///tinquan.db", "postgresql+psycopg://…").

    create: create the tables of an empty or missing database; without it that is an error.
    read_only: never write or create anything; works beside a crawl, without write permission and
    on a read-only mount.
    busy_seconds: how long a write waits for another process before it raises ArchiveBusyError.
    query_seconds: how long a query of a read-only archive may take before it raises
    SlowQueryError (SQLite counts all statements of a transaction, PostgreSQL each one); None for
    no limit.
    Raises ArchiveError (cannot connect, no rights), SchemaError (newer, older or foreign schema).
    """
    from storage.sql.engine.connect import open_engine
    from storage.sql.engine.transactions import Database

    engine, name = open_engine(
        url,
        create=create,
        read_only=read_only,
        busy_seconds=busy_seconds,
        query_seconds=query_seconds,
    )
    return Archive(Database(engine, name, read_only=read_only))


def preload() -> None:
    """Import what a crawl needs to open, read and write an archive, except migrations.

    A process that forks workers calls this first, so that they need not import it again.
    """
    for part in _PARTS:
        import_module(f"storage.sql.{part}")


_PARTS = (
    "articles",
    "captures",
    "engine.connect",
    "engine.transactions",
    "ingest.store",
    "places.places",
    "runs.links",
    "runs.locks",
    "runs.runs",
    "runs.schedule",
)


def upgrade_archive(
    url: str, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> tuple[str, str]:
    """Upgrade an archive of an older version to the current schema.

    If the process is killed, the archive has the old version or one in between; a second call
    continues from there. progress: called during a long step with how much is done and the total.
    Returns the schema's version before and after. Raises ArchiveError, SchemaError (empty, newer
    or foreign).
    """
    from storage.sql.engine.connect import upgrade_schema

    return upgrade_schema(url, progress)


def database_bytes(url: str) -> int:
    """Return the size of an archive's database in bytes. Raises ArchiveError."""
    from storage.sql.engine.connect import database_bytes as measured

    return measured(url)


def copy_archive(
    source: str, target: str, progress: Callable[[str, int, int], object]
) -> list[Copied]:
    """Copy an archive into an empty database, on the same or the other backend; return its tables.

    The copy is a consistent snapshot; crawls may continue meanwhile. If it is interrupted, the same
    call starts it over. Each table is compared with the source by row count and digest.
    progress: called with a table's name, its rows copied so far, and their total.
    Raises ArchiveError, SchemaError.
    """
    from storage.sql.maintenance.copy import copy_between

    return copy_between(source, target, progress)


def backup_database(url: str, path: Path) -> DatabaseBackup:
    """Copy an archive's database into a new SQLite file at `path`, itself an archive.

    The backup is a consistent snapshot, may run beside crawls, and is verified by row counts and an
    integrity check. From PostgreSQL it is copied row by row, as in `copy_archive`. Raises
    ArchiveError.
    """
    from storage.sql.maintenance.backup import backup_database as back_up

    return back_up(url, path)
