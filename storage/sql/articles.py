"""`archive.articles`: read and store articles and refusals."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import islice

import sqlalchemy as sa

from storage.codec.articles import check_window
from storage.export.files import write_export
from storage.model.articles import (
    ArchivedArticle,
    Arrival,
    Article,
    ArticleQuery,
    Capture,
    Refusal,
    RefusalQuery,
    RefusalReason,
    Stored,
)
from storage.model.edits import Edit, EditQuery
from storage.model.exports import ExportOrder, Manifest
from storage.model.places import Tags
from storage.sql.engine.transactions import PageCursor, Part
from storage.sql.read.article_pages import article_page
from storage.sql.read.articles import (
    HELD,
    PAGE,
    count_refusals,
    load_articles,
    load_revisions,
    redacted,
    refusal_page,
    seen,
)
from storage.sql.read.counts import count_articles, position_of
from storage.sql.read.edits import EDITS, EditCursor, count_edits, edit_page, removal_page
from storage.sql.read.readings import read_as
from storage.sql.read.refs import existing_id
from storage.sql.schema.core import articles, captures, keys, outlets, refusals, runs
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.places import gazetteer
from storage.sql.schema.runs import alarms
from storage.sql.schema.types import id_key, in_parts
from storage.sql.search.search import found_page


class Articles(Part):
    """The articles of all outlets, each with all its revisions."""

    def get(self, ref: str) -> ArchivedArticle:
        """Return the article with this short id or URL (any URL that is stored for it).

        Raises NotFoundError.
        """
        with self._database.reading() as conn:
            return load_articles(conn, [existing_id(conn, self._database.name, ref)])[0]

    def find(
        self, query: ArticleQuery, after: PageCursor | None = None
    ) -> Iterator[ArchivedArticle]:
        """Yield the articles that match, newest publication first, in constant memory.

        after: `sort_at` and id of the article after which to start.
        Raises ValueError for a time without a zone.
        """
        check_window(query)
        size = PAGE if query.limit is None else max(1, min(PAGE, query.limit))
        # One stream per outlet, ordered by the outlet's index, merged.
        fetches = [
            partial(article_page, query, outlet)
            for outlet in tuple(dict.fromkeys(query.outlets)) or (None,)
        ]
        start, skipped = after, query.offset
        if query.offset and not query.removed:
            with self._database.reading() as conn:
                start, skipped = position_of(conn, query), 0
            if start is None:
                return iter(())
        streams = [self._database.pages(fetch, size, start) for fetch in fetches]
        newest = merge(*streams, key=lambda found: found[0], reverse=True)
        wanted = (article for _, article in newest if article.removed_at or not query.removed)
        end = None if query.limit is None else skipped + query.limit
        return islice(wanted, skipped, end)

    def count(self, query: ArticleQuery) -> int:
        """Return how many articles match, whatever the query's limit and offset.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return count_articles(conn, query)

    def edits(self, query: EditQuery) -> Iterator[Edit]:
        """Yield the edits that match, newest first, in constant memory.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        size = EDITS if query.limit is None else max(1, min(EDITS, query.limit))
        return islice(self._edits(query, size), query.limit)

    def _edits(self, query: EditQuery, size: int) -> Iterator[Edit]:
        after: EditCursor | None = None
        while True:
            with self._database.reading() as conn:
                page = edit_page(conn, query, after, size)
                ids = list(dict.fromkeys(article for _, article, _ in page))
                found = load_revisions(conn, ids)
            for _, id_, number in page:
                yield Edit(id_, *found[id_][number - 2 : number])
            if len(page) < size:
                return
            after = page[-1]

    def removals(self, query: EditQuery) -> list[ArchivedArticle]:
        """Return the articles whose pages were found removed, the latest removal first.

        query: its bounds are on when the removal was noticed; `since` and `limit` are required.
        Raises ValueError for a time without a zone, or a query without `since` or `limit`.
        """
        check_window(query)
        if query.since is None or query.limit is None:
            raise ValueError("a query for removals needs `since` and `limit`")
        with self._database.reading() as conn:
            return load_articles(conn, removal_page(conn, query))

    def count_edits(self, query: EditQuery) -> int:
        """Return how many edits match, whatever the query's limit and offset.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return count_edits(conn, query)

    def reading(self, ref: str, number: int, index: int) -> Article | Refusal:
        """Return an earlier reading of an article's revision: what our code once extracted.

        ref: as for `get`. number: of the revision. index: in `Revision.readings`, from 0.
        Raises NotFoundError.
        """
        with self._database.reading() as conn:
            return read_as(conn, existing_id(conn, self._database.name, ref), number, index)

    def refusals(self, query: RefusalQuery = RefusalQuery()) -> Iterator[tuple[Capture, Refusal]]:  # noqa: B008 - frozen
        """Yield the refusals that match, newest capture first, in constant memory.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        pages = self._database.pages(partial(refusal_page, query), PAGE)
        return (refusal for _, refusal in pages)

    def count_refusals(self, query: RefusalQuery) -> int:
        """Return how many refusals match. Raises ValueError for a time without a zone."""
        check_window(query)
        with self._database.reading() as conn:
            return count_refusals(conn, query)

    def export(self, order: ExportOrder) -> Manifest:
        """Write articles to a file, in constant memory; return its manifest.

        The file and its manifest appear whole or not at all. Articles stored meanwhile may be
        missing. Raises ExportError (disk full, no permission), UsageError (the file exists).
        """
        with self._database.reading() as conn:
            schema = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        return write_export(self._exported(order), order, schema)

    def _exported(self, order: ExportOrder) -> Iterator[ArchivedArticle]:
        if isinstance(order.query, ArticleQuery):
            return self.find(order.query)
        check_window(order.query)
        pages = self._database.pages(partial(found_page, order.query), PAGE)
        found = (article for _, article in pages if article.removed_at or not order.removed)
        return islice(found, order.limit)

    def seen(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that need no request.

        They are the URLs with a stored article, and those that were given up: because refusals at
        least a day apart agree that there is none (`RefusalReason.can_settle`), or by one final
        refusal (`Arrival.is_final`, a takedown).
        """
        with self._database.reading() as conn:
            return seen(conn, outlet, urls)

    def seen_ids(self, outlet: str, ids: list[str]) -> set[str]:
        """Return those of the outlet's ids under which an article is stored."""
        wanted = {id_key(value): value for value in ids}
        found: set[str] = set()
        with self._database.reading() as conn:
            for part in in_parts(list(wanted)):
                query = (
                    sa.select(keys.c.key)
                    .select_from(keys.join(articles))
                    .where(keys.c.outlet == outlet, keys.c.key.in_(part), HELD)
                )
                found.update(wanted[key] for key in conn.execute(query).scalars())
        return found

    def redacted(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that were taken down: they must not be requested again."""
        with self._database.reading() as conn:
            return redacted(conn, outlet, urls)

    def store(
        self,
        run_id: str,
        capture: Capture,
        result: Article | Refusal,
        aliases: tuple[str, ...] = (),
        tags: Tags | None = None,
        *,
        is_final: bool = False,
    ) -> Stored:
        """Store one capture with its result: `store_many` with one `Arrival`."""
        return self.store_many(run_id, [Arrival(capture, result, aliases, tags, is_final)])[0]

    def store_many(self, run_id: str, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store captures with their results, all or none; return each one's outcome, in order.

        The outcome is the same as for storing them one by one in this order, at a fraction of the
        cost. About fifty per call keep no other crawl waiting for long.
        Raises NotFoundError where the run, or a unit of the tags, is unknown; ValueError for a
        time without a zone or a capture without a record id.
        """
        # Imported here: they import numpy, which no query needs.
        from storage.sql.clusters.cluster import with_sources  # noqa: PLC0415
        from storage.sql.ingest.store import store_many  # noqa: PLC0415

        with self._database.writing() as conn:
            return with_sources(conn, store_many(conn, run_id, arrivals))

    def count_by_outlet(self, since: datetime, until: datetime) -> dict[str, int]:
        """Return how many articles of each outlet were published in [since, until)."""
        query = sa.select(articles.c.outlet, sa.func.count()).where(
            articles.c.sort_at >= since, articles.c.sort_at < until
        )
        with self._database.reading() as conn:
            return {row[0]: row[1] for row in conn.execute(query.group_by(articles.c.outlet))}

    def newest_by_outlet(self, until: datetime) -> dict[str, datetime]:
        """Return the publication time of each outlet's newest article before `until`."""
        # One index lookup per outlet; GROUP BY would read the whole index.
        newest = (
            sa.select(sa.func.max(articles.c.sort_at))
            .where(articles.c.outlet == outlets.c.slug, articles.c.sort_at < until)
            .correlate(outlets)
            .scalar_subquery()
        )
        with self._database.reading() as conn:
            rows = conn.execute(sa.select(outlets.c.slug, newest))
            return {row[0]: row[1] for row in rows if row[1] is not None}

    def refusal_counts(self, outlet: str, since: datetime) -> dict[RefusalReason, int]:
        """Return the number of an outlet's refusals since then by reason, most frequent first."""
        query = (
            sa.select(refusals.c.reason, sa.func.count())
            .where(refusals.c.outlet == outlet, refusals.c.captured_at >= since)
            .group_by(refusals.c.reason)
        )
        with self._database.reading() as conn:
            counts = {RefusalReason(row[0]): row[1] for row in conn.execute(query)}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def stamp(self) -> str:
        """Return a cache key that changes with captures, takedowns, the gazetteer, runs and alarms.

        Reading or tagging stored captures again does not change it.
        """
        newest = (
            sa.select(sa.func.max(captures.c.id)).scalar_subquery(),
            sa.select(sa.func.max(redactions.c.id)).scalar_subquery(),
            sa.select(gazetteer.c.version).limit(1).scalar_subquery(),
        )
        open_alarms = sa.select(sa.func.count(), sa.func.max(alarms.c.id))
        open_alarms = open_alarms.where(alarms.c.closed_at.is_(None))
        run = sa.select(runs.c.id, runs.c.outcome, runs.c.fetched)
        run = run.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(1)
        with self._database.reading() as conn:
            found = [*conn.execute(sa.select(*newest)).one(), *conn.execute(open_alarms).one()]
            return repr((*found, *(conn.execute(run).first() or ())))
