"""A database opened, and the parts of an archive made on it."""

from storage.archive import Archive
from storage.sql.articles import Articles
from storage.sql.captures import Captures
from storage.sql.clusters.clusters import Clusters
from storage.sql.engine.connect import open_engine
from storage.sql.engine.transactions import Database
from storage.sql.fulltext import Search
from storage.sql.maintenance.maintenance import Maintenance
from storage.sql.places.places import Places
from storage.sql.runs.alarms import Alarms
from storage.sql.runs.links import Links
from storage.sql.runs.runs import Runs
from storage.sql.runs.schedule import Schedule


def assemble(url: str, *, create: bool, read_only: bool, busy_seconds: float) -> Archive:
    """Open the archive at a database URL; `storage.archive.open_archive` says how."""
    engine, name = open_engine(url, create=create, read_only=read_only, busy_seconds=busy_seconds)
    database = Database(engine, name, read_only=read_only)
    return Archive(
        articles=Articles(database),
        search=Search(database),
        clusters=Clusters(database),
        places=Places(database),
        captures=Captures(database),
        runs=Runs(database),
        links=Links(database),
        alarms=Alarms(database),
        schedule=Schedule(database),
        maintenance=Maintenance(database),
        database=database,
    )
