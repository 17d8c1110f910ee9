"""The two seed outlets as local sites, and crawls of them as users start them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil

from storage.archive import Archive, open_archive
from storage.model.articles import Article, ArticleQuery, Capture
from storage.model.runs import Run
from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite, epi_article, feed, listing, master_article, slug
from tests.support.warm import Forked

HOSTS = ["tienphong.vn", "api.tienphong.vn", "laodongthudo.vn"]
ZONE = timezone(timedelta(hours=7))
SECTION = "section=nhip-song-thu-do"
FEED = "tienphong.vn/rss/nhip-song-thu-do-242.rss"
PAGE = "tienphong.vn/nhip-song-thu-do/"
START = datetime(2026, 9, 14, 8, 0, tzinfo=ZONE)


@dataclass(frozen=True)
class Story:
    number: int

    @property
    def title(self) -> str:
        return f"Ghe go ven ho so {self.number}"

    @property
    def published(self) -> datetime:
        return START - timedelta(hours=self.number % 1000)

    @property
    def epi_url(self) -> str:
        return f"https://tienphong.vn/{slug(self.title)}-post{self.number}.tpo"

    @property
    def master_url(self) -> str:
        return f"https://laodongthudo.vn/{slug(self.title)}-{self.number}.html"


def epi_site(site: LocalSite, count: int = 12, page: int = 4) -> list[Story]:
    """Fill a site with Tiền Phong's first section: feed, page, API; newest first."""
    stories = [Story(1900000 + n) for n in range(count)]
    for story in stories:
        html = epi_article(story.number, story.title, f"{story.published:%Y-%m-%dT%H:%M:%S%z}")
        site.routes[story.epi_url.removeprefix("https://")] = Answer(html)
    section = "tienphong.vn/nhip-song-thu-do/"
    site.routes[section] = listing([s.epi_url for s in stories[:page]])
    site.routes["tienphong.vn/rss/nhip-song-thu-do-242.rss"] = feed(
        [
            (s.epi_url, s.title, f"{s.published:%a, %d %b %Y %H:%M:%S +07:00}")
            for s in stories[:page]
        ]
    )
    api = "api.tienphong.vn/api/morenews-zone-242-{}.html?phrase="
    pages = [stories[start : start + page] for start in range(0, count, page)] + [[]]
    for number, part in enumerate(pages, 1):
        contents = [
            {
                "content_id": s.number,
                "title": s.title,
                "date": int(s.published.timestamp()),
                "url": s.epi_url.removeprefix("https://tienphong.vn"),
            }
            for s in part
        ]
        text = json.dumps({"data": {"contents": contents}})
        site.routes[api.format(number)] = Answer(text, kind="application/json")
    return stories


def name_only(site: LocalSite, stories: list[Story]) -> None:
    """Make the section's listings name only these stories."""
    site.routes[FEED] = site.routes[PAGE] = listing([story.epi_url for story in stories])
    site.routes["api.tienphong.vn/api/morenews-zone-242-1.html?phrase="] = Answer(
        '{"data": {"contents": []}}', kind="application/json"
    )


def master_site(site: LocalSite, count: int = 6, page: int = 3) -> list[Story]:
    """Fill a site with Lao Động Thủ Đô's section "do-thi": a page, and paging without an end."""
    stories = [Story(200000 + n) for n in range(count)]
    for story in stories:
        html = master_article(story.number, story.title, f"{story.published:%Y-%m-%dT%H:%M:%S%z}")
        site.routes[story.master_url.removeprefix("https://")] = Answer(html)
    base = "laodongthudo.vn/dan-sinh/do-thi"
    site.routes[base] = listing([s.master_url for s in stories[:page]])
    last = [s.master_url for s in stories[-page:]]
    for offset in range(15, 600, 15):
        start = offset // 15 * page
        part = [s.master_url for s in stories[start : start + page]] or last
        site.routes[f"{base}&s_cond=&BRSR={offset}"] = listing(part)
    return stories


@dataclass(frozen=True)
class Desk:
    """A folder with a configuration, from which crawls are started. more: lines to add to it."""

    folder: Path
    site: LocalSite | None = None
    more: str = ""

    @property
    def config(self) -> Path:
        return self.folder / "tinquan.toml"

    @property
    def archive_url(self) -> str:
        return f"sqlite:///{self.folder / 'tinquan.db'}"

    @property
    def captures(self) -> Path:
        return self.folder / "captures"

    def warcs(self) -> list[Path]:
        return sorted(self.captures.rglob("*.warc.gz"))

    def open(self) -> Archive:
        return open_archive(self.archive_url)

    def forbid_sockets(self) -> None:
        """Make every crawl from this folder fail if it opens a network socket."""
        (self.folder / "sitecustomize.py").write_text(
            "import socket\n"
            "class NoNetwork(socket.socket):\n"
            "    def __init__(self, family=-1, *args, **kwargs):\n"
            "        if family != socket.AF_UNIX and not kwargs.get('fileno'):\n"
            "            raise RuntimeError('a socket was opened')\n"
            "        super().__init__(family, *args, **kwargs)\n"
            "def no_lookup(*_): raise RuntimeError('a name was looked up')\n"
            "socket.socket, socket.getaddrinfo = NoNetwork, no_lookup\n"
            "socket.gethostbyname = no_lookup\n"
        )

    def start(
        self, outlet: str, *arguments: str, **settings: object
    ) -> subprocess.Popen[str] | Forked:
        """Start `scrapy crawl OUTLET -a … -s …` and return its process."""
        contact = 'contact = "https://example.org/tests"'
        outlets = f'outlets = "{ROOT}/config/outlets"'
        self.config.write_text(f'root = "."\n{contact}\n{outlets}\n{self.more}\n')
        given: dict[str, object] = {"DOWNLOAD_DELAY": 0, "TINQUAN_ARCHIVE": self.archive_url}
        if self.site is not None:
            given["TINQUAN_RESOLVE"] = json.dumps(self.site.resolve)
        command = [sys.executable, "-m", "scrapy", "crawl", outlet]
        for argument in arguments:
            command += ["-a", argument]
        for name, value in (given | settings).items():
            command += ["-s", f"{name}={value}"]
        environment = os.environ | {
            "TINQUAN_CONFIG": str(self.config),
            "PYTHONPATH": f"{self.folder}:{ROOT}",  # for sitecustomize.py
        }
        if self.site is not None:
            environment["SSL_CERT_FILE"] = str(self.site.authority)
        if not (self.folder / "sitecustomize.py").exists():  # only a new Python process reads it
            return Forked(command, environment)
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def crawl(self, outlet: str, *arguments: str, **settings: object) -> tuple[int, str]:
        """Run a crawl to its end; return exit code and standard error."""
        process = self.start(outlet, *arguments, **settings)
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return process.wait(), errors


def articles(archive: Archive) -> dict[str, Article]:
    return {a.latest.article.url: a.latest.article for a in archive.articles.find(ArticleQuery())}


def last_run(desk: Desk) -> Run:
    with desk.open() as archive:
        return archive.runs.find()[0]


def captures(archive: Archive) -> list[Capture]:
    stored = [a.latest.capture for a in archive.articles.find(ArticleQuery())]
    return stored + [capture for capture, _ in archive.articles.refusals()]


def asked_articles(site: LocalSite) -> list[str]:
    return [address for address in site.asked if "-post" in address]


def is_gone(pid: int) -> bool:
    """Return whether a process has ended, even if it is still a zombie."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.02)
