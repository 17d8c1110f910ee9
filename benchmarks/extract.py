"""Extraction: accuracy, speed, hostile pages, memory. Figures stand in docs/benchmarks.md.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.extract [accuracy|speed|hostile|memory]

Speed is CPU time, best of several rounds in which all contenders read every page in turn, so
that what else the machine does falls on all of them. newspaper4k joins where it is installed
(the extra `bench`): `uv pip install ".[bench]"`.
"""

import asyncio
import gc
import importlib
import json
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

import lxml.html
import trafilatura

from crawler.extract import extract, extract_without
from crawler.extract.worker import ExtractionWorker
from crawler.families import FAMILY_NAMES
from crawler.page.response import Page
from storage.model.articles import Article, Refusal
from tests.support.hostile import hostile_pages
from tests.support.score import body_f1

SHARED = Path(os.environ.get("TINQUAN_SHARED", "../shared")).resolve()
FETCHED = datetime(2026, 11, 20, tzinfo=UTC)
_NO_NEWSPAPER = 'newspaper4k              not installed: uv pip install ".[bench]"; left out'


def corpus() -> list[tuple[dict[str, Any], Page]]:
    lines = (SHARED / "corpus" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    golds = [json.loads(line) for line in lines]
    return [(gold, _page(gold)) for gold in golds]


def _page(gold: dict[str, Any]) -> Page:
    url = gold["url"] or f"https://{gold['id'].split('_')[0]}.vn/bai-112379.html"
    return Page(url, (SHARED / "corpus" / gold["file"]).read_bytes(), FETCHED)


def accuracy() -> None:
    """Body F1 of: families known; each page's own left out; all left out; other libraries."""
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    fields: Counter[str] = Counter()
    for gold, page in corpus():
        known = extract(page, None)
        if isinstance(known, Refusal):
            print("refused:", gold["id"], known)
            continue
        family = known.extraction.family
        for name, body in _bodies(page, known).items():
            score = body_f1(body, gold["title"] or "", gold["lead"] or "", gold["body"])
            scores[name][family].append(score)
        _count_fields(fields, gold, known)
    if not _newspaper():
        print(_NO_NEWSPAPER)
    for name, families in scores.items():
        every = [score for found in families.values() for score in found]
        print(f"{name:24} mean {mean(every):.4f}  worst {min(every):.4f}  ({len(every)} pages)")
        print("   ", "  ".join(f"{family} {mean(found):.4f}" for family, found in families.items()))
    print("fields (families known):", dict(fields))


def _bodies(page: Page, known: Article) -> dict[str, str]:
    found = trafilatura.extract(page.body, include_comments=False)
    bodies = {"families": known.body, "trafilatura default": found or ""}
    if newspaper := _newspaper():
        bodies["newspaper4k"] = str(newspaper(page.body.decode("utf-8", "replace")))
    # A page kept without head and title is a fragment, which only its own family can know.
    if known.title:
        for name, left_out in (
            ("own family left out", frozenset({known.extraction.family})),
            ("all left out (generic)", FAMILY_NAMES),
        ):
            alone = extract_without(page, None, left_out)
            bodies[name] = alone.body if isinstance(alone, Article) else ""
    return bodies


def _count_fields(fields: Counter[str], gold: dict[str, Any], article: Article) -> None:
    fields["boilerplate leaks"] += sum(
        phrase in article.body and phrase not in gold["body"] for phrase in gold["boilerplate"]
    )
    fields["captions in body"] += sum(caption in article.body for caption in gold["captions"])
    for name, annotated, right in (
        ("title", gold["title"], article.title == gold["title"]),
        ("authors", gold["authors"] is not None, list(article.authors) == gold["authors"]),
        ("published", gold["published"], _same_time(gold["published"], article)),
    ):
        if annotated:
            fields[f"{name} of"] += 1
            fields[f"{name} right"] += right


def _same_time(text: str | None, article: Article) -> bool:
    return bool(text) and article.published_at == datetime.fromisoformat(str(text))


def _newspaper() -> Callable[[str], object] | None:
    try:
        library = importlib.import_module("newspaper")
    except ImportError:
        return None

    def read(text: str) -> object:
        # It would ask the network for every picture's size.
        article = library.Article("https://example.org/", language="vi", fetch_images=False)
        article.download(input_html=text)
        article.parse()
        return article.text

    return read


def speed(rounds: int = 9) -> None:
    """CPU milliseconds a page, and the ratios the project promises."""
    pages = [page for _, page in corpus()]
    texts = {page.url: page.body.decode("utf-8", "replace") for page in pages}
    contenders: dict[str, Callable[[Page], object]] = {
        "tinquan, all fields": lambda page: extract(page, None),
        "trafilatura default": lambda page: trafilatura.bare_extraction(
            texts[page.url], with_metadata=True
        ),
        "lxml parse": lambda page: lxml.html.fromstring(texts[page.url]),
    }
    if newspaper := _newspaper():
        contenders["newspaper4k"] = lambda page: newspaper(texts[page.url])
    else:
        print(_NO_NEWSPAPER)
    best: dict[tuple[str, str], float] = defaultdict(lambda: float("inf"))
    gc.disable()  # as timeit does: what one contender leaves is not charged to the next
    for _ in range(rounds):
        for page in pages:
            gc.collect()
            for name, read in contenders.items():
                start = time.process_time()
                read(page)
                key = (name, page.url)
                best[key] = min(best[key], time.process_time() - start)
    gc.enable()
    totals = {name: sum(best[name, page.url] for page in pages) for name in contenders}
    for name, total in totals.items():
        print(f"{name:24} {1000 * total / len(pages):8.2f} ms a page")
    ours = totals["tinquan, all fields"]
    for name in ("trafilatura default", "newspaper4k"):
        if name in totals:
            print(f"x {name + ':':21} {totals[name] / ours:.2f}")
    print(f"lxml parses:            {ours / totals['lxml parse']:.2f}")


async def _hostile() -> None:
    times: list[tuple[float, str, int]] = []
    async with ExtractionWorker(limit_seconds=10) as worker:
        await worker.extract(Page("https://tienphong.vn/", b"<p>", FETCHED), None)  # starts it
        for body in hostile_pages():
            start = time.perf_counter()
            page = Page("https://tienphong.vn/tin-post1.tpo", body, FETCHED)
            result = await worker.extract(page, None)
            answer = result.reason.value if isinstance(result, Refusal) else "article"
            times.append((time.perf_counter() - start, answer, len(body)))
    print("answers:", dict(Counter(answer for _, answer, _ in times)))
    print(f"over 1 s: {sum(seconds > 1 for seconds, _, _ in times)} of {len(times)}; slowest:")
    for seconds, answer, size in sorted(times, reverse=True)[:5]:
        print(f"    {seconds:.2f} s  {answer}  {size} bytes")


def hostile() -> None:
    """300 hostile pages in the killable worker: wall clock, as a crawl sees it."""
    asyncio.run(_hostile())


def memory(count: int = 20_000) -> None:
    """Peak memory in MB while reading the corpus again and again."""
    pages = [page for _, page in corpus()]
    for number in range(count + 1):
        if number % (count // 5) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{number:6} pages  {peak:.0f} MB")
        extract(pages[number % len(pages)], None)


if __name__ == "__main__":
    parts = {"accuracy": accuracy, "speed": speed, "hostile": hostile, "memory": memory}
    for part in sys.argv[1:] or ["accuracy", "speed", "hostile"]:
        print(f"== {part}")
        parts[part]()
