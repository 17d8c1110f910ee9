"""The archive on SQLite or PostgreSQL: every method is one short transaction.

Whatever goes wrong inside rolls the transaction back and comes out as an ArchiveError.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import groupby, islice
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from storage import sql_places, sql_read, sql_readings, sql_redact, sql_reread, sql_runs, sql_tags
from storage.codec import in_utc
from storage.edits import Edit, EditQuery
from storage.errors import ArchiveError
from storage.model import (
    ArchivedArticle,
    Article,
    ArticleQuery,
    Capture,
    Refusal,
    Run,
    RunCounts,
    Stored,
    Validator,
)
from storage.places import Succession, Tags, Unit
from storage.readings import Reread, RereadQuery
from storage.sql_edits import Place, edit_page
from storage.sql_errors import plain_errors
from storage.sql_maintenance import SqlMaintenance
from storage.sql_open import BUSY_SECONDS, open_engine, reading, writing
from storage.sql_read import PAGE, Position, article_page, place_groups, refusal_page
from storage.sql_store import store

_Row = TypeVar("_Row")


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


def _check_times(query: ArticleQuery | EditQuery | RereadQuery) -> None:
    for moment, what in ((query.since, "since"), (query.until, "until")):
        if moment is not None:
            in_utc(moment, what)


class SqlArchive:
    """An open archive; see the protocols in storage.archive for what each method promises."""

    def __init__(self, engine: Engine, name: str, *, read_only: bool = False) -> None:
        self._engine = engine
        self._name = name
        self._read_only = read_only

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    @property
    def maintenance(self) -> SqlMaintenance:
        """The archive's own upkeep."""
        return SqlMaintenance(self._reading, self._writing)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(self._name), reading(self._engine).begin() as conn:
            yield conn

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._read_only:
            raise ArchiveError(f"archive {self._name} was opened for reading only")
        with plain_errors(self._name), writing(self._engine).begin() as conn:
            yield conn

    def _pages(
        self,
        fetch: Callable[[Connection, Position | None, int], list[tuple[Position, _Row]]],
        size: int,
    ) -> Iterator[tuple[Position, _Row]]:
        after: Position | None = None
        while True:
            with self._reading() as conn:
                page = fetch(conn, after, size)
            yield from page
            if len(page) < size:
                return
            after = page[-1][0]

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

    # Writer

    def store(
        self,
        run_id: str,
        capture: Capture,
        result: Article | Refusal,
        aliases: tuple[str, ...] = (),
        tags: Tags | None = None,
    ) -> Stored:
        """Store one capture with what it held, in one transaction, and say what it was.

        Raises NotFoundError (no such run or unit), ArchiveBusyError, ArchiveError; ValueError for
        a time without a zone or a capture without a record id.
        """
        with self._writing() as conn:
            return store(conn, run_id, capture, result, aliases, tags)

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

    # Operations

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins. Raises ArchiveError where the id exists."""
        with self._writing() as conn:
            sql_runs.start_run(conn, run)

    def update_run(self, run_id: str, counts: RunCounts) -> None:
        """Write a running run's counts. Raises NotFoundError."""
        with self._writing() as conn:
            sql_runs.update_run(conn, run_id, counts)

    def finish_run(self, run: Run) -> None:
        """Write how a run ended. Raises NotFoundError."""
        with self._writing() as conn:
            sql_runs.finish_run(conn, run)

    def run(self, run_id: str) -> Run:
        """Return one run. Raises NotFoundError."""
        with self._reading() as conn:
            return sql_runs.load_run(conn, run_id)

    def runs(self, outlet: str | None = None, limit: int | None = None) -> list[Run]:
        """Return runs, newest first."""
        with self._reading() as conn:
            return sql_runs.load_runs(conn, outlet, limit)

    def close_dead_runs(self, is_alive: Callable[[Run], bool], now: datetime) -> list[Run]:
        """Close as DIED every open run of which `is_alive(run)` is false; return them."""
        with self._reading() as conn:
            runs = sql_runs.open_runs(conn)
        dead = [run for run in runs if not is_alive(run)]
        with self._writing() as conn:
            return sql_runs.close_runs(conn, dead, now)

    def validator(self, url: str) -> Validator | None:
        """Return what the server gave with this listing the last time, if anything."""
        with self._reading() as conn:
            return sql_runs.load_validator(conn, url)

    def save_validator(self, validator: Validator) -> None:
        """Keep a listing's validator; the caller has stored all that it linked to."""
        with self._writing() as conn:
            sql_runs.save_validator(conn, validator)
