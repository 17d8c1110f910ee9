"""The reader's pages on a large synthetic archive: first, cold requests and p95 of repeated ones.

    python -m benchmarks.web build FILE [ARTICLES]     a SQLite archive; a million take some minutes
    tinquan archive copy sqlite:///FILE URL            into an empty PostgreSQL database
    python -m benchmarks.web measure URL [ROUNDS]      one client, then eight; 3 rounds at least
    python -m benchmarks.web search URL                /tim in an archive of benchmarks/search.py

Texts are short and not indexed for search (benchmarks/search.py measures that): what the pages cost
depends on the rows that they read. One article in ten was edited, one in eight is a copy, and each
is about one or two wards; a third of all about Hà Nội's.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from benchmarks.search import QUERIES
from benchmarks.web_server import Server, get, reader_of, serve
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.places import load_gazetteer
from crawler.shipped import shipped
from crawler.web.reader import Reader
from storage.archive import open_archive
from storage.model.runs import Run
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import (
    articles,
    captures,
    contents,
    outlets,
    refusals,
    refused_urls,
    revisions,
)
from storage.sql.schema.places import article_places, scores, tags
from storage.sql.schema.types import hashed, url_key

NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
YEARS, BATCH = 5, 5_000
HA_NOI, DISTRICT = "tp-ha-noi.01@2024-12", "q-dong-da.006@2024-12"
WARD = "p-lang.00199@2025-07"
BOUNDS = {
    "/": 60,
    "/?bao=tienphong": 60,
    f"/?noi={WARD}": 60,
    "/bai/{id}": 30,
    "/bai/{edited}/so-sanh/1/2": 30,
    f"/dia-ban/{WARD}": 150,
    f"/dia-ban/{DISTRICT}": 150,
    f"/dia-ban/{HA_NOI}": 150,
    f"/ban-do/{HA_NOI}": 150,
    "/thay-doi": 50,
    f"/thay-doi?noi={WARD}": 50,
    "/thay-doi?loai=lang-le": 50,
    "/thay-doi?loai=go": 50,
    "/cau-chuyen/{source}": 60,
    "/bao": 60,
    "/bao/tienphong": 60,
}
"""Milliseconds at p95, by address."""


def build(file: str, count: int) -> None:
    places = load_gazetteer(shipped("gazetteer"))
    slugs = sorted(load_outlets(shipped("outlets"), FAMILY_NAMES))
    today = [u for u in places.units.values() if u.level == "ward" and u.valid_to is None]
    before = [u for u in places.units.values() if u.level == "district" and u.valid_to]
    hanoi = [u.id for u in today if places.province(u.id).id == HA_NOI]
    wards, districts = [u.id for u in today], [u.id for u in before]
    chance, begun = random.Random(11), time.perf_counter()
    with open_archive(f"sqlite:///{file}") as archive:
        units = list(places.units.values())
        archive.places.load_gazetteer(places.version, units, places.successions)
        archive.runs.start(Run("bench", slugs[0], NEWEST))
        with archive.database.writing() as conn:
            rest = [{"slug": slug} for slug in slugs[1:]]
            conn.execute(sa.insert(outlets), rest)
        for first in range(1, count + 1, BATCH):
            rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _TABLES}
            for id_ in range(first, min(first + BATCH, count + 1)):
                at = NEWEST - timedelta(days=365 * YEARS) * (1 - id_ / count)
                near = chance.random() < 0.33
                own = chance.choice(hanoi if near else wards)
                if at < datetime(2025, 7, 1, tzinfo=UTC):
                    own = DISTRICT if near and chance.random() < 0.1 else chance.choice(districts)
                _add(rows, id_, slugs[int(len(slugs) * chance.random() ** 2)], at, own)
            with archive.database.writing() as conn:
                for table, some in rows.items():
                    if some:
                        conn.execute(sa.insert(table), some)
            if first % 100_000 == 1:
                print(f"{first - 1:,} after {time.perf_counter() - begun:.0f} s", flush=True)
        archive.maintenance.tidy()


_TABLES = (
    articles,
    contents,
    captures,
    revisions,
    refusals,
    refused_urls,
    copies,
    tags,
    scores,
    article_places,
)


def _add(
    rows: dict[sa.Table, list[dict[str, Any]]],
    id_: int,
    outlet: str,
    at: datetime,
    place: str,
) -> None:
    """Add an article's rows; every tenth has two states, every eightieth is gone."""
    url, title = f"https://{outlet}.vn/{id_}", f"Tin số {id_} về một việc ở địa phương"
    rows[articles].append(
        {"id": id_, "outlet": outlet, "article_id": str(id_), "url": url, "title": title,
         "published_at": at, "sort_at": at}
    )  # fmt: skip
    edited = id_ % 10 == 0
    for state in range(1, 3 if edited else 2):
        seen, content = at + timedelta(hours=state), id_ * 2 + state - 2
        text = json.dumps(
            {"outlet": outlet, "url": url, "title": title, "article_id": str(id_),
             "blocks": [{"kind": "paragraph", "text": f"Một đoạn văn, lần {state}. " * 12}],
             "extraction": {"family": "bench", "layout": "1", "path": "page"},
             "published_at": at.isoformat()},
            ensure_ascii=False,
        )  # fmt: skip
        rows[contents].append(
            {"id": content, "digest": hashed(text), "fingerprint": f"1:{content}", "json": text}
        )
        rows[tags].append({"content": content, "version": "bench"})
        rows[scores].append(
            {"content": content, "number": 0, "unit": place, "score": 0.9, "confidence": "certain"}
        )
        rows[captures].append(_capture(content, outlet, url, seen, id_, content))
        rows[revisions].append(
            {"article": id_, "number": state, "fingerprint": f"1:{content}", "first_seen_at": seen,
             "last_seen_at": seen, "changed": "[]" if state == 1 else '["body"]',
             "capture": content, "maybe_reextraction": False}
        )  # fmt: skip
    if id_ % 80 == 1:
        capture = 10_000_000 + id_
        rows[captures].append(_capture(capture, outlet, url, at + timedelta(days=2), None, None))
        rows[refusals].append(
            {"id": id_, "capture": capture, "outlet": outlet, "url": url, "evidence": "404",
             "captured_at": at + timedelta(days=2), "reason": "not_found", "article": id_}
        )  # fmt: skip
        rows[refused_urls].append({"key": url_key(url), "refusal": id_, "value": url})
    if id_ % 8 == 3 and id_ > 10:
        rows[copies].append({"article": id_, "source": id_ - id_ % 8, "similarity": 0.97})
    row = {"sort_at": at, "article": id_, "outlet": outlet}
    rows[article_places].append(row | {"unit": place})


def _capture(
    id_: int, outlet: str, url: str, at: datetime, article: int | None, content: int | None
) -> dict[str, Any]:
    return {
        "id": id_, "outlet": outlet, "run": "bench", "url": url, "captured_at": at, "status": 200,
        "warc_file": "x", "warc_offset": 0, "record_id": str(id_), "digest": str(id_),
        "observation_key": hashed(str(id_)), "article": article, "content": content, "version": 1,
        "read_at": at,
    }  # fmt: skip


def _addresses(reader: Reader, rounds: int) -> Iterator[tuple[str, list[str]]]:
    with reader.archive.database.reading() as conn:
        last = conn.execute(sa.select(sa.func.max(articles.c.id))).scalar_one()
    chance = random.Random(5)
    for form in BOUNDS:
        some = [chance.randrange(1, last // 80) * 80 for _ in range(rounds)]
        yield form, [form.format(id=n + 1, edited=n, source=n) for n in some]


def measure(url: str, rounds: int) -> None:
    """Print what the first request to a new server takes, and p95 of some more."""
    print(f"load {os.getloadavg()[0]:.0f}; CPU ms / ms on the clock")
    everything = []
    for form, some in _addresses(reader_of(url, NEWEST), rounds):
        server = Server(url, workers=1)
        taken = [_timed(server, address) for address in some]
        server.close()
        p95 = [
            statistics.quantiles(one, n=20, method="inclusive")[-1]
            for one in zip(*taken[1:], strict=True)
        ]
        print(f"{form:45} first {taken[0][0]:4.0f} / {taken[0][1]:5.0f}"
              f"  then p95 {p95[0]:4.0f} / {p95[1]:5.0f}, bound {BOUNDS[form]}",
              flush=True)  # fmt: skip
        everything += some
    for clients, workers in ((1, 1), (8, 1), (8, 2)):
        server = Server(url, workers)
        begun, used = time.perf_counter(), server.seconds()
        with ThreadPoolExecutor(clients) as pool:
            statuses = list(pool.map(partial(get, server.port), everything))
        seconds, used = time.perf_counter() - begun, server.seconds() - used
        server.close()
        errors = len(statuses) - statuses.count(200)
        print(f"{clients} clients, {workers} workers: {len(statuses) / seconds:.1f} pages a second,"
              f" {errors} errors, {used / len(statuses) * 1000:.1f} ms of CPU a page,"
              f" {used / seconds:.2f} processors busy", flush=True)  # fmt: skip


def measure_search(url: str) -> None:
    """Print what the first request for each of the search benchmark's queries takes."""
    print(f"load {os.getloadavg()[0]:.0f}; CPU ms / ms on the clock")
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if line and "::" not in line and not line.startswith("#")]
    for name, extra, bound in (("date", "", 80), ("relevance", "&xep=hop", 300)):
        server = Server(url, workers=1)
        taken = [(*_timed(server, f"/tim?q={text}{extra}"), text) for text in texts]
        server.close()
        for what, times in (
            ("CPU", [one[0] for one in taken]),
            ("clock", [one[1] for one in taken]),
        ):
            ordered = sorted(times)
            print(f"/tim by {name}, {what}: p50 {statistics.median(ordered):.0f}"
                  f" p95 {ordered[int(len(ordered) * 0.95)]:.0f} most {ordered[-1]:.0f},"
                  f" bound {bound}", flush=True)  # fmt: skip
        print("  slowest:", *(f"{cpu:.0f} {text};" for cpu, _, text in sorted(taken)[-4:]))


def _timed(server: Server, address: str) -> tuple[float, float]:
    """Ask for a page; return the milliseconds of processors and on the clock."""
    begun, used = time.perf_counter(), server.seconds()
    if (status := get(server.port, address)) != 200:
        print(f"{address}: {status}")
    wall = time.perf_counter() - begun
    return (server.seconds() - used) * 1000, wall * 1000


def main() -> None:
    match sys.argv[1:]:
        case ["build", file, *count]:
            build(file, int(count[0]) if count else 1_000_000)
        case ["serve", url, workers]:
            serve(url, NEWEST, int(workers))
        case ["measure", url, *rounds]:
            measure(url, max(3, int(rounds[0])) if rounds else 20)
        case ["search", url]:
            measure_search(url)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
