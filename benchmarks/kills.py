"""kill -9 at random moments of a write-heavy run; afterwards nothing is missing or half-written.

    .venv/bin/python -m benchmarks.kills URL [KILLS [SEED]]

URL: of an empty SQLite or PostgreSQL database; 100 kills unless given. A child process stores
invented captures (new, edited, seen again, refused, two articles that turn out to be one, copies at
another outlet) in batches of random size, and is killed. After each kill the archive is checked as
by `tinquan archive check`, and another child continues, a hundred captures before the last stored.
At the end the content must equal that of an SQLite archive in which the same was stored without
kills: articles with their revisions, refusals, clusters, signatures, and the search's documents.
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

from storage.archive import Archive, open_archive
from storage.model.articles import (
    Arrival,
    Article,
    ArticleQuery,
    Block,
    Capture,
    Extraction,
    Refusal,
    RefusalReason,
)
from storage.model.runs import Outcome, Run
from storage.sql.schema.clusters import copies, signatures
from storage.sql.schema.core import articles
from storage.sql.schema.search import search_documents

T0 = datetime(2026, 1, 1, tzinfo=UTC)
PER_KILL = 250  # captures; a child stores about as many in its mean lifetime
LIFE_SECONDS = 0.5
_SHOWN = 10  # differences
OUTLETS = ("baothu", "baokhac")
_STARTS = (
    "b",
    "c",
    "ch",
    "d",
    "đ",
    "g",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "ng",
    "nh",
    "ph",
    "t",
    "th",
    "v",
)
_ENDS = ("à", "ạn", "ăng", "ấu", "ên", "ích", "òng", "ộ", "ươi", "ửa", "ủng", "uyện", "ỳ")
_SYLLABLES = tuple(start + end for start in _STARTS for end in _ENDS)


def arrivals(random: Random, count: int) -> list[Arrival]:
    """Return captures of a thousand articles, with random times."""
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
    article = Article(
        outlet=outlet,
        url=url,
        title=f"Cầu số {number}",
        authors=(f"Phóng viên {number % 90}",),
        blocks=_blocks(number, state=random.randrange(3)),
        extraction=Extraction("epi", "2024", "subtree", 1),
        article_id=str(number) if random.random() < 0.7 else None,
        published_at=T0 + timedelta(minutes=number),
    )
    return Arrival(capture, article, (f"{url}?ref=home",))


def _blocks(number: int, state: int) -> tuple[Block, ...]:
    """Return a story's text: the same at both outlets except for the edited paragraph."""
    words = Random(number).choices(_SYLLABLES, k=240)
    lines = [" ".join(words[at : at + 60]) for at in range(0, 240, 60)]
    lines[state] += f" Bản sửa {state}, {number * 7 + state} mét, hotline{number}."
    return tuple(Block("paragraph", line) for line in lines)


def store_all(url: str, items: Sequence[Arrival], seed: int) -> None:
    """Store the missing captures in batches of random size, as a new run."""
    random = Random(seed)
    with open_archive(url) as archive:
        run = Run(f"run-{seed}-{time.time_ns()}", OUTLETS[0], T0)
        archive.runs.start(run)
        with archive.database.engine.connect() as conn:
            stored = conn.execute(sa.text("SELECT count(*) FROM captures")).scalar_one()
        done = max(0, stored - 100)
        while done < len(items):
            size = random.randint(1, 60)
            archive.articles.store_many(run.id, items[done : done + size])
            done += size
        archive.runs.finish(replace(run, ended_at=T0, outcome=Outcome.DONE))


def killed(url: str, items: Sequence[Arrival], seed: int, seconds: float) -> bool:
    """Let a child store, and kill it after `seconds`; return whether it was still running."""
    child = os.fork()  # starting another Python would take longer than storing
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


def content(archive: Archive) -> Counter[str]:
    """Return an archive's content, without its internal ids."""
    found = Counter(
        repr(
            [
                (r.article, r.first_seen_at, r.last_seen_at, r.changed, r.capture)
                for r in a.revisions
            ]
        )
        for a in archive.articles.find(ArticleQuery())
    )
    found += Counter(repr(refused) for refused in archive.articles.refusals())
    with archive.database.engine.connect() as conn:
        return found + _copies(conn) + _searched(conn)


def _copies(conn: sa.Connection) -> Counter[str]:
    """Return signatures, and the source of each copy; `archive check` compares SQLite's index."""
    copy, source = articles.alias(), articles.alias()
    query = sa.select(copy.c.outlet, copy.c.url, source.c.outlet, source.c.url, copies.c.similarity)
    joined = copies.join(copy, copy.c.id == copies.c.article)
    copied = conn.execute(query.select_from(joined.join(source, source.c.id == copies.c.source)))
    packed = sa.select(articles.c.url, signatures.c.packed).join_from(signatures, articles)
    return Counter(repr(tuple(row)) for rows in (copied, conn.execute(packed)) for row in rows)


def _searched(conn: sa.Connection) -> Counter[str]:
    """Return each article's search document; `archive check` compares the words."""
    document = search_documents.c
    query = sa.select(articles.c.url, document.sort_at, document.filed)
    joined = query.join_from(articles, search_documents, document.article == articles.c.id)
    return Counter(repr(tuple(row)) for row in conn.execute(joined))


def faults(archive: Archive) -> list[str]:
    """Return the faults of an archive, with half-written rows that no transaction leaves."""
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
    with archive.database.engine.connect() as conn:
        found = [what for what, sql in checks.items() if conn.execute(sa.text(sql)).scalar()]
    return found + [str(finding) for finding in archive.maintenance.check(lambda _name: None)]


def main(url: str, kills: int = 100, seed: int = 2026) -> None:
    random = Random(seed)
    items = arrivals(random, kills * PER_KILL)
    with tempfile.TemporaryDirectory() as folder:
        store_all(f"sqlite:///{folder}/undisturbed.db", items, seed)
        with open_archive(f"sqlite:///{folder}/undisturbed.db") as archive:
            expected = content(archive)
    open_archive(url).close()
    unfinished = 0
    for number in range(kills):
        unfinished += killed(url, items, seed + number, random.uniform(0, 2 * LIFE_SECONDS))
        with open_archive(url) as archive:
            if found := faults(archive):
                sys.exit(f"after kill {number + 1}: {found}")
    store_all(url, items, seed)
    with open_archive(url) as archive:
        last, stored = faults(archive), content(archive)
    same = stored == expected
    for text in [*(stored - expected), *(expected - stored)][:_SHOWN]:
        print("differs:", text[:400])
    print(f"{kills} kills, {unfinished} in mid-run: no fault after any; content the same: {same}")
    if last or not same:
        sys.exit(f"faults: {last}")


if __name__ == "__main__":
    arguments: list[Any] = [sys.argv[1], *map(int, sys.argv[2:])]
    main(*arguments)
