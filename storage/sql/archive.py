"""The archive on SQLite or PostgreSQL: every method is one short transaction.

Whatever goes wrong inside rolls the transaction back and comes out as an ArchiveError.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import groupby, islice

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import in_utc
from storage.export.files import write_export
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
from storage.model.places import Succession, Tags, Unit
from storage.model.readings import Reread, RereadQuery
from storage.model.search import Facets, SearchQuery, SearchResult
from storage.sql.archive_links import SqlWays
from storage.sql.archive_operations import SqlOperations
from storage.sql.clusters import read as sql_cluster_read
from storage.sql.clusters.cluster import with_sources
from storage.sql.engine.connect import BUSY_SECONDS, open_engine
from storage.sql.ingest import redact as sql_redact
from storage.sql.ingest import reread as sql_reread
from storage.sql.ingest.store import store_many
from storage.sql.maintenance.maintenance import SqlMaintenance
from storage.sql.places import gazetteer as sql_places
from storage.sql.places import tags as sql_tags
from storage.sql.read import articles as sql_read
from storage.sql.read import readings as sql_readings
from storage.sql.read.articles import PAGE, article_page, place_groups, refusal_page
from storage.sql.read.edits import Place, edit_page
from storage.sql.runs.schedule import SqlSchedule
from storage.sql.search import facets as sql_facets
from storage.sql.search import search as sql_search


def open_sql_archive(
    url: str,
    *,
    create: bool = True,
    read_only: bool = False,
    busy_seconds: float = BUSY_SECONDS,
) -> "SqlArchive":
    """Open the archive at a database URL; see `storage.archive.open_archive`.

    busy_seconds: how long a write waits for another process before ArchiveBusyError.
    """
    engine, name = open_engine(url, create=create, read_only=read_only, busy_seconds=busy_seconds)
    return SqlArchive(engine, name, read_only=read_only)


def _check_times(
    query: ArticleQuery | ClusterQuery | EditQuery | RereadQuery | SearchQuery,
) -> None:
    for moment, what in ((query.since, "since"), (query.until, "until")):
        if moment is not None:
            in_utc(moment, what)


class SqlArchive(SqlOperations, SqlWays):
    """An open archive; see the protocols in storage.archive for what each method promises."""

    @property
    def schedule(self) -> SqlSchedule:
        """What the schedule keeps here."""
        return SqlSchedule(self._engine, self._name, read_only=self._read_only)

    @property
    def maintenance(self) -> SqlMaintenance:
        """The archive's own upkeep."""
        return SqlMaintenance(self._reading, self._writing, self._engine, self._name)

    # Reader

    def article(self, ref: str) -> ArchivedArticle:
        """Return the article with this short id or URL. Raises NotFoundError."""
        with self._reading() as conn:
            return sql_read.load_articles(conn, [self._find(conn, ref)])[0]

    def _find(self, conn: Connection, ref: str) -> int:
        id_ = sql_read.find_id(conn, ref)
        if id_ is None:
            raise sql_redact.not_found(conn, self._name, ref)
        return id_

    def reading(self, ref: str, number: int, index: int) -> Article | Refusal:
        """Return what our code once made of an article's revision. Raises NotFoundError."""
        with self._reading() as conn:
            return sql_readings.read_as(conn, self._find(conn, ref), number, index)

    def articles(self, query: ArticleQuery) -> Iterator[ArchivedArticle]:
        """Yield the articles that match, newest publication first, then larger id first."""
        _check_times(query)
        size = PAGE if query.limit is None else max(1, min(PAGE, query.limit))
        # One ordered stream an outlet and group of places, each along its index, merged.
        fetches = [
            partial(article_page, query, outlet, places)
            for outlet in tuple(dict.fromkeys(query.outlets)) or (None,)
            for places in place_groups(query)
        ]
        streams = [self._pages(fetch, size) for fetch in fetches]
        newest = merge(*streams, key=lambda found: found[0], reverse=True)
        # An article about places of two groups comes twice, one right after the other.
        once = (next(same)[1] for _, same in groupby(newest, key=lambda found: found[0]))
        wanted = (one for one in once if one.removed_at or not query.removed)
        return islice(wanted, query.limit)

    def edits(self, query: EditQuery) -> Iterator[Edit]:
        """Yield the edits that match, newest first."""
        _check_times(query)
        after: Place | None = None
        while True:
            with self._reading() as conn:
                page = edit_page(conn, query, after, PAGE)
                ids = list(dict.fromkeys(article for _, article, _ in page))
                found = {one.id: one.revisions for one in sql_read.load_articles(conn, ids)}
            for _, id_, number in page:
                yield Edit(id_, *found[id_][number - 2 : number])
            if len(page) < PAGE:
                return
            after = page[-1]

    def export(self, order: ExportOrder) -> Manifest:
        """Write articles to a file, in constant memory; return what it holds."""
        with self._reading() as conn:
            schema = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        return write_export(self.articles(order.query), order, schema)

    def seen(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs at which an article or a final refusal is stored."""
        with self._reading() as conn:
            return sql_read.seen(conn, outlet, urls)

    def redacted(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that were taken down."""
        with self._reading() as conn:
            return sql_redact.redacted(conn, outlet, urls)

    def refusals(self, outlet: str | None = None) -> Iterator[tuple[Capture, Refusal]]:
        """Yield stored refusals, newest capture first."""
        pages = self._pages(partial(refusal_page, outlet), PAGE)
        return (refusal for _, refusal in pages)

    # Search

    def search(self, query: SearchQuery) -> SearchResult:
        """Return what a search finds. Raises QueryError; ValueError for a limit out of bounds."""
        _check_times(query)
        with self._reading() as conn:
            return sql_search.search(conn, query)

    def facets(self, query: SearchQuery, top: int = 20) -> Facets:
        """Return how what a search finds spreads. Raises QueryError."""
        _check_times(query)
        with self._reading() as conn:
            return sql_facets.count_facets(conn, query, top)

    # Writer

    def store(
        self,
        run_id: str,
        capture: Capture,
        result: Article | Refusal,
        aliases: tuple[str, ...] = (),
        tags: Tags | None = None,
    ) -> Stored:
        """Store one capture with what it held, in one transaction, and say what it was."""
        return self.store_many(run_id, [Arrival(capture, result, aliases, tags)])[0]

    def store_many(self, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store captures with what they held, all or none, and say what each was, in order."""
        with self._writing() as conn:
            return with_sources(conn, store_many(conn, run_id, arrivals))

    # Places

    def gazetteer_version(self) -> str | None:
        """Return the version of the gazetteer that was loaded last, if any."""
        with self._reading() as conn:
            return sql_places.gazetteer_version(conn)

    def load_gazetteer(
        self, version: str, units: Sequence[Unit], successions: Sequence[Succession]
    ) -> None:
        """Make the gazetteer this one. Raises ValueError where it is not whole."""
        with self._writing() as conn:
            sql_places.load_gazetteer(conn, version, units, successions)

    def untagged(self, version: str, limit: int) -> list[tuple[int, Article, datetime]]:
        """Return up to `limit` contents whose tags are missing or of another version."""
        with self._reading() as conn:
            return sql_tags.untagged(conn, version, limit)

    def count_untagged(self, version: str) -> int:
        """Return how many contents have no tags of this version."""
        with self._reading() as conn:
            return sql_tags.count_untagged(conn, version)

    def tag(self, tags: Mapping[int, Tags]) -> None:
        """Write the tags of contents. Raises NotFoundError for an unknown unit."""
        with self._writing() as conn:
            sql_tags.tag(conn, tags)

    def place_counts(self, query: ArticleQuery) -> list[tuple[str, int]]:
        """Return for each unit how many of the matching articles are about it, most first."""
        _check_times(query)
        with self._reading() as conn:
            return sql_places.place_counts(conn, query)

    # Clusters

    def cluster(self, ref: str) -> Cluster:
        """Return the cluster of one article. Raises NotFoundError."""
        with self._reading() as conn:
            return sql_cluster_read.load_clusters(conn, [self._find(conn, ref)])[0]

    def clusters(self, query: ClusterQuery) -> Iterator[Cluster]:
        """Yield the stories that match, those in most outlets first."""
        _check_times(query)
        with self._reading() as conn:
            sources = sql_cluster_read.most_reprinted(conn, query)
        return self._clusters(sources)

    def _clusters(self, sources: Sequence[int]) -> Iterator[Cluster]:
        for start in range(0, len(sources), PAGE):
            with self._reading() as conn:
                page = sql_cluster_read.load_clusters(conn, sources[start : start + PAGE])
            yield from page

    # Rereading

    def captures_to_reread(
        self, query: RereadQuery, limit: int
    ) -> list[tuple[int, Capture, Article | Refusal]]:
        """Return up to `limit` captures that another version read last, oldest capture first."""
        _check_times(query)
        with self._reading() as conn:
            found = sql_readings.to_reread(conn, query, limit)
        return [(one.id, one.capture, one.result) for one in found]

    def count_to_reread(self, query: RereadQuery) -> int:
        """Return how many captures another version read last."""
        _check_times(query)
        with self._reading() as conn:
            return sql_readings.count_to_reread(conn, query)

    def reread(
        self, results: Sequence[tuple[int, Article | Refusal]], version: int, now: datetime
    ) -> list[Reread]:
        """Write what captures are read as by `version`; return what each led to."""
        with self._writing() as conn:
            return sql_reread.reread(conn, results, version, now)
