"""What a crawl costs, beside a peer of forty lines. Figures stand in docs/benchmarks.md.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.crawl [OUTLET …] [--rounds N]

A local site shows pages of the corpus, each with a text of its own. Two programs crawl it in turn:
tinquan's schedule, and `benchmarks.crawl_peer` (Scrapy, trafilatura in its process, SQLite).
Each is measured as a whole, with every process that it starts: CPU seconds, and the most memory
that all of them held at once (each page of memory counted once, however many share it).
"""

import gzip
import html
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite, listing

SHARED = Path(os.environ.get("TINQUAN_SHARED", "../shared")).resolve() / "corpus"
PAGES = 300
TEMPLATES = {
    "hanoimoi": ("hanoimoi_1", "hanoimoi.vn", "duong-day-nong", "/ban-doc/duong-day-nong"),
    "vietnamnet": ("vietnamnet_2", "vietnamnet.vn", "dan-sinh", "/thoi-su/dan-sinh"),
}
"""By outlet: the page in the corpus, the host, a section without a feed in the site, its path."""


@dataclass(frozen=True)
class Cost:
    """What a program took. seconds: of CPU, all of its processes together."""

    seconds: float
    peak_bytes: int


def stories() -> Iterator[dict[str, Any]]:
    with gzip.open(SHARED / "vietnews-20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def fill(site: LocalSite, outlet: str, count: int) -> list[str]:
    """Put `count` articles and the section that lists them on a site; return their paths."""
    name, host, _, section = TEMPLATES[outlet]
    golds = (SHARED / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    gold = next(one for one in map(json.loads, golds) if one["id"] == name)
    page = (SHARED / gold["file"]).read_text(encoding="utf-8")
    number = re.search(r"-(\d+)\.html$", gold["url"])
    assert number is not None
    paths = []
    for at, story in zip(range(count), stories(), strict=False):
        fresh = str(int(number[1]) - at)
        path = gold["url"].removeprefix(f"https://{host}").replace(number[1], fresh)
        text = _told(page, gold, story).replace(number[1], fresh)
        for name_ in (host, "127.0.0.1"):
            site.routes[f"{name_}{path}"] = Answer(text, headers={"ETag": f'"{fresh}"'})
        paths.append(path)
    show(site, outlet, paths)
    return paths


def show(site: LocalSite, outlet: str, paths: list[str], etag: str = "") -> None:
    """Let the section list these articles; with an ETag it answers 304 to whoever has it."""
    _, host, _, section = TEMPLATES[outlet]
    for name in (host, "127.0.0.1"):
        whole = Answer(listing([*paths]).body, headers={"ETag": etag} if etag else {})
        site.routes[f"{name}{section}"] = lambda headers, whole=whole: (
            Answer(status=304) if etag and headers.get("if-none-match") == etag else whole
        )
        site.routes[f"{name}/robots.txt"] = Answer("User-agent: *\nAllow: /\n", kind="text/plain")


def _told(page: str, gold: dict[str, Any], story: dict[str, Any]) -> str:
    """Return the page with another story's title and paragraphs."""
    lines = story["body"].splitlines()
    for at, paragraph in enumerate(gold["body"].splitlines()):
        page = page.replace(paragraph, html.escape(lines[at % len(lines)]))
    title = html.escape(story["title"])
    return page.replace(gold["title"], title).replace(html.escape(gold["title"]), title)


def measure(argv: list[str], environment: dict[str, str]) -> Cost:
    """Run a program to its end; raise where it fails."""
    process = subprocess.Popen(argv, env=os.environ | environment, cwd=ROOT)
    peak, done = [0], threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peak, done))
    watch.start()
    _, status, used = os.wait4(process.pid, 0)
    done.set()
    watch.join()
    if status:
        raise SystemExit(f"{argv}: ended with status {status}")
    return Cost(used.ru_utime + used.ru_stime, peak[0])


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(0.1):
        held = 0
        try:
            top = psutil.Process(pid)
            for one in (top, *top.children(recursive=True)):
                held += one.memory_full_info().pss
        except psutil.Error:
            continue
        peak[0] = max(peak[0], held)


def environment(site: LocalSite, folder: Path, outlet: str) -> dict[str, str]:
    config = folder / "tinquan.toml"
    config.write_text(
        f'root = "."\ncontact = "https://example.org/bench"\noutlets = "{ROOT}/config/outlets"\n'
    )
    return {
        "TINQUAN_CONFIG": str(config),
        "SSL_CERT_FILE": str(site.authority),
        "BENCH_SITE": json.dumps({"resolve": site.resolve, "outlet": TEMPLATES[outlet]}),
        "PYTHONPATH": str(ROOT),
    }
