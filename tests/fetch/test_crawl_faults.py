"""Whole crawls of what goes wrong in a newsroom: hosts, robots, disks, signals, words."""

import gzip
import json
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from crawler.capture.reader import read_record
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, epi_article, feed, listing
from tests.support.sites import (
    FEED,
    PAGE,
    SECTION,
    Desk,
    articles,
    asked_articles,
    epi_site,
    last_run,
    name_only,
    wait_for,
)


def test_a_host_without_an_address_fails_in_one_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    code, errors = desk.crawl("tienphong", "limit=5", LOG_FILE=tmp_path / "log")
    assert code == 1
    line = "tienphong.vn: cannot be reached: DNS lookup failed"
    assert errors == f"Error: tienphong: failed: {line}\n"
    run = last_run(desk)
    assert (run.outcome, run.error) == (Outcome.FAILED, line)
    assert run.log_file == str(tmp_path / "log")
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_private_address_is_never_asked(desk: Desk, site: LocalSite, tmp_path: Path) -> None:
    outlets = tmp_path / "outlets"
    outlets.mkdir()
    text = 'name = "Nội bộ"\nfamily = "epi"\n[[domains]]\nhost = "0x7f.0.0.1"\n'
    (outlets / "inside.toml").write_text(
        f'{text}[[sections]]\nslug = "x"\nname = "X"\npath = "/x/"\n', encoding="utf-8"
    )
    code, errors = desk.crawl("inside", TINQUAN_OUTLETS=outlets, LOG_FILE=tmp_path / "log")
    assert code == 1
    assert "0x7f.0.0.1: cannot be reached: its address 127.0.0.1 is not public" in errors
    assert site.asked == []


@pytest.mark.slow
def test_hostile_answers_become_refusals(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=8, page=8)
    at = {number: story.epi_url.removeprefix("https://") for number, story in enumerate(stories)}
    local = next(iter(site.resolve.values()))
    site.routes[at[0]] = Answer(status=302, headers={"Location": f"https://{local}/inside"})
    bomb = gzip.compress(b"<p>a</p>" * 3_000_000)
    site.routes[at[1]] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    site.routes[at[2]] = Answer("x" * 1000, drip=0.1)
    site.routes[at[3]] = Answer(status=410)
    site.routes[at[4]] = Answer("<title>Just a moment...</title>", 403)
    site.routes[at[5]] = Answer(b"<html>" + b"a" * 9_000_000)
    moved = stories[6].epi_url.replace("ghe-go", "ghe-moi")
    site.routes[at[6]] = Answer(status=301, headers={"Location": moved})
    html = epi_article(stories[6].number, "Ghe moi ven ho", "2026-09-14T08:00:00+0700")
    site.routes[moved.removeprefix("https://")] = Answer(html)
    code, errors = desk.crawl("tienphong", SECTION, DOWNLOAD_TIMEOUT=10, RETRY_TIMES=0)
    assert code == 0, errors
    run = last_run(desk)
    assert run.counts.refused == {
        "not_article": 1,
        "too_large": 2,
        "not_found": 1,
        "blocked": 1,
    }
    assert (run.counts.new, run.counts.failed) == (2, 1)
    with desk.open() as archive:
        reasons = {r.url.removeprefix("https://"): r for _, r in archive.articles.refusals()}
        assert reasons[at[0]].evidence == f"redirects to another site: https://{local}/inside"
        assert reasons[at[1]].reason is RefusalReason.TOO_LARGE
        assert reasons[at[5]].reason is RefusalReason.TOO_LARGE
        cut = next(c for c, r in archive.articles.refusals() if r.url.endswith(at[5]))
        assert read_record(desk.captures / cut.warc_file, cut.warc_offset).body == b""
        waiting = [stories[number].epi_url for number in (0, 1, 4, 5)]
        assert archive.articles.seen("tienphong", waiting) == set(), "one look gives nothing up"
        assert {*archive.links.looks("tienphong", waiting)} == {*waiting}
        gone = stories[3].epi_url
        assert archive.articles.seen("tienphong", [gone]) == {gone}, "410"
        assert archive.articles.seen("tienphong", [stories[6].epi_url, moved]) == {
            stories[6].epi_url,
            moved,
        }
    assert not any("inside" in address for address in site.asked)


def test_robots_that_cannot_be_read_close_the_host(desk: Desk, site: LocalSite) -> None:
    epi_site(site)
    site.routes["tienphong.vn/robots.txt"] = Answer(status=500)
    code, errors = desk.crawl("tienphong", SECTION, RETRY_TIMES=0)
    assert code == 1
    assert "tienphong.vn: robots.txt cannot be read: HTTP 500" in errors.splitlines()[-1]
    assert site.asked == ["tienphong.vn/robots.txt"]
    run = last_run(desk)
    assert (run.outcome, run.error) == (
        Outcome.FAILED,
        "tienphong.vn: robots.txt cannot be read: HTTP 500",
    )


def test_robots_rules_and_crawl_delay_are_kept(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=2, page=2)
    name = stories[0].epi_url.removeprefix("https://tienphong.vn")
    rules = f"User-agent: tinquan\nCrawl-delay: 0.6\nDisallow: /rss/\nDisallow: {name}\n"
    site.routes["tienphong.vn/robots.txt"] = Answer(rules, kind="text/plain")
    times: list[float] = []
    site.before = lambda address: times.append(time.monotonic())
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    pages = [
        (a, t) for a, t in zip(site.asked, times, strict=True) if a.startswith("tienphong.vn/")
    ]
    assert [a for a, _ in pages] == [
        "tienphong.vn/robots.txt",
        PAGE,
        stories[1].epi_url.removeprefix("https://"),
    ]
    assert pages[2][1] - pages[1][1] >= 0.55  # the server's clock starts a little later
    assert last_run(desk).counts.refused == {"robots": 2}


@pytest.mark.slow
def test_a_signal_ends_a_crawl_soon_and_a_lock_names_its_holder(
    desk: Desk, site: LocalSite
) -> None:
    epi_site(site)
    site.routes[PAGE] = Answer("x" * 1000, drip=0.2)
    process = desk.start("tienphong", SECTION, TINQUAN_RUN_ID="first")
    wait_for(lambda: PAGE in site.asked)
    code, errors = desk.crawl("tienphong", SECTION, TINQUAN_RUN_ID="second")
    holder = f"tienphong.vn: is being crawled by process {process.pid} (run first)"
    assert code == 1
    assert holder in errors.splitlines()[-1]
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 1
    assert time.monotonic() - started < 8
    with desk.open() as archive:
        first, second = archive.runs.get("first"), archive.runs.get("second")
    assert (first.outcome, first.error) == (Outcome.STOPPED, "asked to stop by a signal")
    assert second.outcome is Outcome.FAILED
    assert holder in (second.error or "")


@pytest.mark.slow
def test_a_crawl_ends_at_its_time_limit(desk: Desk, site: LocalSite) -> None:
    epi_site(site)
    whole = site.routes[PAGE]
    site.routes[PAGE] = Answer("x" * 1000, drip=0.2)
    code, errors = desk.crawl("tienphong", SECTION, TINQUAN_RUN_SECONDS=2)
    assert code == 1, errors
    run = last_run(desk)
    assert (run.outcome, run.error) == (
        Outcome.TIMED_OUT,
        "not done within its time limit of 2 s",
    )
    site.routes[PAGE] = whole
    with desk.open() as archive:
        assert list(archive.captures.warc_files()) == [], (
            "the next crawl reads what was left in them"
        )
        assert desk.crawl("tienphong", SECTION)[0] == 0
        assert {desk.captures / one.name for one in archive.captures.warc_files()} == {
            *desk.warcs()
        }


@pytest.mark.slow
def test_listings_that_lie_are_refused_and_said(desk: Desk, site: LocalSite) -> None:
    epi_site(site)
    site.routes[FEED] = Answer("<!DOCTYPE html><html>Trang chủ</html>")
    site.routes[PAGE] = listing([])
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 1
    run = last_run(desk)
    assert run.outcome is Outcome.FAILED
    assert run.error == f"tienphong.vn: https://{FEED}: malformed: HTML instead of XML"
    assert run.counts.refused == {"malformed": 1, "empty": 1}
    site.routes[FEED] = feed([])
    site.routes[PAGE] = listing(["/ghe-go-ven-ho-so-1900000-post1900000.tpo"])
    code, errors = desk.crawl("tienphong", SECTION)
    run = last_run(desk)
    assert (code, run.outcome, run.counts.new) == (0, Outcome.DONE, 12), errors
    assert run.error == f"tienphong.vn: https://{FEED}: empty: a feed without items"


def test_a_host_that_asks_to_wait_is_waited_for(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=2, page=2)
    address = stories[0].epi_url.removeprefix("https://")
    good, busy = site.routes[address], iter([Answer(status=429, headers={"Retry-After": "1"})])
    assert isinstance(good, Answer)
    site.routes[address] = lambda _: next(busy, good)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert last_run(desk).counts.new == 2


def test_a_host_that_asks_to_wait_too_long_ends_the_run(desk: Desk, site: LocalSite) -> None:
    epi_site(site)
    site.routes[FEED] = Answer(status=503, headers={"Retry-After": "900"})
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 1
    expected = "tienphong.vn: asks us to slow down (HTTP 503)"
    assert errors.splitlines()[-1] == f"Error: tienphong: failed: {expected}"
    assert site.asked == ["tienphong.vn/robots.txt", FEED]


@pytest.mark.slow
def test_what_a_replay_cannot_use_is_said(desk: Desk, site: LocalSite, tmp_path: Path) -> None:
    stories = epi_site(site, count=4, page=4)
    assert desk.crawl("tienphong", SECTION)[0] == 0
    missing = tmp_path / "none.warc.gz"
    code, errors = desk.crawl("tienphong", TINQUAN_REPLAY=json.dumps([str(missing)]))
    assert (code, errors.splitlines()[-1]) == (
        1,
        f"Error: {missing}: no such file; expected a WARC file",
    )
    assert last_run(desk).outcome is Outcome.FAILED
    (whole,) = desk.warcs()
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(whole.read_bytes()[:-2500])
    other = Desk(tmp_path / "other")
    other.folder.mkdir()
    code, errors = other.crawl("tienphong", SECTION, TINQUAN_REPLAY=json.dumps([str(torn)]))
    assert code == 0, errors
    assert f"{torn}: is torn at offset" in errors
    run = last_run(other)
    assert 0 < run.counts.new < len(stories)
    assert run.counts.refused["not_recorded"] >= 1
    assert run.counts.failed == 0


def change(desk: Desk, statement: str) -> None:
    with closing(sqlite3.connect(desk.folder / "tinquan.db", timeout=30)) as database, database:
        database.execute(statement)


@pytest.mark.slow
def test_a_row_that_the_database_refuses_costs_its_page_only(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=6, page=6)
    desk.open().close()
    change(
        desk,
        "CREATE TRIGGER t BEFORE INSERT ON articles WHEN NEW.url LIKE '%1900002.tpo'"
        " BEGIN SELECT RAISE(ABORT, 'no such story'); END",
    )
    code, errors = desk.crawl("tienphong", SECTION)
    assert (code, "does not take a row (no such story)" in errors) == (1, True), errors
    assert stories[2].epi_url in errors
    assert (last_run(desk).outcome, last_run(desk).counts.new) == (Outcome.FAILED, 5)
    change(desk, "DROP TRIGGER t")
    assert desk.crawl("tienphong", SECTION)[0] == 0
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.epi_url for story in stories)


@pytest.mark.slow
def test_what_an_archive_that_fails_did_not_take_is_read_back(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=6, page=6)

    def spoil(address: str) -> None:
        if address == stories[3].epi_url.removeprefix("https://"):
            site.before = lambda _: None
            change(desk, "ALTER TABLE captures RENAME TO away")

    site.before = spoil
    code, errors = desk.crawl("tienphong", SECTION)
    assert (code, "no such table" in errors) == (1, True), errors
    recorded = asked_articles(site)
    assert len(recorded) >= 3
    change(desk, "ALTER TABLE away RENAME TO captures")
    name_only(site, stories[5:])  # hours later: nobody names the others any more
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    with desk.open() as archive:
        assert {f"https://{address}" for address in recorded} <= {*articles(archive)}


def test_captures_that_cannot_be_written_stop_the_run(
    desk: Desk, site: LocalSite, tmp_path: Path
) -> None:
    epi_site(site)
    blocked = tmp_path / "captures" / "tienphong"
    blocked.parent.mkdir()
    blocked.write_text("a file where a folder should be")
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 1
    assert errors.splitlines()[-1].startswith(f"Error: tienphong: failed: {blocked}")
    assert "cannot be written: " in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert last_run(desk).outcome is Outcome.FAILED
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("outlet", "argument", "line"),
    [
        ("nowhere", SECTION, "no outlet 'nowhere'; there are: "),
        ("tienphong", "section=x", "outlet tienphong has no section 'x'; it has: "),
        ("tienphong", "colour=red", "unknown argument 'colour'; there are: section, since, "),
    ],
)
def test_wrong_words_are_usage_errors(
    tmp_path: Path, outlet: str, argument: str, line: str
) -> None:
    desk = Desk(tmp_path)
    code, errors = desk.crawl(outlet, argument, LOG_FILE=tmp_path / "log")
    assert (code, errors.startswith(f"Error: {line}"), errors.count("\n")) == (2, True, 1)
    assert not (tmp_path / "tinquan.db").exists()


def test_an_error_of_ours_in_one_listing_costs_that_listing_only(
    desk: Desk, site: LocalSite
) -> None:
    stories = epi_site(site)
    (desk.folder / "sitecustomize.py").write_text(
        "import crawler.discover as discover\n"
        "def fault(*_): raise KeyError('an error of ours')\n"
        "discover._READERS['feed'] = fault\n"
    )
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.outcome, run.counts.new) == (Outcome.DONE, len(stories))
    assert run.counts.refused == {"crash": 1}
    assert run.error == f"tienphong.vn: https://{FEED}: crash: KeyError in reading it"
