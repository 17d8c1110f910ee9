"""What Scrapy's own commands do with our spiders: crawl -O, shell, parse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.render.base import article_json
from storage.model.articles import ArticleQuery
from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite
from tests.support.sites import SECTION, Desk, articles, epi_site, last_run

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path, site: LocalSite) -> Desk:
    """Return a folder without an archive."""
    return Desk(tmp_path, site)


def scrapy(desk: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Scrapy command against the site; the desk's folder would hold its archive."""
    config = desk.folder / "tinquan.toml"
    config.write_text(
        f'root = "."\ncontact = "https://example.org/tests"\noutlets = "{ROOT}/config/outlets"\n'
    )
    assert desk.site is not None
    command = [sys.executable, "-m", "scrapy", *words, "-s", "DOWNLOAD_DELAY=0"]
    command += ["-s", f"TINQUAN_RESOLVE={json.dumps(desk.site.resolve)}"]
    environment = os.environ | {
        "TINQUAN_CONFIG": str(config),
        "TINQUAN_ARCHIVE": desk.archive_url,
        "PYTHONPATH": str(ROOT),
        "SSL_CERT_FILE": str(desk.site.authority),
        "TMPDIR": str(desk.folder),
    }
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=90
    )


def files_of(desk: Desk) -> list[str]:
    """Return what is in the desk's folder besides the site's certificates."""
    files = [file for file in desk.folder.rglob("*") if file.suffix != ".pem"]
    return sorted(str(file.relative_to(desk.folder)) for file in files)


def test_a_feed_holds_the_stored_articles_as_extract_prints_them(
    desk: Desk, site: LocalSite
) -> None:
    stories = epi_site(site, count=3, page=3)
    site.routes[stories[-1].epi_url.removeprefix("https://")] = Answer(status=404)
    feed = desk.folder / "items.jsonl"
    done = scrapy(desk, "crawl", "tienphong", "-a", SECTION, "-O", str(feed), "-s", "STATS_DUMP=1")
    assert done.returncode == 0, done.stderr
    assert "'tinquan/new': 2" in done.stderr
    assert "'tinquan/refused/not_found': 1" in done.stderr
    counts = last_run(desk).counts
    assert (counts.new, counts.refused) == (2, {"not_found": 1})
    lines = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    with desk.open() as archive:
        stored = articles(archive)
    assert len(stored) == len(lines) == 2
    assert {line["url"]: line for line in lines} == {
        url: article_json(article) for url, article in stored.items()
    }


@pytest.mark.parametrize("ending", ["page", "listing"])
def test_parse_shows_what_a_page_holds_and_keeps_nothing(
    desk: Desk, site: LocalSite, ending: str
) -> None:
    story = epi_site(site)[0]
    url = story.epi_url if ending == "page" else "https://tienphong.vn/nhip-song-thu-do/"
    done = scrapy(desk, "parse", "--spider=tienphong", "--nocolour", url)
    assert done.returncode == 0, done.stderr
    shown = f"'title': '{story.title}'" if ending == "page" else f"<GET {story.epi_url}>"
    assert shown in done.stdout, done.stderr
    assert files_of(desk) == ["tinquan.toml"]


def test_shell_fetches_without_an_archive(desk: Desk, site: LocalSite) -> None:
    story = epi_site(site)[0]
    done = scrapy(desk, "shell", story.epi_url, "-c", "(spider.name, response.status)")
    assert done.returncode == 0, done.stderr
    assert "('tienphong', 200)" in done.stdout, done.stderr
    assert files_of(desk) == ["tinquan.toml"]


def test_a_crawl_of_one_address_stores_its_article(desk: Desk, site: LocalSite) -> None:
    story = epi_site(site)[0]
    code, errors = desk.crawl("tienphong", f"url={story.epi_url}")
    assert code == 0, errors
    assert (last_run(desk).counts.new, last_run(desk).counts.links) == (1, 1)
    with desk.open() as archive:
        assert [*articles(archive)] == [story.epi_url]
        assert all(found.latest.tags for found in archive.articles.find(ArticleQuery()))
