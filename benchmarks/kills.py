"""kill -9 at random moments of a write-heavy run; afterwards nothing is missing or half-written.

    .venv/bin/python -m benchmarks.kills URL [KILLS [SEED]]

URL: of an empty database, SQLite's or PostgreSQL's; 100 kills unless given. A child stores invented
captures (new, edited, seen again, refused, two articles that turn out to be one, copies at another
outlet) in batches of random size, and is killed; after each kill the archive is checked as
`tinquan archive check` does, and another child goes on, a hundred captures before the end of what
is there. At last the content must be that of an archive, in a SQLite file, in which the same was
stored undisturbed: articles with their revisions, refusals, clusters, signatures, and what the
search holds of each article.
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
PER_KILL = 250  # captures; a child stores about so many in its mean life
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
    """Return a story's text: the same at both outlets but for its edited paragraph."""
    words = Random(number).choices(_SYLLABLES, k=240)
    lines = [" ".join(words[at : at + 60]) for at in range(0, 240, 60)]
    lines[state] += f" Bản sửa {state}, {number * 7 + state} mét, hotline{number}."
    return tuple(Block("paragraph", line) for line in lines)


def store_all(url: str, items: Sequence[Arrival], seed: int) -> None:
    """Store what is missing in batches of random size, as a run of its own."""
    random = Random(seed)
    with open_archive(url) as archive:
        run = Run(f"run-{seed}-{time.time_ns()}", OUTLETS[0], T0)
        archive.runs.start(run)
        with archive.database.engine.connect() as conn:
            there = conn.execute(sa.text("SELECT count(*) FROM captures")).scalar_one()
        done = max(0, there - 100)
        while done < len(items):
            size = random.randint(1, 60)
            archive.articles.store_many(run.id, items[done : done + size])
            done += size
        archive.runs.finish(replace(run, ended_at=T0, outcome=Outcome.DONE))


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


def content(archive: Archive) -> Counter[str]:
    """Return what an archive says, without its numbers."""
    said = Counter(
        repr(
            [
                (r.article, r.first_seen_at, r.last_seen_at, r.changed, r.capture)
                for r in a.revisions
            ]
        )
        for a in archive.articles.find(ArticleQuery())
    )
    said += Counter(repr(refused) for refused in archive.articles.refusals())
    with archive.database.engine.connect() as conn:
        return said + _copies(conn) + _searched(conn)


def _copies(conn: sa.Connection) -> Counter[str]:
    """Return signatures, and of what each article is a copy; the check compares SQLite's keys."""
    one, other = articles.alias(), articles.alias()
    query = sa.select(one.c.outlet, one.c.url, other.c.outlet, other.c.url, copies.c.similarity)
    joined = copies.join(one, one.c.id == copies.c.article)
    hung = conn.execute(query.select_from(joined.join(other, other.c.id == copies.c.source)))
    held = sa.select(articles.c.url, signatures.c.packed).join_from(signatures, articles)
    return Counter(repr(tuple(row)) for rows in (hung, conn.execute(held)) for row in rows)


def _searched(conn: sa.Connection) -> Counter[str]:
    """Return each article as the search has it; `archive check` compares the words."""
    held = search_documents.c
    query = sa.select(articles.c.url, held.sort_at, held.filed)
    joined = query.join_from(articles, search_documents, held.article == articles.c.id)
    return Counter(repr(tuple(row)) for row in conn.execute(joined))


def faults(archive: Archive) -> list[str]:
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
    with archive.database.engine.connect() as conn:
        found = [what for what, sql in checks.items() if conn.execute(sa.text(sql)).scalar()]
    return found + [str(one) for one in archive.maintenance.check(lambda _name: None)]


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
    for said in [*(stored - expected), *(expected - stored)][:_SHOWN]:
        print("differs:", said[:400])
    print(f"{kills} kills, {unfinished} in mid-run: no fault after any; content the same: {same}")
    if last or not same:
        sys.exit(f"faults: {last}")


if __name__ == "__main__":
    arguments: list[Any] = [sys.argv[1], *map(int, sys.argv[2:])]
    main(*arguments)
