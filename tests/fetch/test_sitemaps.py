"""Crawls of sitemaps that are cut, nested, misdated or misnamed: nothing without a word."""

import gzip
import json
from collections.abc import Sequence

import pytest

from storage.model.runs import Outcome
from tests.support.commands import Tinquan
from tests.support.site import Answer, LocalSite, feed, listing
from tests.support.sites import FEED, SECTION, Desk, Story, articles, epi_site, last_run

TOP = "tienphong.vn/sitemaps/news-2026-9.xml"
WINDOW = ("since=2026-09-14T12:00", "until=2026-09-30", "sitemaps=1")
BASE = "https://tienphong.vn/maps/"


def urlset(stories: Sequence[Story], lastmod: str = "") -> Answer:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    entries = "".join(f"<url><loc>{story.epi_url}</loc>{date}</url>" for story in stories)
    return Answer(f"<urlset>{entries}</urlset>", kind="text/xml")


def index(names: Sequence[str], lastmod: str = "") -> Answer:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    entries = "".join(f"<sitemap><loc>{BASE}{name}</loc>{date}</sitemap>" for name in names)
    return Answer(f"<sitemapindex>{entries}</sitemapindex>", kind="text/xml")


@pytest.fixture
def stories(site: LocalSite) -> list[Story]:
    """Return twelve stories of which a feed names the first."""
    found = epi_site(site, count=12, page=1)
    for part in ("nhip-song-thu-do", "nstd-giao-thong-do-thi", "nstd-moi-truong"):
        site.routes[f"tienphong.vn/{part}/"] = listing([])
    site.routes[FEED] = feed([(found[0].epi_url, "A", "")])
    for number in (1, 2, 3):
        site.routes.pop(f"api.tienphong.vn/api/morenews-zone-242-{number}.html?phrase=", None)
    return found


def stored(desk: Desk) -> int:
    with desk.open() as archive:
        return len(articles(archive))


def place(site: LocalSite, **maps: Answer) -> None:
    for name, answer in maps.items():
        site.routes[f"tienphong.vn/maps/{name.replace('_', '-')}.xml"] = answer


def test_an_index_in_an_index_in_an_index_is_followed(
    desk: Desk, site: LocalSite, stories: list[Story]
) -> None:
    site.routes[TOP] = index(["a.xml"])
    place(site, a=index(["b.xml"]), b=index(["c.xml", "b.xml", "a.xml"]), c=urlset(stories))
    assert desk.crawl("tienphong", *WINDOW)[0] == 0
    assert stored(desk) == 12
    assert len(site.asked) == len(set(site.asked)), "a circle of indexes is asked once"


def test_children_of_one_old_date_and_days_without_a_time_are_read(
    desk: Desk, site: LocalSite, stories: list[Story]
) -> None:
    site.routes[TOP] = index(["a.xml", "b.xml"], lastmod="2019-01-01T00:00:00+07:00")
    place(site, a=urlset(stories[:6], "2026-09-14"), b=urlset(stories[6:], "2026-09-13"))
    assert desk.crawl("tienphong", *WINDOW)[0] == 0
    assert stored(desk) == 6, "of the 14th, and no others"


@pytest.mark.slow
def test_a_month_that_is_empty_after_it_had_stories_is_a_fault(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=4)
    for number in (1, 2):
        site.routes[f"api.tienphong.vn/api/morenews-zone-242-{number}.html?phrase="] = Answer(
            '{"data": {"contents": []}}', kind="application/json"
        )

    def crawl_month(mapped: list[Story]) -> str:
        site.routes[TOP] = urlset(mapped)
        assert desk.crawl("tienphong", SECTION, *WINDOW)[0] == 0
        return str(last_run(desk).error)

    empty = "news-2026-9.xml: empty"
    assert empty not in crawl_month([]), "a month that has just begun"
    assert empty not in crawl_month(stories)
    assert empty in crawl_month([])


@pytest.mark.slow
def test_twelve_parts_of_a_year_are_no_months(
    desk: Desk, site: LocalSite, stories: list[Story], tinquan: Tinquan
) -> None:
    names = [f"sitemap-2026-{n}.xml" for n in range(1, 13)]
    site.routes[TOP] = index(names)
    for n in range(12):
        lastmod = "2026-02-03" if n == 8 else "2026-09-20"  # 9 is no September
        site.routes[f"tienphong.vn/maps/{names[n]}"] = urlset(stories[n : n + 1], lastmod)
    assert desk.crawl("tienphong", *WINDOW)[0] == 0
    assert stored(desk) == 11
    assert "sitemaps_outside_window" not in last_run(desk).counts.refused


@pytest.mark.slow
def test_what_is_left_out_is_counted_in_the_run_and_in_coverage(
    desk: Desk, site: LocalSite, stories: list[Story], tinquan: Tinquan
) -> None:
    site.routes[TOP] = index(["old-2025-3.xml", "cut.xml.gz", "dead.xml.gz", "2026-09.xml"])
    entries = gzip.compress(str(urlset(stories[:6]).body).encode())
    site.routes["tienphong.vn/maps/cut.xml.gz"] = Answer(entries[: len(entries) * 3 // 4])
    site.routes["tienphong.vn/maps/dead.xml.gz"] = Answer(entries[:9])
    site.routes["tienphong.vn/maps/2026-09.xml"] = urlset(stories[6:])
    assert desk.crawl("tienphong", *WINDOW)[0] == 0
    run = last_run(desk)
    assert run.outcome is Outcome.DONE
    left_out = {"cut": 2, "sitemaps_outside_window": 1}
    assert left_out.items() <= run.counts.refused.items()
    assert 6 < stored(desk) < 12
    told = tinquan("coverage", "tienphong", "--json", "--archive", desk.archive_url)
    assert json.loads(told.out)["left_out"] == left_out
    shown = tinquan("coverage", "tienphong", "--archive", desk.archive_url).out
    assert "left out: cut 2, sitemaps_outside_window 1" in " ".join(shown.split())
    shown = tinquan("runs", "--archive", desk.archive_url).out
    assert "cut 2" in " ".join(shown.split())
    site.routes["tienphong.vn/maps/cut.xml.gz"] = Answer(entries)
    site.routes["tienphong.vn/maps/dead.xml.gz"] = urlset([])
    assert desk.crawl("tienphong", *WINDOW)[0] == 0
    assert stored(desk) == 12, "the next crawl reads the sitemap whole"
