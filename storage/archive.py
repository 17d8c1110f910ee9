"""An archive: one object of thirteen parts, and the functions that open, upgrade and copy one.

Nothing here loads SQLAlchemy before an archive is opened, so that a command which needs none
starts at once.
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
    """Return an attribute that imports its class when it is first asked for."""
    return cached_property(lambda archive: getattr(import_module(module), name)(archive.database))


class Archive:
    """An open archive, in thirteen parts. Use it as a context manager, or call `close`.

    Every method of a part is one short transaction; whatever goes wrong inside rolls it back and
    comes out as an ArchiveError. A part is imported when it is first asked for, so that a question
    does not wait for the code that stores.
    """

    articles: "Articles" = _part("storage.sql.articles", "Articles")
    """What outlets published, read and stored."""
    search: "Search" = _part("storage.sql.fulltext", "Search")
    """Full text."""
    clusters: "Clusters" = _part("storage.sql.clusters.clusters", "Clusters")
    """Copies of one story."""
    places: "Places" = _part("storage.sql.places.places", "Places")
    """The gazetteer, and what articles are about."""
    captures: "Captures" = _part("storage.sql.captures", "Captures")
    """Recorded responses."""
    runs: "Runs" = _part("storage.sql.runs.runs", "Runs")
    """Crawls."""
    links: "Links" = _part("storage.sql.runs.links", "Links")
    """What listings named."""
    alarms: "Alarms" = _part("storage.sql.runs.alarms", "Alarms")
    """What is wrong, and since when."""
    schedule: "Schedule" = _part("storage.sql.runs.schedule", "Schedule")
    """What the schedule keeps."""
    machines: "Machines" = _part("storage.sql.runs.machines", "Machines")
    """Which machines run the schedule."""
    locks: "Locks" = _part("storage.sql.runs.locks", "Locks")
    """Who works on what, where several machines share the archive."""
    watches: "Watches" = _part("storage.sql.watches.watches", "Watches")
    """What arrived since, and who is told of it."""
    maintenance: "Maintenance" = _part("storage.sql.maintenance.maintenance", "Maintenance")
    """The archive's own upkeep."""

    def __init__(self, database: "Database") -> None:
        """Take the open database; `database` is also for statements of one's own."""
        self.database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
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

    create: make an empty database's tables; without it an empty or missing one is an error.
    read_only: never write, whatever is asked: safe beside a crawl, and possible without rights to
    write and on a read-only mount; nothing is created then.
    busy_seconds: how long a write waits for another process before ArchiveBusyError.
    query_seconds: how long a question of a read-only archive may take before SlowQueryError (on
    SQLite all statements of one transaction, on PostgreSQL each); None: as long as it takes.
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
    """Import all that an archive imports when it is opened and asked, but for what upgrades it.

    For a process from which others are forked: they find it imported.
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
    """Bring an archive that an older version made up to this one's schema.

    A kill leaves it as it was, or at a version between; calling it again goes on from there.
    progress: called with how much of a long step is done, and of how much. Returns the schema's
    version before, and now. Raises ArchiveError, SchemaError (empty, newer or foreign).
    """
    from storage.sql.engine.connect import upgrade_schema

    return upgrade_schema(url, progress)


def database_bytes(url: str) -> int:
    """Return how many bytes an archive takes in its database. Raises ArchiveError."""
    from storage.sql.engine.connect import database_bytes as measured

    return measured(url)


def copy_archive(
    source: str, target: str, progress: Callable[[str, int, int], object]
) -> list[Copied]:
    """Copy an archive into an empty database, of the other kind too; return its tables.

    The copy is of one moment; crawls may go on meanwhile. Stopped, the same call goes on where it
    was. Each table is compared with the source by number and digest of its rows.
    progress: called with a table's name, how many of its rows are done, and how many there are.
    Raises ArchiveError, SchemaError.
    """
    from storage.sql.maintenance.copy import copy_between

    return copy_between(source, target, progress)


def backup_database(url: str, path: Path) -> DatabaseBackup:
    """Copy an archive's database into a new SQLite file at `path`, which is an archive itself.

    Of one moment, beside crawls; compared by counts, and checked to be whole. From PostgreSQL it
    is copied row by row, as `copy_archive` does. Raises ArchiveError.
    """
    from storage.sql.maintenance.backup import backup_database as back_up

    return back_up(url, path)
