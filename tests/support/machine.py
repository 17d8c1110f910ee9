"""Run tinquan as one of several machines that share an archive.

`python -m tests.support.machine RESOLVE schedule …` runs tinquan with crawls that go to a local
site (RESOLVE: JSON, host → address) without a delay between requests.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import psutil

from crawler.cli import main
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob, crawl_argv
from tests.support.network import Network
from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite, epi_article, listing

OUTLET = """
name = "Báo {slug}"
family = "epi"
[[domains]]
host = "{slug}.vn"
[[sections]]
slug = "ha-noi"
name = "Hà Nội"
path = "/ha-noi/"
"""


@dataclass(frozen=True)
class Deployment:
    """Outlets of a local site, a configuration, and an archive that machines share."""

    folder: Path
    site: LocalSite
    url: str
    outlets: tuple[str, ...]
    articles: int
    network: Network = field(default_factory=lambda: Network("127.0.0.1"))

    def prepare(self, text: str = "") -> None:
        """Write outlet files, pages and the configuration. text: further lines of [schedule]."""
        (self.folder / "outlets").mkdir()
        for slug in self.outlets:
            (self.folder / "outlets" / f"{slug}.toml").write_text(OUTLET.format(slug=slug))
            urls = [f"https://{slug}.vn/bai-viet-post{1000 + n}.tpo" for n in range(self.articles)]
            self.site.routes[f"{slug}.vn/ha-noi/"] = listing(urls)
            for number, url in enumerate(urls):
                page = epi_article(1000 + number, f"Bai {number}", "2026-09-14T08:00:00+0700")
                page = page.replace("tienphong.vn", f"{slug}.vn")
                page = page.replace(f"{slug}.vn/bai-{number}-post", f"{slug}.vn/bai-viet-post")
                self.site.routes[url.removeprefix("https://")] = Answer(page)
        self.config.write_text(
            f'contact = "toa-soan@example.org"\nshipped_outlets = false\narchive = "{self.url}"\n'
            f"[schedule]\nprune = ''\nbackup = ''\nrecheck_limit = 0\n{text}"
        )

    @property
    def config(self) -> Path:
        """The configuration file, the same on each machine."""
        return self.folder / "tinquan.toml"

    def start(self, place: int, *words: str) -> subprocess.Popen[str]:
        """Start a command on a machine, the schedule if none; its log is `may-PLACE.log`."""
        with (self.folder / f"{machine(place)}.log").open("a") as log:
            return subprocess.Popen(
                self._command(place, words or ("schedule",)),
                cwd=ROOT,
                env=self._environment(place),
                stdout=log,
                stderr=log,
                text=True,
            )

    def call(self, place: int, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a machine to its end."""
        return subprocess.run(
            self._command(place, words),
            cwd=ROOT,
            env=self._environment(place),
            capture_output=True,
            text=True,
            check=False,
        )

    def _command(self, place: int, words: Sequence[str]) -> list[str]:
        python = [sys.executable, "-m", "tests.support.machine", json.dumps(self.site.resolve)]
        return [*self.network.inside(place), *python, *words, "--config", str(self.config)]

    def _environment(self, place: int) -> dict[str, str]:
        return os.environ | {
            "TINQUAN_MACHINE": machine(place),
            "SSL_CERT_FILE": str(self.site.authority),
            "PYTHONPATH": str(ROOT),
        }


def machine(place: int) -> str:
    """Return a machine's name."""
    return f"may-{place}"


def kill_machine(process: subprocess.Popen[str]) -> None:
    """Simulate a power cut: kill the schedule and all its descendants at once."""
    tree = [psutil.Process(process.pid)]
    tree += tree[0].children(recursive=True)
    for descendant in tree:
        descendant.suspend()  # otherwise a crawl would notice that its parent is gone
    for descendant in tree:
        descendant.send_signal(signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    resolve = sys.argv.pop(1)

    def local_argv(job: CrawlJob, config: Config) -> list[str]:
        return [
            *crawl_argv(job, config),
            *("-s", f"TINQUAN_RESOLVE={resolve}"),
            *("-s", "DOWNLOAD_DELAY=0"),
        ]

    with mock.patch("crawler.jobs.supervisor.crawl_argv", local_argv):
        main()
