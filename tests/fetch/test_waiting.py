"""Crawls through bad moments: no page that stands in an article's place loses the article."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from crawler.health.evaluate import evaluate_outlet
from crawler.health.rules import MonitoredOutlet
from storage.model.alarms import Cause
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, feed, listing
from tests.support.sites import (
    FEED,
    PAGE,
    SECTION,
    Desk,
    Story,
    articles,
    asked_articles,
    epi_site,
    last_run,
)

APP = '<!doctype html><html><body><div id="app"></div><script src="/a.js"></script></body></html>'
REFRESH = '<meta http-equiv="refresh" content="0; url=https://tienphong.vn/tam-nghi">'
LOGIN = "<html><title>Đăng nhập</title><form><input name=user><input type=password></form></html>"
NEW_MARKUP = "<html><body><main><section><b>Ghế gỗ ven hồ</b></section></main></body></html>"
BAD_MOMENTS = {
    "elsewhere": Answer(status=302, headers={"Location": "https://status.example.org/"}),
    "home": Answer(status=302, headers={"Location": "/"}),
    "see other": Answer(status=303, headers={"Location": "/dang-nhap"}),
    "temporary": Answer(status=307, headers={"Location": "/"}),
    "maintenance": Answer("<html><h1>Hệ thống đang bảo trì</h1><p>Xin quay lại sau.</p></html>"),
    "login": Answer(LOGIN),
    "json": Answer('{"error":"upstream timed out"}', kind="application/json"),
    "php": Answer("<br /><b>Fatal error</b>: Uncaught PDOException in /var/www/index.php:12"),
    "plain": Answer("Service temporarily unavailable", kind="text/plain"),
    "nothing": Answer(""),
    "script": Answer('<script>window.location.href="https://tienphong.vn/cho";</script>'),
    "refresh": Answer(REFRESH),
    "app": Answer(APP),
    "markup": Answer(NEW_MARKUP),
    "other feed": Answer("<?xml version='1.0'?><rss><channel></channel></rss>", kind="text/xml"),
    "soft 404": Answer("<html><title>404 - Không tìm thấy trang</title></html>"),
    "image": Answer(b"\x89PNG\r\n", kind="image/png"),
    "cookie wall": Answer(status=302, headers={"Location": "/cookie?next=1"}),
}


def address(story: Story) -> str:
    return story.epi_url.removeprefix("https://")


def spoil(site: LocalSite, stories: list[Story]) -> Iterator[tuple[str, Answer]]:
    """Let each story's address answer with another bad moment; yield what it answered before."""
    site.routes["tienphong.vn/"] = listing([])
    site.routes["tienphong.vn/dang-nhap"] = Answer(LOGIN)
    site.routes["tienphong.vn/cookie?next=1"] = Answer(
        status=302, headers={"Location": "/cookie?next=1"}
    )
    for story, bad in zip(stories, BAD_MOMENTS.values(), strict=True):
        before = site.routes[address(story)]
        assert isinstance(before, Answer)
        yield address(story), before
        site.routes[address(story)] = bad


def name_nothing_new(site: LocalSite, story: Story) -> None:
    """Let the section's listings name one story only, as if hours had passed."""
    site.routes[FEED] = feed([(story.epi_url, story.title, "Mon, 14 Sep 2026 08:00:00 +07:00")])
    site.routes[PAGE] = listing([story.epi_url])
    site.routes["api.tienphong.vn/api/morenews-zone-242-1.html?phrase="] = Answer(
        '{"data": {"contents": []}}', kind="application/json"
    )


def test_no_bad_moment_loses_an_article(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=len(BAD_MOMENTS) + 1, page=len(BAD_MOMENTS) + 1)
    good = dict(spoil(site, stories[1:]))
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    run = last_run(desk)
    assert run.counts.new == 1
    assert sum(run.counts.refused.values()) == len(BAD_MOMENTS)
    assert "ignored" not in run.counts.refused
    assert run.counts.refused[RefusalReason.REDIRECT_LOOP.value] == 1
    with desk.open() as archive:
        monitored = MonitoredOutlet("tienphong", "epi", timedelta(minutes=30))
        (alarm,) = evaluate_outlet(archive, monitored, datetime.now().astimezone())
        assert alarm.finding.cause is Cause.TEMPLATE
        assert "another page in place of the article" in alarm.finding.summary

    site.routes.update(good)
    name_nothing_new(site, stories[0])
    asked = len(site.asked)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert sorted(set(asked_articles(site)[len(stories) :])) == sorted(good)
    assert len(site.asked[asked:]) == len(set(site.asked[asked:])), "each was asked once"
    run = last_run(desk)
    assert (run.outcome, run.counts.new, run.counts.refused) == (Outcome.DONE, len(good), {})
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.epi_url for story in stories)
        assert archive.links.due("tienphong", datetime.now().astimezone(), 9) == []
        assert evaluate_outlet(archive, monitored, datetime.now().astimezone()) == []


@pytest.mark.slow
def test_what_waits_is_asked_less_and_less_until_looks_a_day_apart_agree(
    desk: Desk, site: LocalSite
) -> None:
    stories = epi_site(site, count=3, page=3)
    bad = address(stories[2])
    site.routes[bad] = BAD_MOMENTS["maintenance"]
    site.routes[address(stories[1])] = Answer(status=410)
    asked = []
    for hours in (0, 2, 3, 30, 30):
        go_back(desk, timedelta(hours=hours))
        before = len(site.asked)
        assert desk.crawl("tienphong", SECTION)[0] == 0
        asked.append([a for a in site.asked[before:] if "-post" in a])
    assert asked[0] == [address(story) for story in stories]
    assert asked[1:] == [[bad], [bad], [bad], []], "not found for good: once; the other: a day"
    go_back(desk, timedelta(hours=300))
    site.routes[bad] = Answer("<p>Bảo trì</p>")
    assert desk.crawl("tienphong", SECTION, "recrawl=1")[0] == 0
    assert last_run(desk).counts.requested > 3, "who asks for all again gets it"


def go_back(desk: Desk, span: timedelta) -> None:
    """Let everything that the archive holds have happened that much earlier."""
    file = desk.folder / "tinquan.db"
    if not (span and file.exists()):
        return
    with sqlite3.connect(file) as conn:
        for table, column in (("refusals", "captured_at"), ("validators", "saved_at")):
            rows = conn.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
            for row, text in rows:
                moment = datetime.fromisoformat(text) - span
                earlier = moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
                conn.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (earlier, row))
    conn.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "target", "is_given_up"),
    [
        (301, "/", True),
        (301, "https://khac.example.org/", True),
        (308, "/the-thao/", True),
        (301, "/ten-moi-post1900000.tpo", False),
        (302, "/the-thao/", False),
    ],
)
def test_an_address_that_is_sent_on_for_good_is_given_up(
    desk: Desk, site: LocalSite, status: int, target: str, is_given_up: bool
) -> None:
    stories = epi_site(site, count=2, page=2)
    site.routes["tienphong.vn/"] = site.routes["tienphong.vn/the-thao/"] = listing([])
    site.routes["tienphong.vn/ten-moi-post1900000.tpo"] = BAD_MOMENTS["maintenance"]
    site.routes[address(stories[0])] = Answer(status=status, headers={"Location": target})
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    with desk.open() as archive:
        url = stories[0].epi_url
        assert archive.articles.seen("tienphong", [url]) == ({url} if is_given_up else set())
        assert (archive.links.due("tienphong", datetime.now().astimezone(), 9) == []) == is_given_up
