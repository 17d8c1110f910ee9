"""What the rest of the house may ask of an archive: small protocols and one opener."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from storage.model.articles import (
    ArchivedArticle,
    Arrival,
    Article,
    ArticleQuery,
    Capture,
    Refusal,
    Stored,
)
from storage.model.clusters import Cluster, ClusterQuery
from storage.model.edits import Edit, EditQuery
from storage.model.exports import ExportOrder, Manifest
from storage.model.links import Ways
from storage.model.maintenance import Copied, DatabaseBackup, Maintenance
from storage.model.operations import Alarms, Operations
from storage.model.places import Succession, Tags, Unit
from storage.model.readings import Reread, RereadQuery
from storage.model.schedule import ScheduleRows
from storage.model.search import Facets, SearchQuery, SearchResult


class Reader(Protocol):
    """Questions that change nothing."""

    def article(self, ref: str) -> ArchivedArticle:
        """Return the article with this short id or URL (any form of the URL that was stored).

        Raises NotFoundError.
        """
        ...

    def articles(self, query: ArticleQuery) -> Iterator[ArchivedArticle]:
        """Yield the articles that match, newest publication first, in constant memory."""
        ...

    def edits(self, query: EditQuery) -> Iterator[Edit]:
        """Yield the edits that match, newest first, in constant memory."""
        ...

    def reading(self, ref: str, number: int, index: int) -> Article | Refusal:
        """Return what our code once made of an article's revision, whole.

        ref: as for `article`. number: of the revision. index: in `Revision.readings`, from 0.
        Raises NotFoundError.
        """
        ...

    def export(self, order: ExportOrder) -> Manifest:
        """Write articles to a file, in constant memory; return what it holds.

        The file and its manifest appear whole or not at all. Articles that are stored meanwhile
        may be missing. Raises ExportError (disk full, no rights), UsageError (the file exists).
        """
        ...

    def seen(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that need no request.

        They are the ones with an article or a final refusal in the archive, and those that were
        not found in two captures at least a day apart.
        """
        ...

    def redacted(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that were taken down: nobody may ask for them again."""
        ...

    def refusals(self, outlet: str | None = None) -> Iterator[tuple[Capture, Refusal]]:
        """Yield stored refusals, newest capture first."""
        ...


class Search(Protocol):
    """Full text; docs/search.md says how queries read and what they cost."""

    def search(self, query: SearchQuery) -> SearchResult:
        """Return the articles that match, in the query's order, at most `query.limit`.

        Raises QueryError (a prefix that stands for too many words); ValueError for a limit that
        is not within 1 and MAX_LIMIT, or a time without a zone.
        """
        ...

    def facets(self, query: SearchQuery, top: int = 20) -> Facets:
        """Return how the matching articles spread; of each kind the `top` most frequent values.

        The query's order and limit, and one_per_cluster, do not count. Raises as `search` does.
        """
        ...


class Writer(Protocol):
    """The one way in."""

    def store(
        self,
        run_id: str,
        capture: Capture,
        result: Article | Refusal,
        aliases: tuple[str, ...] = (),
        tags: Tags | None = None,
    ) -> Stored:
        """Store one capture with what it held, in one transaction, and say what it was.

        As `store_many` with one `Arrival`.
        """
        ...

    def store_many(self, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store captures with what they held, all or none, and say what each was, in order.

        The outcome is that of storing them one by one in this order, at a fraction of the cost.
        About fifty at a time keep no other crawl waiting for long.
        Raises NotFoundError where the run, or a unit of the tags, is unknown; ValueError for a
        time without a zone or a capture without a record id.
        """
        ...


class Places(Protocol):
    """The gazetteer in the archive, and what articles say of its units."""

    def gazetteer_version(self) -> str | None:
        """Return the version of the gazetteer that was loaded last; None before the first."""
        ...

    def load_gazetteer(
        self, version: str, units: Sequence[Unit], successions: Sequence[Succession]
    ) -> None:
        """Make the gazetteer this one, in one transaction.

        Units that it lacks stay, marked as not current, and with them what is tagged with them.
        Raises ValueError where it is not whole: an id twice, or a unit that it refers to missing.
        """
        ...

    def untagged(self, version: str, limit: int) -> list[tuple[int, Article, datetime]]:
        """Return up to `limit` contents whose tags are missing or of another version.

        Each with its number, to hand to `tag`, and the time of its first capture. What is tagged
        comes no more, so asking again goes on where a killed process was; what cannot be tagged
        must be given empty tags with a note, or it comes again.
        """
        ...

    def count_untagged(self, version: str) -> int:
        """Return how many contents `untagged` would return without a limit."""
        ...

    def tag(self, tags: Mapping[int, Tags]) -> None:
        """Write the tags of contents, by number, in place of what they had, in one transaction.

        About a thousand at a time are quick and keep no crawl waiting for long. Raises
        NotFoundError for a unit that no gazetteer of this archive had.
        """
        ...

    def place_counts(self, query: ArticleQuery) -> list[tuple[str, int]]:
        """Return for each unit how many of the matching articles are about it, most first.

        The latest state counts, and `query.limit` does not. An article about two units counts for
        both; with `query.places` the others that those articles are about are counted too.
        """
        ...


class Clusters(Protocol):
    """Articles that are copies of one story; docs/clusters.md."""

    def cluster(self, ref: str) -> Cluster:
        """Return the cluster of the article with this short id or URL.

        An article without copies is alone in its own. Raises NotFoundError.
        """
        ...

    def clusters(self, query: ClusterQuery) -> Iterator[Cluster]:
        """Yield the stories with at least two articles that match, those in most outlets first.

        Among equals the one with more articles, then the newer one. Raises ValueError for a time
        without a zone.
        """
        ...


class Rereading(Protocol):
    """Captures read again by newer code of ours; docs/decisions/0006-rereadings.md."""

    def captures_to_reread(
        self, query: RereadQuery, limit: int
    ) -> list[tuple[int, Capture, Article | Refusal]]:
        """Return up to `limit` captures that another version read last, oldest capture first.

        Each with its number, to hand to `reread`, and its newest reading. What was re-read comes
        no more, so asking again goes on where a killed process was. Redacted ones never come, nor
        do those that have no record to read, or were refused without reading it.
        """
        ...

    def count_to_reread(self, query: RereadQuery) -> int:
        """Return how many captures `captures_to_reread` would return without a limit."""
        ...

    def reread(
        self, results: Sequence[tuple[int, Article | Refusal]], version: int, now: datetime
    ) -> list[Reread]:
        """Write what captures, by number, are read as by `version`, in one transaction.

        The new reading counts for the articles' states; the one before is kept. Returns what each
        led to, in order. About two hundred at a time keep no crawl waiting for long.
        Raises NotFoundError (no such capture); ValueError where a result is of another outlet or
        version than its capture and `version`.
        """
        ...


class Archive(
    Reader, Search, Writer, Places, Clusters, Rereading, Operations, Alarms, Ways, Protocol
):
    """An open archive. Use it as a context manager, or call `close`."""

    @property
    def schedule(self) -> ScheduleRows:
        """What the schedule keeps here."""
        ...

    @property
    def maintenance(self) -> Maintenance:
        """The archive's own upkeep."""
        ...

    def __enter__(self) -> Self:
        """Return the archive itself."""
        ...

    def __exit__(self, *exc: object) -> None:
        """Close the archive."""
        ...

    def close(self) -> None:
        """Release the database."""
        ...


def open_archive(url: str, *, create: bool = True, read_only: bool = False) -> Archive:
    """Open the archive at a database URL ("sqlite:///tinquan.db", "postgresql+psycopg://…").

    create: make an empty database's tables; without it an empty or missing one is an error.
    read_only: never write, whatever is asked: safe beside a crawl, and possible without rights to
    write and on a read-only mount; nothing is created then.
    Raises ArchiveError (cannot connect, no rights), SchemaError (newer, older or foreign schema).
    """
    # Inside the function, so that importing this module loads no SQLAlchemy.
    from storage.sql.archive import open_sql_archive  # noqa: PLC0415

    return open_sql_archive(url, create=create, read_only=read_only)


def upgrade_archive(
    url: str, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> tuple[str, str]:
    """Bring an archive that an older version made up to this one's schema.

    A kill leaves it as it was, or at a version between; calling it again goes on from there.
    progress: told how much of a long step is done, and of how much. Returns the schema's version
    before, and now. Raises ArchiveError, SchemaError (empty, newer or foreign).
    """
    from storage.sql.engine.connect import upgrade_schema  # noqa: PLC0415 - as above

    return upgrade_schema(url, progress)


def copy_archive(
    source: str, target: str, progress: Callable[[str, int, int], object]
) -> list[Copied]:
    """Copy an archive into an empty database, of the other kind too; return its tables.

    The copy is of one moment; crawls may go on meanwhile. Stopped, the same call goes on where it
    was. Each table is compared with the source by number and digest of its rows.
    progress: told a table's name, how many of its rows are done, and how many there are.
    Raises ArchiveError, SchemaError.
    """
    from storage.sql.maintenance.copy import copy_between  # noqa: PLC0415 - as above

    return copy_between(source, target, progress)


def backup_database(url: str, path: Path) -> DatabaseBackup:
    """Copy an archive's database into a new SQLite file at `path`, which is an archive itself.

    Of one moment, beside crawls; compared by counts, and checked to be whole. From PostgreSQL it
    is copied row by row, as `copy_archive` does. Raises ArchiveError.
    """
    from storage.sql.maintenance.backup import backup_database as back_up  # noqa: PLC0415 - as above

    return back_up(url, path)
