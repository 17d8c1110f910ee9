"""kill -9 at random moments of a write-heavy run; afterwards nothing is missing or half-written.

    .venv/bin/python -m benchmarks.kills URL [KILLS [SEED]]

URL: of an empty database. A child stores invented captures (new, edited, seen again, refused, two
articles that turn out to be one) in batches of random size, and is killed; after each kill the
archive is checked, and another child goes on, a hundred captures before the end of what is there.
At last the content must be that
of an archive, in a SQLite file, in which the same was stored undisturbed.
"""

import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from storage.model import (
    Arrival,
    Article,
    ArticleQuery,
    Block,
    Capture,
    Extraction,
    Refusal,
    RefusalReason,
)
from storage.runs import Outcome, Run
from storage.sql import SqlArchive, open_sql_archive

T0 = datetime(2026, 1, 1, tzinfo=UTC)
PER_KILL = 250  # captures; a child stores about so many in its mean life
LIFE_SECONDS = 0.5
OUTLETS = ("baothu", "baokhac")


def arrivals(random: Random, count: int) -> list[Arrival]:
    """Return captures of a thousand articles, in no order of time."""
    return [_arrival(random, index) for index in range(count)]


def _arrival(random: Random, index: int) -> Arrival:
    number, outlet = random.randrange(1000), random.choice(OUTLETS)
    slug = random.choice(["cau-moi", "cau-moi", "cau-da-thong-xe"])
    url = f"https://{outlet}.vn/{slug}-{number}.html"
    at = T0 + timedelta(minutes=random.randrange(100_000))
    capture = Capture(url, at, 200, f"{outlet}/1.warc.gz", index, f"<urn:{index}>", f"sha1:{index}")
    if random.random() < 0.1:
        reason = random.choice([RefusalReason.NOT_FOUND, RefusalReason.EMPTY])
        return Arrival(capture, Refusal(outlet, url, reason, "invented"))
    text = f"Đoạn văn số {random.randrange(3)} về cây cầu {number}. " * 40
    article = Article(
        outlet=outlet,
        url=url,
        title=f"Cầu số {number}",
        blocks=(Block("paragraph", text),),
        extraction=Extraction("epi", "2024", "subtree", 1),
        article_id=str(number) if random.random() < 0.7 else None,
        published_at=T0 + timedelta(minutes=number),
    )
    return Arrival(capture, article, (f"{url}?ref=home",))


def store_all(url: str, items: Sequence[Arrival], seed: int) -> None:
    """Store what is missing in batches of random size, as a run of its own."""
    random = Random(seed)
    with open_sql_archive(url) as archive:
        run = Run(f"run-{seed}-{time.time_ns()}", OUTLETS[0], T0)
        archive.start_run(run)
        with archive._engine.connect() as conn:
            there = conn.execute(sa.text("SELECT count(*) FROM captures")).scalar_one()
        done = max(0, there - 100)
        while done < len(items):
            size = random.randint(1, 60)
            archive.store_many(run.id, items[done : done + size])
            done += size
        archive.finish_run(replace(run, ended_at=T0, outcome=Outcome.DONE))


def killed(url: str, items: Sequence[Arrival], seed: int, seconds: float) -> bool:
    """Let a child store, and kill it after so many seconds; return whether it was not done yet."""
    child = os.fork()  # at once at work: to start Python anew takes longer than to store
    if not child:
        try:
            store_all(url, items, seed)
            os._exit(0)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("a child failed by itself")
    return os.WIFSIGNALED(status)


def content(archive: SqlArchive) -> Counter[str]:
    """Return what an archive says, without its numbers."""
    said = Counter(
        repr(
            [
                (r.article, r.first_seen_at, r.last_seen_at, r.changed, r.capture)
                for r in a.revisions
            ]
        )
        for a in archive.articles(ArticleQuery())
    )
    return said + Counter(repr(refused) for refused in archive.refusals())


def faults(archive: SqlArchive) -> list[str]:
    """Return what is half-written: rows that no transaction of ours leaves behind."""
    checks = {
        "an article without a revision": "SELECT count(*) FROM articles WHERE sort_at IS NOT NULL"
        " AND id NOT IN (SELECT article FROM revisions)",
        "a capture that is neither article nor refusal": "SELECT count(*) FROM captures"
        " WHERE content IS NULL AND id NOT IN (SELECT capture FROM refusals)",
        "a content without tags": "SELECT count(*) FROM contents"
        " WHERE id NOT IN (SELECT content FROM tags)",
        "an article that no key leads to": "SELECT count(*) FROM articles"
        " WHERE id NOT IN (SELECT article FROM keys)",
    }
    with archive._engine.connect() as conn:
        found = [what for what, sql in checks.items() if conn.execute(sa.text(sql)).scalar()]
        if conn.dialect.name == "sqlite":
            said = conn.execute(sa.text("PRAGMA integrity_check")).scalar()
            found += [f"integrity: {said}"] if said != "ok" else []
            found += [str(row) for row in conn.execute(sa.text("PRAGMA foreign_key_check"))]
    return found


def main(url: str, kills: int = 100, seed: int = 2026) -> None:
    random = Random(seed)
    items = arrivals(random, kills * PER_KILL)
    with tempfile.TemporaryDirectory() as folder:
        store_all(f"sqlite:///{folder}/undisturbed.db", items, seed)
        with open_sql_archive(f"sqlite:///{folder}/undisturbed.db") as archive:
            expected = content(archive)
    open_sql_archive(url).close()
    unfinished = 0
    for number in range(kills):
        unfinished += killed(url, items, seed + number, random.uniform(0, 2 * LIFE_SECONDS))
        with open_sql_archive(url) as archive:
            if found := faults(archive):
                sys.exit(f"after kill {number + 1}: {found}")
    store_all(url, items, seed)
    with open_sql_archive(url) as archive:
        same, last = content(archive) == expected, faults(archive)
    print(f"{kills} kills, {unfinished} in mid-run: no fault after any; content the same: {same}")
    if last or not same:
        sys.exit(f"faults: {last}")


if __name__ == "__main__":
    arguments: list[Any] = [sys.argv[1], *map(int, sys.argv[2:])]
    main(*arguments)
