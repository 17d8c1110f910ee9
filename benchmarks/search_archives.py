"""Large archives for the search's benchmark, made from the corpus by paragraphs.

Title, lead and each paragraph of an article are of another text, so that words and phrases are as
frequent as in real ones. Half are archived as they come out, in order of their times, half come
from the past in any order.
"""

import gzip
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.archive import open_archive
from storage.model.articles import Article, Block, Extraction
from storage.model.runs import Run
from storage.search.document import document_of
from storage.sql.schema.core import articles, captures, contents, outlets, revisions
from storage.sql.schema.types import hashed
from storage.sql.search import fts5
from storage.sql.search.entry import Entry

BATCH = 500
YEARS = 10
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
SQLITE_PAGES = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search_%'"


def corpus() -> Iterator[dict[str, Any]]:
    path = Path(os.environ.get("TINQUAN_SHARED", "../shared")) / "corpus" / "vietnews-20k.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


Made = tuple[Article, datetime]


class Maker:
    """Makes articles by number."""

    def __init__(self, count: int) -> None:
        docs = list(corpus())
        self.count = count
        self.lengths = [len(doc["body"].split("\n")) for doc in docs]
        self.titles = [doc["title"] for doc in docs]
        self.leads = [doc["sapo"] or "" for doc in docs]
        lines = (line for doc in docs for line in doc["body"].split("\n"))
        self.paragraphs = [line for line in lines if line.strip()]
        self.random = random.Random(7)

    def make(self, number: int) -> Made:
        """Return an article and its time."""
        chance = self.random
        title, lead = chance.choice(self.titles), chance.choice(self.leads)
        body = chance.choices(self.paragraphs, k=chance.choice(self.lengths))
        author, tags = f"Tác Giả {self._skewed(3000)}", [self._skewed(5000) for _ in range(3)]
        at = self._time(number)
        article = Article(
            outlet=f"outlet{self._skewed(40):02}",
            url=f"https://example.org/{number}",
            title=title,
            sapo=lead,
            blocks=tuple(Block("paragraph", one) for one in body),
            extraction=Extraction("bench", "1", "page", 1),
            article_id=str(number),
            authors=(author,),
            tags=tuple(f"chủ đề {tag}" for tag in dict.fromkeys(tags)),
            section=(chance.choice(("Giao thông", "Đô thị", "Giáo dục", "Y tế", "Pháp luật")),),
            published_at=at,
        )
        return article, at

    def _skewed(self, most: int) -> int:
        return int(most * self.random.random() ** 3)

    def _time(self, number: int) -> datetime:
        days = timedelta(days=365 * YEARS)
        if number < self.count / 2:
            return NEWEST - days * self.random.random()
        return NEWEST - days / 2 * (2 - 2 * number / self.count)


def build(file: str, count: int) -> None:
    begun = time.perf_counter()
    with open_archive(f"sqlite:///{file}") as archive:
        archive.runs.start(Run("bench", "outlet00", NEWEST))
        with archive.database.writing() as conn:
            conn.exec_driver_sql("PRAGMA foreign_keys=OFF")
            slugs = [{"slug": f"outlet{number:02}"} for number in range(1, 40)]
            conn.execute(sa.insert(outlets), slugs)
            maker = Maker(count)
        size = 0
        for first in range(1, count + 1, BATCH):
            batch = {id_: maker.make(id_) for id_ in range(first, min(first + BATCH, count + 1))}
            with archive.database.writing() as conn:
                size += write(conn, batch)
            if first % 50_000 == 1:
                print(f"{first - 1:,} after {time.perf_counter() - begun:.0f} s", flush=True)
        with archive.database.reading() as conn:
            pages = conn.exec_driver_sql(SQLITE_PAGES).scalar_one()
        print(f"index {pages / size:.2f} times the text ({size / count:.0f} bytes an article)")


def quick_json(article: Article) -> str:
    """Return what `article_to_json` does of these articles, in a fifth of its time."""
    names = ("outlet", "url", "title", "article_id", "sapo", "authors", "section", "tags")
    fields: dict[str, Any] = {name: getattr(article, name) for name in names}
    fields["blocks"] = [{"kind": block.kind, "text": block.text} for block in article.blocks]
    fields["extraction"] = {"family": "bench", "layout": "1", "path": "page"}
    fields["published_at"] = article.published_at.isoformat() if article.published_at else None
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def write(conn: Connection, batch: dict[int, Made]) -> int:
    """Write all rows of some articles; return the bytes of their texts."""
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        t: [] for t in (articles, contents, captures, revisions)
    }
    size = 0
    for id_, (article, at) in batch.items():
        text = quick_json(article)
        size += len((article.title + (article.sapo or "") + article.body).encode())
        print_ = f"1:{id_}"
        rows[articles].append(
            {
                "id": id_,
                "outlet": article.outlet,
                "article_id": str(id_),
                "url": article.url,
                "title": article.title,
                "published_at": at,
                "sort_at": at,
            }
        )
        rows[contents].append(
            {"id": id_, "digest": hashed(text), "fingerprint": print_, "json": text}
        )
        rows[captures].append(
            {
                "id": id_,
                "outlet": article.outlet,
                "run": "bench",
                "url": article.url,
                "captured_at": at,
                "status": 200,
                "warc_file": "x",
                "warc_offset": 0,
                "record_id": str(id_),
                "digest": str(id_),
                "observation_key": hashed(str(id_)),
                "article": id_,
                "content": id_,
                "version": 1,
                "read_at": at,
            }
        )
        rows[revisions].append(
            {
                "article": id_,
                "number": 1,
                "fingerprint": print_,
                "first_seen_at": at,
                "last_seen_at": at,
                "changed": "[]",
                "capture": id_,
                "maybe_reextraction": False,
            }
        )
    for table, some in rows.items():
        conn.execute(sa.insert(table), some)
    index(conn, batch)
    return size


def index(conn: Connection, batch: dict[int, Made]) -> None:
    """Write the search's rows of articles."""
    found = (Entry(id_, id_, at, document_of(article)) for id_, (article, at) in batch.items())
    entries = sorted(found, key=lambda one: one.sort_at)
    fts5.add(conn, entries)
