"""What a crawl costs, beside a peer of forty lines. Figures stand in docs/benchmarks.md.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.crawl [hanoimoi|vietnamnet [PAGES]]

A local site shows pages of the corpus (300 unless given), each with a text of its own. Two programs
crawl it in turn: tinquan's schedule, and `benchmarks.crawl_peer` (Scrapy, trafilatura in its
process, SQLite).
Each is measured as a whole, with every process that it starts: CPU seconds, and the most memory
that all of them held at once (each page of memory counted once, however many share it).
"""

import asyncio
import gzip
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from crawler.config.config import Config, load_config
from crawler.jobs import supervisor
from crawler.jobs.crawl_job import CrawlJob, crawl_argv
from storage.archive import open_archive
from storage.model.runs import Outcome
from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite, listing

SHARED = Path(os.environ.get("TINQUAN_SHARED", "../shared")).resolve() / "corpus"
_CRAWLS = 5  # without news, by which one is measured
_ROUNDS = 3
_CLOCK = "benchmarks.crawl_store.StoreClock"  # a name: the supervisor is measured without Scrapy
_TOLD = "TINQUAN_BENCHMARK_STORE"  # the file in which it tells
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
    name, host, _, _ = TEMPLATES[outlet]
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


def show(site: LocalSite, outlet: str, paths: list[str]) -> None:
    """Let the section list these articles."""
    _, host, _, section = TEMPLATES[outlet]
    for name in (host, "127.0.0.1"):
        site.routes[f"{name}{section}"] = listing(paths)
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


class Bench:
    """One outlet's site, and the two programs that crawl it, each with a folder of its own."""

    def __init__(self, site: LocalSite, folder: Path, outlet: str, pages: int) -> None:
        """Fill the site with so many articles."""
        self._site, self._folder, self._outlet = site, folder, outlet
        (folder / "tinquan.toml").write_text(
            f'root = "."\ncontact = "a@example.org"\noutlets = "{ROOT}/config/outlets"\n'
        )
        from crawler.places.tag_articles import load_into  # noqa: PLC0415 - not in what is measured

        config = load_config(folder / "tinquan.toml")
        with open_archive(config.archive) as archive:  # once in an archive's life: no page's cost
            load_into(archive, config.gazetteer)
        self._told = folder / "stored.json"
        fill(site, outlet, pages)

    @property
    def stored(self) -> dict[str, float]:
        """What storing took in the last crawl of ours: `seconds`, and `statements`."""
        told: dict[str, float] = json.loads(self._told.read_text("utf-8"))
        return told

    def ours(self, crawls: int) -> Cost:
        """Crawl so many times, one after the other, under one supervisor."""
        environment = {
            "TINQUAN_CONFIG": str(self._folder / "tinquan.toml"),
            "SSL_CERT_FILE": str(self._site.authority),
            _TOLD: str(self._told),
        }
        _, _, section, _ = TEMPLATES[self._outlet]
        told = [self._outlet, section, str(crawls), json.dumps(self._site.resolve)]
        return measure([sys.executable, "-m", "benchmarks.crawl", "--run", *told], environment)

    def peer(self) -> Cost:
        """Let the peer crawl once."""
        _, _, _, path = TEMPLATES[self._outlet]
        listing = f"https://{next(iter(self._site.resolve.values()))}{path}"
        database = str(self._folder / "peer.db")
        return measure([sys.executable, "-m", "benchmarks.crawl_peer", listing, database], {})


def crawl(outlet: str, section: str, crawls: int, resolve: str) -> None:
    """Crawl as the schedule does; run in a process of its own."""

    def argv(job: CrawlJob, config: Config) -> list[str]:
        local = ("DOWNLOAD_DELAY=0", f"TINQUAN_RESOLVE={resolve}", f"STATS_CLASS={_CLOCK}")
        return [*crawl_argv(job, config), *(word for one in local for word in ("-s", one))]

    vars(supervisor)["crawl_argv"] = argv
    config = load_config()

    async def work() -> None:
        with open_archive(config.archive) as archive:
            at_work = supervisor.Supervisor(archive, config)
            for _ in range(crawls):
                run = await at_work.crawl(CrawlJob(outlet, sections=(section,)))
                if run.outcome is not Outcome.DONE:
                    raise SystemExit(f"{run.outcome}: {run.error}")
            at_work.close()

    asyncio.run(work())


def told(what: str, ours: float, peer: float) -> None:
    print(f"{what:44} {ours:8.3f} s {peer:8.3f} s  {ours / peer:5.2f}", flush=True)


def main(outlet: str, pages: int = 300) -> None:
    """Print what new pages and crawls without news cost, ours and the peer's, and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LocalSite(folder, [TEMPLATES[outlet][1]]) as site:
            bench = Bench(site, folder, outlet, pages)
            print(f"{outlet:44} {'tinquan':>10} {'peer':>10}  ratio")
            new, theirs = bench.ours(1), bench.peer()
            stored = bench.stored
            told(f"{pages} new pages, with all starts", new.seconds, theirs.seconds)
            bench.ours(1)  # the first after news asks on, to be sure
            rounds = [
                (bench.ours(1), bench.peer(), bench.ours(1 + _CRAWLS)) for _ in range(_ROUNDS)
            ]
            start = median(one.seconds for one, _, _ in rounds)
            quiet = median((many.seconds - one.seconds) / _CRAWLS for one, _, many in rounds)
            their_quiet = median(peer.seconds for _, peer, _ in rounds)
            told("nothing new, each crawl of a schedule", quiet, their_quiet)
            told("nothing new, one crawl with all starts", start, their_quiet)
            told(
                f"a page of {pages}, net of the start",
                (new.seconds - start) / pages,
                (theirs.seconds - their_quiet) / pages,
            )
            peaks = f"{new.peak_bytes / 2**20:.0f} and {theirs.peak_bytes / 2**20:.0f} MB"
            print(f"peak memory with {pages} new pages: {peaks}")
            each, asked = stored["seconds"] / pages, stored["statements"] / pages
            print(f"stored: {1000 * each:.1f} ms and {asked:.1f} statements an article")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        crawl(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        for chosen in sys.argv[1:2] or TEMPLATES:
            main(chosen, *map(int, sys.argv[2:]))
