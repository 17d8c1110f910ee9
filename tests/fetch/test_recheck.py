"""Looking again at known articles: which are due, what is asked, and what becomes of a page."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.commands.archive.prune import old_logs
from crawler.jobs.crawl_job import CrawlJob
from storage.archive import Archive
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome, Run, Validator
from storage.model.schedule import KnownArticle
from tests.support.commands import Ran, Tinquan
from tests.support.samples import article, at, capture, refusal, run, url_of
from tests.support.site import Answer, LocalSite
from tests.support.sites import SECTION, Desk, articles, asked_articles, epi_site, last_run

HOUR = 60


def due(archive: Archive, minutes: float, limit: int = 9) -> list[int]:
    found = archive.schedule.due_checks("baothu", at(minutes), limit)
    return [int(one.url.rsplit("-", 1)[1].removesuffix(".html")) for one in found]


def test_an_article_is_due_at_each_age_once(archive: Archive) -> None:
    archive.articles.store("run-1", capture(5), article(1))  # published at minute 1
    assert due(archive, HOUR) == []
    assert due(archive, HOUR + 2) == [1]
    assert due(archive, 6 * HOUR + 2) == [1], "steps that were missed are one look"
    id_ = int(archive.articles.get(url_of(1)).id)
    archive.schedule.note_check(id_, at(6 * HOUR + 3), 304)
    assert due(archive, 6 * HOUR + 4) == []
    assert due(archive, 24 * HOUR + 2) == [1]
    archive.articles.store("run-1", capture(24 * HOUR + 3), article(1))
    assert due(archive, 24 * HOUR + 4) == []
    assert due(archive, 7 * 24 * HOUR + 2) == [1]
    archive.articles.store("run-1", capture(7 * 24 * HOUR + 3), refusal(1))
    assert due(archive, 8 * 24 * HOUR) == []
    assert due(archive, 30 * 24 * HOUR + 2) == [1]
    assert due(archive, 61 * 24 * HOUR) == [], "too late"


def test_the_newest_come_first_and_other_outlets_not_at_all(archive: Archive) -> None:
    for number in (1, 2, 3):
        archive.articles.store("run-1", capture(number, number), article(number))
    other = article(4, outlet="baokhac", url="https://baokhac.vn/x-4.html")
    archive.articles.store("run-1", capture(4, 4), other)
    assert due(archive, 3 * HOUR) == [3, 2, 1]
    assert due(archive, 3 * HOUR, limit=2) == [3, 2]


def test_an_old_article_that_is_found_late_is_left_alone(archive: Archive) -> None:
    archive.articles.store("run-1", capture(9 * 24 * HOUR), article(1))
    assert due(archive, 9 * 24 * HOUR + 1) == []


def test_the_last_status_comes_along(archive: Archive) -> None:
    archive.articles.store("run-1", capture(5), article(1))
    id_ = int(archive.articles.get(url_of(1)).id)
    archive.schedule.note_check(id_, at(HOUR + 5), 404)
    archive.schedule.note_check(999, at(0), 200)  # joined to another meanwhile
    (known,) = archive.schedule.due_checks("baothu", at(7 * HOUR), 5)
    assert known == KnownArticle(id_, url_of(1), 404)


def test_articles_that_become_one_take_their_looks_along(archive: Archive) -> None:
    url = url_of(1)
    archive.articles.store("run-1", capture(1), article(1, article_id=None))
    archive.articles.store("run-1", capture(2, 2), article(2, article_id="2"))
    for one in (url, url_of(2)):
        archive.schedule.note_check(int(archive.articles.get(one).id), at(3), 304)
    archive.articles.store("run-1", capture(4), article(1, article_id="2"))
    assert archive.articles.get(url).id == archive.articles.get(url_of(2)).id


def test_validators_of_long_ago_are_forgotten(archive: Archive) -> None:
    for number in range(3):
        archive.links.save_validators([Validator(url_of(number), '"1"', None, at(number))])
    assert archive.links.prune_validators(at(2)) == 2
    assert archive.links.validator(url_of(2)) is not None
    archive.maintenance.tidy()


def fresh(site: LocalSite, desk: Desk) -> list[str]:
    """Crawl a site whose newest stories are two hours old; return their addresses, newest first."""
    stories = epi_site(site, count=3, page=3)
    now = datetime.now().astimezone()
    for number, story in enumerate(stories):
        address = story.epi_url.removeprefix("https://")
        page = site.routes[address]
        assert isinstance(page, Answer)
        published = now - timedelta(hours=2, minutes=number)
        text = str(page.body).replace(
            f"{story.published:%Y-%m-%dT%H:%M:%S%z}", f"{published:%Y-%m-%dT%H:%M:%S%z}"
        )
        headers = {"ETag": f'"{number}"'}
        site.routes[address] = replace(page, body=text, headers=headers)
    assert desk.crawl("tienphong", SECTION)[0] == 0
    return [story.epi_url.removeprefix("https://") for story in stories]


def make_due(desk: Desk) -> None:
    """Let an hour and a half pass since the last look at every article."""
    with sqlite3.connect(desk.folder / "tinquan.db") as db:
        db.execute("UPDATE captures SET captured_at = replace(captured_at, '2026', '2025')")
        db.execute("DELETE FROM checks")


@pytest.mark.slow
def test_known_articles_are_looked_at_again(desk: Desk, site: LocalSite) -> None:
    same, edited, gone = fresh(site, desk)
    page = site.routes[edited]
    assert isinstance(page, Answer)
    site.routes[edited] = replace(page, body=str(page.body).replace("ba mươi", "bốn mươi"))
    site.routes[gone] = Answer("<h1>404</h1>", 404)

    def unchanged(headers: dict[str, str]) -> Answer:
        assert headers["if-none-match"] == '"0"'
        return Answer(status=304, headers={"ETag": '"0"'})

    site.routes[same] = unchanged
    make_due(desk)
    asked = len(site.asked)
    code, errors = desk.crawl("tienphong", "recheck=1")
    assert code == 0, errors
    assert site.asked[asked:] == ["tienphong.vn/robots.txt", same, edited, gone]
    run = last_run(desk)
    assert (run.kind, run.outcome, run.sections) == ("recheck", Outcome.DONE, ())
    assert (run.counts.revised, run.counts.unchanged) == (1, 1)
    assert run.counts.refused == {RefusalReason.NOT_FOUND.value: 1}
    with desk.open() as archive:
        assert len(articles(archive)) == 3, "the text of what is gone stays"
        assert archive.articles.get(f"https://{gone}").removed_at is not None
        assert [r.number for r in archive.articles.get(f"https://{edited}").revisions] == [1, 2]
        assert archive.schedule.due_checks("tienphong", datetime.now().astimezone(), 9) == []
    asked = len(site.asked)
    assert desk.crawl("tienphong", "recheck=1")[0] == 0
    assert len(site.asked) == asked, "nothing is due: nothing is asked, robots.txt neither"
    assert desk.crawl("tienphong", SECTION)[0] == 0
    assert len(asked_articles(site)) == 6, "a crawl does not take a recheck for its last crawl"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[CrawlJob]:
    """Return the crawls that the command jobs; each "ends" at once, of cand as failed."""
    jobs: list[CrawlJob] = []

    def end(
        _archive: object, _config: object, rounds: list[list[CrawlJob]], **_: object
    ) -> list[Run]:
        jobs.extend(rounds[0])
        return [
            replace(
                run(job.run_id, outlet=job.outlet),
                outcome=Outcome.FAILED if job.outlet == "cand" else Outcome.DONE,
                error="cand.com.vn: blocked" if job.outlet == "cand" else None,
            )
            for job in rounds[0]
        ]

    monkeypatch.setattr("crawler.commands.crawl.recheck.do_crawls", end)
    return jobs


def test_the_command_asks_outlets_where_something_is_due(
    tinquan: Tinquan, sqlite_archive: Archive, tmp_path: Path, begun: list[CrawlJob]
) -> None:
    def recheck(*words: object) -> Ran:
        return tinquan("recheck", "--archive", tmp_path / "archive.db", *words)

    idle = recheck()
    assert (idle.code, idle.out) == (0, "no article is due for a recheck\n")
    two_hours_ago = datetime.now().astimezone() - timedelta(hours=2)
    for number, outlet in enumerate(("cand", "tienphong"), start=1):
        sqlite_archive.runs.start(run(f"run-{outlet}", outlet=outlet))
        url = f"https://{outlet}.vn/tin-{number}.html"
        seen = capture(number, number, url=url, captured_at=two_hours_ago)
        text = article(number, outlet=outlet, url=url, published_at=two_hours_ago)
        sqlite_archive.articles.store(f"run-{outlet}", seen, text)
    done = recheck("tienphong", "laodong", "tienphong", "--limit", 7)
    assert (done.code, done.err) == (0, "")
    assert [(one.outlet, one.limit, one.recheck) for one in begun] == [("tienphong", 7, True)]
    assert "rechecked" in done.out
    failed = recheck()
    assert failed.code == 1
    assert failed.err == "tinquan: cand: cand.com.vn: blocked\n"
    assert [one["outcome"] for one in json.loads(recheck("--json").out)] == ["failed", "done"]
    unknown = recheck("nowhere")
    assert (unknown.code, "no outlet 'nowhere'" in unknown.err) == (2, True)


def test_only_old_logs_are_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "thu").mkdir()
    for name in ("r1.log", "r2.log", "r2.log.1", "keep.txt"):
        (tmp_path / "thu" / name).write_text("x")
    (tmp_path / "thu" / "link.log").symlink_to(tmp_path / "thu" / "keep.txt")
    later = (tmp_path / "thu" / "r1.log").stat().st_mtime + 100
    assert [path.name for path in old_logs(tmp_path, later)] == [
        "r1.log",
        "r2.log",
        "r2.log.1",
    ]
    assert old_logs(tmp_path, 0) == []


def test_prune_says_what_is_gone(tinquan: Tinquan, tmp_path: Path) -> None:
    config = tmp_path / "tinquan.toml"
    config.write_text('contact = "https://example.org/tests"\n')
    assert tinquan("archive", "init", "--config", config).code == 0
    ran = tinquan("prune", "--config", config)
    assert (ran.code, ran.out) == (0, "deleted: 0 logs older than 30 days, 0 validators\n")
