"""Extraction: accuracy, speed, hostile pages, memory. The figures are in docs/benchmarks.md.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.extract [accuracy|speed|hostile|memory]

Speed is CPU time, the best of several rounds in which all extractors read every page in turn, so
that other load on the machine affects all of them. newspaper4k is included where it is installed
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
    """Print body F1 with all families, without the page's own, without any, and by libraries."""
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
        flat = [score for found in families.values() for score in found]
        print(f"{name:24} mean {mean(flat):.4f}  worst {min(flat):.4f}  ({len(flat)} pages)")
        print("   ", "  ".join(f"{family} {mean(found):.4f}" for family, found in families.items()))
    print("fields (families known):", dict(fields))


def _bodies(page: Page, known: Article) -> dict[str, str]:
    found = trafilatura.extract(page.body, include_comments=False)
    bodies = {"families": known.body, "trafilatura default": found or ""}
    if newspaper := _newspaper():
        bodies["newspaper4k"] = str(newspaper(page.body.decode("utf-8", "replace")))
    # A page stored without head and title is a fragment, which only its own family recognises.
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
        # With images it would request every image to get its size.
        article = library.Article("https://example.org/", language="vi", fetch_images=False)
        article.download(input_html=text)
        article.parse()
        return article.text

    return read


def speed(rounds: int = 9) -> None:
    """Print CPU milliseconds per page, and the ratios that the project promises."""
    pages = [page for _, page in corpus()]
    texts = {page.url: page.body.decode("utf-8", "replace") for page in pages}
    extractors: dict[str, Callable[[Page], object]] = {
        "tinquan, all fields": lambda page: extract(page, None),
        "trafilatura default": lambda page: trafilatura.bare_extraction(
            texts[page.url], with_metadata=True
        ),
        "lxml parse": lambda page: lxml.html.fromstring(texts[page.url]),
    }
    if newspaper := _newspaper():
        extractors["newspaper4k"] = lambda page: newspaper(texts[page.url])
    else:
        print(_NO_NEWSPAPER)
    best: dict[tuple[str, str], float] = defaultdict(lambda: float("inf"))
    gc.disable()  # as timeit does: no extractor pays for another's garbage
    for _ in range(rounds):
        for page in pages:
            gc.collect()
            for name, read in extractors.items():
                start = time.process_time()
                read(page)
                key = (name, page.url)
                best[key] = min(best[key], time.process_time() - start)
    gc.enable()
    totals = {name: sum(best[name, page.url] for page in pages) for name in extractors}
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
        await worker.extract(Page("https://tienphong.vn/", b"<p>", FETCHED), None)  # start it first
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
    """Print the wall clock times of 300 hostile pages in the worker that a crawl uses."""
    asyncio.run(_hostile())


def memory(count: int = 20_000) -> None:
    """Print peak memory in MB while extracting the corpus again and again."""
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
