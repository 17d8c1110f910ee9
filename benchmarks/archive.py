"""The archive: writing through it compared with raw sqlite3, and several writers at once.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.archive writing [ARTICLES [ROUNDS]]
    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.archive writers [ARTICLES [WRITERS]]

writing: articles of the corpus are stored by fifty per transaction; the same rows are then inserted
by sqlite3's executemany into an empty archive with the same tables and indexes, as many per commit.
The two are interleaved; the ratio is raw time by archive time, wall clock and CPU.
"""

import gc
import gzip
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import event

from benchmarks.extract import SHARED
from storage.archive import Archive, open_archive
from storage.model.articles import Arrival, Article, Block, Capture, Extraction
from storage.model.runs import Run

BATCH = 50
T0 = datetime(2026, 1, 1, tzinfo=UTC)
CORPUS = SHARED / "corpus/vietnews-20k.jsonl.gz"

Statement = tuple[str, Sequence[Any]]
"""A statement with its rows of parameters."""


def arrivals(count: int, outlet: str = "vietnews", mark: str = "") -> Iterator[Arrival]:
    """Yield articles of the corpus as arrivals; mark: appended to each text."""
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(islice(lines, count)):
            row = json.loads(line)
            url = f"https://{outlet}.vn/bai-viet-{number}.html"
            blocks = tuple(Block("paragraph", text) for text in row["body"].split("\n"))
            article = Article(
                outlet=outlet,
                url=url,
                title=row["title"],
                blocks=(*blocks, Block("paragraph", mark)) if mark else blocks,
                extraction=Extraction("generic", "page", "page", 1),
                article_id=str(number),
                sapo=row["sapo"],
                published_at=T0 + timedelta(minutes=number),
            )
            at = T0 + timedelta(days=400 if mark else 300, seconds=number)
            id_ = f"<urn:uuid:{outlet}-{number}-{mark}>"
            capture = Capture(url, at, 200, "a/b.warc.gz", 9000 * number, id_, f"sha1:{id_}")
            yield Arrival(capture, article, (f"{url}?ref=home",))


def in_batches(items: Sequence[Arrival]) -> list[Sequence[Arrival]]:
    return [items[at : at + BATCH] for at in range(0, len(items), BATCH)]


def opened(path: Path, outlet: str = "vietnews") -> Archive:
    """Return an archive with a run."""
    archive = open_archive(f"sqlite:///{path}")
    archive.runs.start(Run(outlet, outlet, T0))
    return archive


def store(archive: Archive, items: Sequence[Arrival]) -> None:
    for batch in in_batches(items):
        archive.articles.store_many("vietnews", batch)


def rows_written(path: Path, items: Sequence[Arrival]) -> list[list[Statement]]:
    """Return the INSERTs that storing `items` executes, by transaction."""
    written: list[list[Statement]] = []

    def record(_c: Any, _cur: Any, text: str, parameters: Any, _x: Any, many: bool) -> None:
        if text.startswith("INSERT") and " SELECT " not in text.replace("\n", " "):
            written[-1].append((text, parameters if many else [parameters]))

    with opened(path) as archive:
        event.listen(archive.database.engine, "before_cursor_execute", record)
        for batch in in_batches(items):
            written.append([])
            archive.articles.store_many("vietnews", batch)
    return written


def write_raw(path: Path, written: Sequence[Sequence[Statement]]) -> None:
    """Insert these rows with sqlite3 alone into an archive without rows."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for transaction in written:
        connection.execute("BEGIN IMMEDIATE")
        for text, rows in transaction:
            connection.executemany(text, rows)
        connection.execute("COMMIT")
    connection.close()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall clock and the CPU time of `work`, in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _through(path: Path, count: int) -> tuple[float, float]:
    """Return the times of storing, in a process without the rows that the benchmark holds."""
    items = list(arrivals(count))
    gc.freeze()
    with opened(path) as archive:
        return timed(lambda: store(archive, items))


def writing(count: int = 10_000, rounds: int = 3) -> None:
    """Print articles per second through the archive and raw, and their ratio."""
    items = list(arrivals(count))
    with tempfile.TemporaryDirectory() as name:
        written = rows_written(Path(name) / "record.db", items)
        gc.freeze()  # the garbage collector must not scan the recorded rows
        tables = sorted({text.split()[2] for transaction in written for text, _ in transaction})
        print(f"{count} articles, {BATCH} a commit, rows of {', '.join(tables)}")
        ratios = []
        for number in range(rounds):
            folder = Path(name) / str(number)
            folder.mkdir()
            with get_context("spawn").Pool(1) as pool:
                through = pool.apply(_through, (folder / "through.db", count))
            opened(folder / "raw.db").close()
            raw = timed(partial(write_raw, folder / "raw.db", written))
            shutil.rmtree(folder)
            ratios.append((raw[0] / through[0], raw[1] / through[1]))
            print(
                f"through {count / through[0]:7.0f}/s   raw {count / raw[0]:7.0f}/s"
                f"   ratio {ratios[-1][0]:.2f}   CPU {ratios[-1][1]:.2f}"
            )
        print(f"median ratio {median(r[0] for r in ratios):.2f}", end="   ")
        print(f"CPU {median(r[1] for r in ratios):.2f}")
        again(Path(name) / "again.db", items)


def again(path: Path, items: Sequence[Arrival]) -> None:
    """Print articles per second when stored again: the same captures, then with another text."""
    with opened(path) as archive:
        store(archive, items)
    edited = list(arrivals(len(items), mark="sửa"))
    for name, repeated in (("known captures", items), ("revised", edited)):
        with open_archive(f"sqlite:///{path}") as archive:
            wall, _ = timed(partial(store, archive, repeated))
        print(f"{name:16}{len(items) / wall:7.0f}/s")


def _write(path: Path, outlet: str, count: int) -> int:
    items = list(arrivals(count, outlet))
    with opened(path, outlet) as archive:
        for batch in in_batches(items):
            archive.articles.store_many(outlet, batch)
    return count


def writers(count: int = 2000, number: int = 4) -> None:
    """Print the speed of several processes that write at once, and whether a row is missing."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "writers.db"
        jobs = [(path, f"outlet{index}", count) for index in range(number)]
        start = time.perf_counter()
        with get_context("spawn").Pool(number) as pool:
            pool.starmap(_write, jobs)  # raises the error of any
        wall = time.perf_counter() - start
        with sqlite3.connect(path) as connection:
            found = connection.execute("SELECT count(*) FROM revisions").fetchone()[0]
            broken = connection.execute("PRAGMA integrity_check").fetchone()[0]
        print(
            f"{number} writers of {count}: {found} of {number * count} there, integrity {broken},"
            f" {found / wall:.0f}/s"
        )


if __name__ == "__main__":
    {"writing": writing, "writers": writers}[sys.argv[1]](*map(int, sys.argv[2:]))
