"""Whole crawls, as a user starts them, against a site on this machine."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from crawler.capture.files import RecordCheck
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.reader import read_record
from crawler.fetch.store_group import MAX_PAGES
from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, epi_article, feed, listing
from tests.support.sites import (
    FEED,
    PAGE,
    SECTION,
    START,
    Desk,
    Story,
    articles,
    asked_articles,
    captures,
    epi_site,
    last_run,
    master_site,
    name_only,
)


def test_crawls_once_and_replays_the_same(desk: Desk, site: LocalSite, tmp_path: Path) -> None:
    stories = epi_site(site)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.outcome, run.error, run.counts.new, run.counts.links) == (
        Outcome.DONE,
        None,
        12,
        12,
    )
    assert run.newest_published_at == stories[0].published
    assert run.peak_memory_bytes and run.peak_memory_bytes > 1_000_000
    assert sorted(asked_articles(site)) == sorted(
        story.epi_url.removeprefix("https://") for story in stories
    )
    assert {headers["user-agent"] for headers in site.headers} == {
        f"tinquan/{version('tinquan')} (+https://example.org/tests)"
    }
    assert not any("cookie" in headers or "referer" in headers for headers in site.headers)

    other = Desk(tmp_path / "replay")
    other.folder.mkdir()
    recorded = json.dumps([*map(str, desk.warcs())])
    other.forbid_sockets()
    code, errors = other.crawl("tienphong", SECTION, TINQUAN_REPLAY=recorded)
    assert code == 0, errors
    with desk.open() as live, other.open() as replayed:
        assert articles(replayed) == articles(live)
        paths = {desk.captures / c.warc_file for c in captures(live)}
        assert {Path(c.warc_file) for c in captures(replayed)} == paths
        shared = [replace(c, warc_file="") for c in captures(live)]
        assert [replace(c, warc_file="") for c in captures(replayed)] == shared
        assert replayed.runs.find()[0].replay
        listed = {desk.captures / file.name for file in live.captures.warc_files()}
        assert listed == {*desk.warcs()}, "closed, so listed with its digest"
        checked = RecordCheck(CaptureFiles(desk.captures))
        assert list(checked.faults(live.captures.recorded())) == []
        assert list(live.maintenance.check(lambda _name: None)) == []
    assert not other.captures.exists(), "a replay writes no WARC and locks nobody out"


@pytest.mark.slow
def test_a_second_crawl_asks_only_whether_listings_have_changed(
    desk: Desk, site: LocalSite
) -> None:
    epi_site(site)
    for address in (FEED, PAGE):
        plain = site.routes[address]
        assert isinstance(plain, Answer)
        site.routes[address] = conditional(plain)
    assert desk.crawl("tienphong", SECTION)[0] == 0
    asked = len(site.asked)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert site.asked[asked:] == ["tienphong.vn/robots.txt", FEED, PAGE]
    assert all(headers["if-none-match"] == '"1"' for headers in site.headers[asked + 1 :])
    run = last_run(desk)
    assert (run.outcome, run.counts.new, run.counts.unchanged) == (Outcome.DONE, 0, 0)

    asked = len(site.asked)
    code, errors = desk.crawl("tienphong", SECTION, "recrawl=1", "limit=3")
    assert code == 0, errors
    assert len(asked_articles(site)) == 12 + 3
    assert not any("if-none-match" in headers for headers in site.headers[asked:])
    assert last_run(desk).counts.unchanged == 3


def conditional(plain: Answer) -> Callable[[dict[str, str]], Answer]:
    def answer(headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == '"1"':
            return Answer(status=304, headers={"ETag": '"1"'})
        return replace(plain, headers={"ETag": '"1"'})

    return answer


@pytest.mark.slow
def test_a_killed_crawl_loses_nothing_and_repeats_nothing_stored(
    desk: Desk, site: LocalSite
) -> None:
    stories = epi_site(site, count=MAX_PAGES + 10, page=10)
    killed: list[int] = []

    def kill(address: str) -> None:
        if len(asked_articles(site)) == MAX_PAGES + 5 and not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)

    process = desk.start("tienphong", SECTION)
    site.before = kill
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with desk.open() as archive:
        before = articles(archive)
        assert 0 < len(before) < MAX_PAGES + 5, "a group is stored, and a part of the next is not"
    asked = len(site.asked)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    stored = {url.removeprefix("https://") for url in before}
    assert not stored & set(site.asked[asked:])
    again = len(asked_articles(site)) - len(stories)
    assert again <= 1, "what was recorded and not stored is read back; one was in flight"
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.epi_url for story in stories)
        for capture in captures(archive):
            page = read_record(desk.captures / capture.warc_file, capture.warc_offset)
            assert (page.url, page.fetched_at) == (capture.url, capture.captured_at)


def test_sitemaps_fill_the_window(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=6, page=2)
    entries = "".join(f"<url><loc>{s.epi_url}</loc></url>" for s in stories)
    map_ = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    site.routes["tienphong.vn/sitemaps/news-2026-9.xml"] = Answer(map_, kind="text/xml")
    for part in ("nhip-song-thu-do", "nstd-giao-thong-do-thi", "nstd-moi-truong"):
        site.routes[f"tienphong.vn/{part}/"] = listing([])
    code, errors = desk.crawl("tienphong", "since=2026-09-14", "until=2026-09-30", "sitemaps=1")
    assert code == 0, errors
    assert "tienphong.vn/sitemaps/news-2026-9.xml" in site.asked
    assert last_run(desk).counts.new == 6


def test_mastercms_paging_ends_where_it_repeats(desk: Desk, site: LocalSite) -> None:
    stories = master_site(site)
    code, errors = desk.crawl("laodongthudo", "section=do-thi")
    assert code == 0, errors
    paged = [address for address in site.asked if "BRSR" in address]
    assert paged == [f"laodongthudo.vn/dan-sinh/do-thi&s_cond=&BRSR={n}" for n in (15, 30)]
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.master_url for story in stories)


def test_one_story_found_in_many_ways_is_asked_once(desk: Desk, site: LocalSite) -> None:
    story = Story(1900000)
    html = epi_article(story.number, story.title, "2026-09-14T08:00:00+0700")
    site.routes[story.epi_url.removeprefix("https://")] = Answer(html)
    amp = story.epi_url.removesuffix(".tpo") + ".amp"
    twin = story.epi_url.replace("//", "//m.")
    date = "Mon, 14 Sep 2026 08:00:00 +07:00"
    site.routes[FEED] = feed([(story.epi_url, "A", date), (amp, "A", date)])
    site.routes[PAGE] = listing(
        [f"{story.epi_url}?utm_source=x", twin, f"{story.epi_url}#binh-luan"]
    )
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert len(asked_articles(site)) == 1
    with desk.open() as archive:
        assert archive.articles.seen("tienphong", [story.epi_url, amp]) == {story.epi_url, amp}
    assert last_run(desk).counts.links == 1


@pytest.mark.slow
@pytest.mark.parametrize("words", [("limit=5",), ("budget=7",), ("section=nstd-moi-truong",)])
def test_known_articles_are_no_end_after_a_crawl_that_left_some_behind(
    desk: Desk, site: LocalSite, words: tuple[str, ...]
) -> None:
    epi_site(site, count=12, page=5)
    site.routes["tienphong.vn/nstd-moi-truong/"] = site.routes[PAGE]  # its newest are there too
    assert desk.crawl("tienphong", SECTION, *words)[0] == 0
    brought = last_run(desk).counts.new
    assert 0 < brought <= 5
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert last_run(desk).counts.new == 12 - brought


@pytest.mark.slow
def test_a_crawl_of_a_window_is_no_proof_that_all_before_it_is_known(
    desk: Desk, site: LocalSite
) -> None:
    stories = epi_site(site, count=18, page=6)
    now = dict(site.routes)
    name_only(site, stories[12:])  # as it was hours ago
    assert desk.crawl("tienphong", SECTION)[0] == 0
    site.routes.update(now)
    since = START - timedelta(hours=5, minutes=30)
    assert desk.crawl("tienphong", SECTION, f"since={since.isoformat()}")[0] == 0
    with desk.open() as archive:
        known = articles(archive)
    assert stories[5].epi_url in known
    assert stories[11].epi_url not in known
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.epi_url for story in stories)


@pytest.mark.slow
def test_since_goes_back_behind_what_is_known(desk: Desk, site: LocalSite) -> None:
    epi_site(site, count=12, page=5)
    api = "api.tienphong.vn/api/morenews-zone-242-2.html?phrase="
    older = site.routes[api]
    site.routes[api] = Answer('{"data": {"contents": []}}', kind="application/json")
    assert desk.crawl("tienphong", SECTION)[0] == 0
    site.routes[api] = older
    code, errors = desk.crawl("tienphong", SECTION, "since=2026-09-01")
    assert code == 0, errors
    assert last_run(desk).counts.new == 7


@pytest.mark.slow
def test_a_failed_article_is_met_again_however_far_down(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=12, page=4)
    last = stories[-1].epi_url.removeprefix("https://")
    whole = site.routes[last]
    site.routes[last] = Answer(status=403)
    desk.crawl("tienphong", SECTION)
    assert last_run(desk).counts.new == 11
    site.routes[last] = whole
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert last_run(desk).counts.new == 1
