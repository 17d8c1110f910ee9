"""The cost of a crawl, compared with a peer of forty lines. The figures are in docs/benchmarks.md.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.crawl [hanoimoi|vietnamnet [PAGES]]

A local site serves pages of the corpus (300 unless given), each with a text of its own. Two
programs crawl it in turn: tinquan's schedule, and `benchmarks.crawl_peer` (Scrapy, trafilatura in
its process, SQLite).
Each is measured with all processes that it starts: CPU seconds, and the peak of their total PSS
(shared memory is counted once).
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
_CRAWLS = 5  # without new articles, to measure one by their difference
_ROUNDS = 3
_CLOCK = "benchmarks.crawl_store.StoreClock"  # a name: the supervisor must not import Scrapy
_FIGURES = "TINQUAN_BENCHMARK_STORE"  # names the file that the clock writes
TEMPLATES = {
    "hanoimoi": ("hanoimoi_1", "hanoimoi.vn", "duong-day-nong", "/ban-doc/duong-day-nong"),
    "vietnamnet": ("vietnamnet_2", "vietnamnet.vn", "dan-sinh", "/thoi-su/dan-sinh"),
}
"""By outlet: the page in the corpus, the host, a section without a feed, the section's path."""


@dataclass(frozen=True)
class Cost:
    """The cost of a program. seconds: CPU time of all its processes."""

    seconds: float
    peak_bytes: int


def stories() -> Iterator[dict[str, Any]]:
    with gzip.open(SHARED / "vietnews-20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def fill(site: LocalSite, outlet: str, count: int) -> list[str]:
    """Add `count` articles, and the section that lists them, to a site; return their paths."""
    name, host, _, _ = TEMPLATES[outlet]
    golds = (SHARED / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    gold = next(gold for gold in map(json.loads, golds) if gold["id"] == name)
    page = (SHARED / gold["file"]).read_text(encoding="utf-8")
    number = re.search(r"-(\d+)\.html$", gold["url"])
    assert number is not None
    paths = []
    for at, story in zip(range(count), stories(), strict=False):
        fresh = str(int(number[1]) - at)
        path = gold["url"].removeprefix(f"https://{host}").replace(number[1], fresh)
        text = _with_story(page, gold, story).replace(number[1], fresh)
        for name_ in (host, "127.0.0.1"):
            site.routes[f"{name_}{path}"] = Answer(text, headers={"ETag": f'"{fresh}"'})
        paths.append(path)
    show(site, outlet, paths)
    return paths


def show(site: LocalSite, outlet: str, paths: list[str]) -> None:
    """Make the section list these articles."""
    _, host, _, section = TEMPLATES[outlet]
    for name in (host, "127.0.0.1"):
        site.routes[f"{name}{section}"] = listing(paths)
        site.routes[f"{name}/robots.txt"] = Answer("User-agent: *\nAllow: /\n", kind="text/plain")


def _with_story(page: str, gold: dict[str, Any], story: dict[str, Any]) -> str:
    """Return the page with another story's title and paragraphs."""
    lines = story["body"].splitlines()
    for at, paragraph in enumerate(gold["body"].splitlines()):
        page = page.replace(paragraph, html.escape(lines[at % len(lines)]))
    title = html.escape(story["title"])
    return page.replace(gold["title"], title).replace(html.escape(gold["title"]), title)


def measure(argv: list[str], environment: dict[str, str]) -> Cost:
    """Run a program to its end; exit if it fails."""
    process = subprocess.Popen(argv, env=os.environ | environment, cwd=ROOT)
    peak, done = [0], threading.Event()
    sampler = threading.Thread(target=_sample_memory, args=(process.pid, peak, done))
    sampler.start()
    _, status, used = os.wait4(process.pid, 0)
    done.set()
    sampler.join()
    if status:
        raise SystemExit(f"{argv}: ended with status {status}")
    return Cost(used.ru_utime + used.ru_stime, peak[0])


def _sample_memory(pid: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(0.1):
        total = 0
        try:
            top = psutil.Process(pid)
            for process in (top, *top.children(recursive=True)):
                total += process.memory_full_info().pss
        except psutil.Error:
            continue
        peak[0] = max(peak[0], total)


class Bench:
    """One outlet's site, and the two programs that crawl it, each into its own database."""

    def __init__(self, site: LocalSite, folder: Path, outlet: str, pages: int) -> None:
        """Fill the site with `pages` articles."""
        self._site, self._folder, self._outlet = site, folder, outlet
        (folder / "tinquan.toml").write_text(
            f'root = "."\ncontact = "a@example.org"\noutlets = "{ROOT}/config/outlets"\n'
        )
        from crawler.places.tag_articles import load_into  # noqa: PLC0415 - not in measured runs

        config = load_config(folder / "tinquan.toml")
        with open_archive(config.archive) as archive:  # needed once per archive: not measured
            load_into(archive, config.gazetteer)
        self._figures = folder / "stored.json"
        fill(site, outlet, pages)

    @property
    def stored(self) -> dict[str, float]:
        """The cost of storing in tinquan's last crawl: `seconds` and `statements`."""
        figures: dict[str, float] = json.loads(self._figures.read_text("utf-8"))
        return figures

    def ours(self, crawls: int) -> Cost:
        """Run `crawls` crawls of tinquan in sequence, under one supervisor."""
        environment = {
            "TINQUAN_CONFIG": str(self._folder / "tinquan.toml"),
            "SSL_CERT_FILE": str(self._site.authority),
            _FIGURES: str(self._figures),
        }
        _, _, section, _ = TEMPLATES[self._outlet]
        arguments = [self._outlet, section, str(crawls), json.dumps(self._site.resolve)]
        return measure([sys.executable, "-m", "benchmarks.crawl", "--run", *arguments], environment)

    def peer(self) -> Cost:
        """Run one crawl of the peer."""
        _, _, _, path = TEMPLATES[self._outlet]
        listing = f"https://{next(iter(self._site.resolve.values()))}{path}"
        database = str(self._folder / "peer.db")
        return measure([sys.executable, "-m", "benchmarks.crawl_peer", listing, database], {})


def crawl(outlet: str, section: str, crawls: int, resolve: str) -> None:
    """Crawl as the schedule does; the entry point of the measured process."""

    def argv(job: CrawlJob, config: Config) -> list[str]:
        settings = ("DOWNLOAD_DELAY=0", f"TINQUAN_RESOLVE={resolve}", f"STATS_CLASS={_CLOCK}")
        options = (argument for setting in settings for argument in ("-s", setting))
        return [*crawl_argv(job, config), *options]

    vars(supervisor)["crawl_argv"] = argv
    config = load_config()

    async def work() -> None:
        with open_archive(config.archive) as archive:
            crawl_supervisor = supervisor.Supervisor(archive, config)
            for _ in range(crawls):
                run = await crawl_supervisor.crawl(CrawlJob(outlet, sections=(section,)))
                if run.outcome is not Outcome.DONE:
                    raise SystemExit(f"{run.outcome}: {run.error}")
            crawl_supervisor.close()

    asyncio.run(work())


def print_row(name: str, ours: float, peer: float) -> None:
    print(f"{name:44} {ours:8.3f} s {peer:8.3f} s  {ours / peer:5.2f}", flush=True)


def main(outlet: str, pages: int = 300) -> None:
    """Print the costs of new pages and of crawls without any, ours and the peer's, with ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LocalSite(folder, [TEMPLATES[outlet][1]]) as site:
            bench = Bench(site, folder, outlet, pages)
            print(f"{outlet:44} {'tinquan':>10} {'peer':>10}  ratio")
            new, theirs = bench.ours(1), bench.peer()
            stored = bench.stored
            print_row(f"{pages} new pages, with all starts", new.seconds, theirs.seconds)
            bench.ours(1)  # the first crawl after new articles requests a further page
            rounds = [
                (bench.ours(1), bench.peer(), bench.ours(1 + _CRAWLS)) for _ in range(_ROUNDS)
            ]
            start = median(single.seconds for single, _, _ in rounds)
            quiet = median((many.seconds - single.seconds) / _CRAWLS for single, _, many in rounds)
            their_quiet = median(peer.seconds for _, peer, _ in rounds)
            print_row("nothing new, each crawl of a schedule", quiet, their_quiet)
            print_row("nothing new, one crawl with all starts", start, their_quiet)
            print_row(
                f"a page of {pages}, net of the start",
                (new.seconds - start) / pages,
                (theirs.seconds - their_quiet) / pages,
            )
            peaks = f"{new.peak_bytes / 2**20:.0f} and {theirs.peak_bytes / 2**20:.0f} MB"
            print(f"peak memory with {pages} new pages: {peaks}")
            seconds, statements = stored["seconds"] / pages, stored["statements"] / pages
            print(f"stored: {1000 * seconds:.1f} ms and {statements:.1f} statements an article")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        crawl(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        for chosen in sys.argv[1:2] or TEMPLATES:
            main(chosen, *map(int, sys.argv[2:]))
