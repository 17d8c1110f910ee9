"""Watches: a day's articles over many watches, in a large archive.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.watches build FILE [ARTICLES]
    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.watches run FILE

build: creates an archive of ARTICLES (a million) short articles, then a day of 7,000 articles of
the corpus, each about one to four of 700 units. run: prints the CPU seconds of 200 due watches on
places, words and outlets, from finding arrivals to the last message; nothing is recorded.
"""

import random
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from benchmarks.archive import arrivals
from crawler.config.watches import Watch
from crawler.watch.deliver import Composer
from crawler.watch.look import looks_at
from crawler.watch.trust import Health, health_of
from crawler.watch.watches import WatchOrder
from storage import parse_words
from storage.archive import Archive, open_archive
from storage.model.articles import Arrival
from storage.model.places import Score, Tags, Unit
from storage.model.runs import Run
from storage.model.search import SearchQuery
from storage.model.watches import TOPICS, ArrivalCursor, Delivery, Digest, Look
from storage.sql.engine.bulk import insert
from storage.sql.schema.core import articles, captures, contents, outlets, revisions
from storage.sql.schema.places import article_places

DAY, WATCHES, UNITS, OUTLETS = 7_000, 200, 700, 35
T0 = datetime(2016, 1, 1, tzinfo=UTC)
BATCH = 5_000
WORDS = (
    "ngập", "cháy", '"chung cư"', "vỉa hè", '"trường học" OR "nhà trẻ"', "giải phóng mặt bằng",
    "quy hoạch -bóng đá", "metro", '"tai nạn giao thông"', "ô nhiễm", "ùn tắc", "bệnh viện",
    "hoc sinh", "đấu giá đất", "thiết bị*", '"dự án" đường', "nước sạch", "rác", "công viên", "lũ",
)  # fmt: skip


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def build(file: str, count: int) -> None:
    """Create the archive."""
    begun = time.perf_counter()
    with open_archive(f"sqlite:///{file}") as archive:
        units = [Unit(f"u{n}", None, "xã", f"U{n}", "tp", None, None, "b") for n in range(UNITS)]
        city = Unit("tp", None, "thành phố", "X", None, None, None, "b")
        archive.places.load_gazetteer("v", [city, *units], ())
        archive.runs.start(Run("old", "outlet0", T0))
        with archive.database.writing() as conn:
            rows = [{"slug": f"outlet{number}"} for number in range(1, OUTLETS)]
            conn.execute(sa.insert(outlets), rows)
        for numbers in batched(range(1, count + 1), BATCH):
            _write_old(archive, numbers)
        print(f"{count:,} old articles after {time.perf_counter() - begun:.0f} s", flush=True)
        archive.runs.start(Run("day", "outlet0", T0 + timedelta(days=4000), replay=True))
        for batch in batched(_day(), 50):
            archive.articles.store_many("day", batch)
    print(f"and {DAY:,} of a day after {time.perf_counter() - begun:.0f} s")


def _write_old(archive: Archive, numbers: Iterable[int]) -> None:
    rows: dict[sa.Table, list[dict[str, Any]]] = {}
    for id_ in numbers:
        for table, row in _old(id_).items():
            rows.setdefault(table, []).append(row)
    with archive.database.writing() as conn:
        for table, added in rows.items():
            insert(conn, table, added)


def _old(id_: int) -> dict[sa.Table, dict[str, Any]]:
    at = T0 + timedelta(minutes=5 * id_)
    outlet, url, key = f"outlet{id_ % OUTLETS}", f"https://old.vn/{id_}", id_.to_bytes(16, "big")
    text = (
        f'{{"outlet":"{outlet}","url":"{url}","title":"Tin {id_}","blocks":[],"extraction":{{}}}}'
    )
    shown = {"outlet": outlet, "url": url}
    made = {"capture": id_, "article": id_, "fingerprint": "1", "number": 1, "changed": "[]"}
    recorded = {
        "warc_file": "x",
        "warc_offset": 0,
        "record_id": url,
        "digest": "x",
        "observation_key": key,
    }
    return {
        articles: {**shown, "id": id_, "title": f"Tin {id_}", "published_at": at, "sort_at": at},
        contents: {"id": id_, "digest": key, "fingerprint": "1", "json": text},
        captures: {**shown, **recorded, "id": id_, "run": "old", "captured_at": at, "status": 200,
                   "article": id_, "content": id_, "version": 1, "read_at": at},
        revisions: {**made, "first_seen_at": at, "last_seen_at": at, "maybe_reextraction": False},
        article_places: {"unit": f"u{id_ % UNITS}", "sort_at": at, "article": id_,
                         "outlet": outlet},
    }  # fmt: skip


def _day() -> Iterator[Arrival]:
    chance = random.Random(1)
    for number, arrival in enumerate(islice(arrivals(DAY), DAY)):
        outlet = f"outlet{int(OUTLETS * chance.random() ** 2)}"
        units = chance.sample(range(UNITS), chance.randint(1, 4))
        tags = Tags("v", (), tuple(Score(f"u{unit}", 1.0, "certain") for unit in units))
        url = f"https://{outlet}.vn/tin-{number}.html"
        yield replace(
            arrival,
            capture=replace(arrival.capture, url=url),
            result=replace(arrival.result, outlet=outlet, url=url),
            tags=tags,
        )


def orders() -> list[WatchOrder]:
    """Return the watches: a third each by places, by words, and by both."""
    chance = random.Random(2)
    made = []
    for number in range(WATCHES):
        words = chance.choice(WORDS) if number % 3 else ""
        places = tuple(f"u{unit}" for unit in chance.sample(range(UNITS), 60 if words else 6))
        places = () if number % 3 == 1 else places
        named = tuple(f"outlet{n}" for n in range(5)) if number % 10 == 0 else ()
        watch = Watch(name=f"w{number}", words=words, places=places, tell=TOPICS, to=("x",))
        made.append(
            WatchOrder(watch, SearchQuery(parse_words(words), places=places, outlets=named))
        )
    return made


def run(file: str) -> None:
    """Print the CPU time that the watches take."""
    now = datetime.now(UTC)
    with open_archive(f"sqlite:///{file}", read_only=True) as archive:
        archive.runs.find(limit=1)
        started = time.process_time()
        head = archive.watches.head()
        with archive.database.reading() as conn:
            first = conn.execute(
                sa.select(sa.func.min(captures.c.id)).where(captures.c.run == "day")
            )
            day = first.scalar_one() - 1
        since = now - timedelta(days=1)
        due = [(order, ArrivalCursor(day, day), since) for order in orders()]
        looks = looks_at(archive, due, head, now)
        looked = time.process_time()
        health = health_of(archive, [], now)
        sizes = [
            _compose(archive, order, look, health)
            for (order, _, _), look in zip(due, looks, strict=True)
        ]
        done = time.process_time()
    found = [len(look.arrivals.new) for look in looks]
    print(
        f"{head.article:,} articles, {head.article - day:,} of the day, {WATCHES} watches:"
        f" {looked - started:.1f} s looking, {done - looked:.1f} s writing"
        f" {sum(map(bool, sizes))} messages of {sum(sizes) / 1e6:.1f} MB; matches:"
        f" {sum(found):,}, at most {max(found):,} of one watch"
    )


def _compose(archive: Archive, order: WatchOrder, look: Look, health: Health) -> int:
    digest = Digest(1, look.watch, look.since, look.at, look.arrivals)
    if not look.arrivals:
        return 0
    composer = Composer(archive, {look.watch: order}, health)
    message = composer.message(Delivery(digest, "x"))
    return len(message.text) + len(message.html or "") if message else 0


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000)
    else:
        run(sys.argv[2])
