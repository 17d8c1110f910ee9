"""Every way into the four shared families' sites: crawls, recrawls and backfills of each."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from storage.archive import Archive, open_archive
from storage.model.articles import ArticleQuery
from storage.model.runs import Outcome
from tests.support.family_fill import fill
from tests.support.family_sites import HOSTS, SITES, FamilySite, Item
from tests.support.paths import ROOT
from tests.support.site import LocalSite
from tests.support.warm import Forked

BY_FAMILY = pytest.mark.parametrize("site", SITES, ids=lambda site: site.family)
AUGUST = {"since": "2026-08-01", "until": "2026-09-01", "backfill": "1"}


class Desk:
    """A folder with the four outlets' files, from which all are crawled in one process."""

    def __init__(self, folder: Path, local: LocalSite):
        self.folder = folder
        self.local = local
        self.asked: list[str] = []
        (folder / "outlets").mkdir()
        for site in SITES:
            (folder / "outlets" / f"{site.slug}.toml").write_text(site.outlet_file())
        gazetteer = f'gazetteer = "{ROOT}/config/gazetteer"'
        own = 'outlets = "outlets"\nshipped_outlets = false\n'
        text = f'contact = "https://example.org/t"\n{own}{gazetteer}\n'
        (folder / "tinquan.toml").write_text(text)

    def open(self) -> Archive:
        return open_archive(f"sqlite:///{self.folder / 'tinquan.db'}", create=False)

    def start(self, crawls: list[tuple[str, dict[str, str]]]) -> Forked:
        settings = {
            "DOWNLOAD_DELAY": 0,
            "DOWNLOAD_DELAY_JITTER": 0,
            "LOG_LEVEL": "ERROR",
            "TINQUAN_RESOLVE": json.dumps(self.local.resolve),
        }
        asked = {"settings": settings, "crawls": crawls}
        environment = os.environ | {
            "TINQUAN_CONFIG": str(self.folder / "tinquan.toml"),
            "SSL_CERT_FILE": str(self.local.authority),
            "SCRAPY_SETTINGS_MODULE": "crawler.settings",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "tests.support.run_spiders", json.dumps(asked)]
        return Forked(command, environment)

    def crawl(self, crawls: list[tuple[str, dict[str, str]]]) -> None:
        process = self.start(crawls)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors

    def crawl_until(
        self, crawls: list[tuple[str, dict[str, str]]], then: Callable[[], bool]
    ) -> None:
        """Crawl, and kill the process when `then` is true of what was asked for."""
        process = self.start(crawls)

        def kill(_: str) -> None:
            if then():
                os.kill(process.pid, signal.SIGKILL)

        self.local.before = kill
        process.communicate(timeout=120)
        self.local.before = lambda _: None
        assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk from which each site was crawled three times; asked: what was asked for."""
    folder = tmp_path_factory.mktemp("ways")
    with LocalSite(folder, HOSTS) as local:
        for site in SITES:
            fill(local, site)
        desk = Desk(folder, local)
        desk.crawl([(site.slug, {}) for site in SITES for _ in range(3)])
        desk.asked = list(local.asked)
        yield desk


def stored(archive: Archive, site: FamilySite) -> list[str]:
    query = ArticleQuery(outlets=(site.slug,))
    return sorted(found.latest.article.url for found in archive.articles.find(query))


def crawls_of(desk: Desk, site: FamilySite) -> list[list[str]]:
    """Return what each crawl of a site asked for: it begins with robots.txt."""
    crawls: list[list[str]] = []
    for address in desk.asked:
        if address == f"{site.host}/robots.txt":
            crawls.append([])
        if site.host in address.split("/")[0]:
            crawls[-1].append(address)
    return crawls


def is_story(address: str, items: list[Item]) -> bool:
    return any(item.id in address for item in items) and "/api/" not in address


@BY_FAMILY
def test_a_crawl_finds_every_article_once(crawled: Desk, site: FamilySite) -> None:
    with crawled.open() as archive:
        assert stored(archive, site) == sorted(item.url for item in [*site.fresh, site.late])
        runs = archive.runs.find(site.slug)[::-1]
    assert [(run.outcome, run.error) for run in runs] == [(Outcome.DONE, None)] * 3
    assert [run.counts.new for run in runs] == [12, 0, 1]
    asked = [a for a in crawls_of(crawled, site)[0] if is_story(a, site.fresh)]
    assert len(asked) <= 1.15 * len(site.fresh)
    assert {item.id for item in site.fresh} == {
        item.id for item in site.fresh if any(item.id in address for address in asked)
    }


@BY_FAMILY
def test_a_second_crawl_asks_for_no_article(crawled: Desk, site: FamilySite) -> None:
    second = crawls_of(crawled, site)[1]
    assert not [a for a in second if is_story(a, site.fresh)]
    assert len(second) <= 6, second  # robots.txt, feed, section page, two pages, their robots.txt


@BY_FAMILY
def test_an_etag_that_lies_hides_nothing(crawled: Desk, site: FamilySite) -> None:
    third = crawls_of(crawled, site)[2]
    [asked] = [a for a in third if is_story(a, [*site.fresh, site.late])]
    assert asked.split("?")[0] == site.late.url.removeprefix("https://")


def test_a_listing_that_repeats_its_last_page_for_ever_ends(crawled: Desk) -> None:
    [site] = [site for site in SITES if site.family == "mastercms"]
    paged = [address for address in crawls_of(crawled, site)[0] if "BRSR" in address]
    assert paged == [f"{site.host}/doi-song&s_cond=&BRSR={n}" for n in (4, 8, 12)]


@BY_FAMILY
def test_one_link_however_found_with_all_its_ways(crawled: Desk, site: FamilySite) -> None:
    newest = site.fresh[0]
    with crawled.open() as archive:
        assert archive.links.sources(site.slug, newest.url, newest.id)[:2] == ("feed", "listing")
        assert archive.articles.seen_ids(site.slug, [newest.id, "1"]) == {newest.id}


@pytest.mark.slow
def test_a_backfill_killed_twice_finds_all_of_a_month(tmp_path: Path) -> None:
    with LocalSite(tmp_path, HOSTS) as local:
        for site in SITES:
            fill(local, site)
        desk = Desk(tmp_path, local)
        crawls = [(site.slug, AUGUST) for site in SITES]
        past = [item for site in SITES for item in site.past]

        def different() -> int:
            return len({address for address in local.asked if is_story(address, past)})

        desk.crawl_until(crawls, lambda: different() == 4)  # in the midst of the first site
        desk.crawl_until(crawls, lambda: different() == 23)  # and of the third
        desk.crawl([*crawls, crawls[0]])  # the first once more: it has nothing left to ask
        asked = Counter(a for a in local.asked if is_story(a, past))
        assert sum(asked.values()) <= len(past) + 4, "only what was in flight is asked twice"
        assert local.asked[-2:] == ["baoepi.vn/robots.txt", "baoepi.vn/sitemaps/news-2026-8.xml"]
    with desk.open() as archive:
        for site in SITES:
            assert stored(archive, site) == sorted(item.url for item in site.past)
            runs = archive.runs.find(site.slug)
            assert runs[0].outcome is Outcome.DONE
            promised = archive.links.promises(
                site.slug, date(2026, 8, 1), date(2026, 9, 1), "month"
            )
            counts = [(row.period, row.promised, row.missing) for row in promised]
            # MasterCMS has no sitemaps here: nobody promised anything.
            assert counts == ([] if site.family == "mastercms" else [("2026-08", 10, 0)])
