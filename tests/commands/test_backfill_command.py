"""`tinquan backfill` and `coverage` beyond one crawl: time limits, budgets, failures, gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import crawler.commands.crawl.backfill
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob
from storage.archive import Archive, open_archive
from storage.model.links import DiscoveredLink
from storage.model.runs import Outcome, Run, RunCounts
from tests.support.commands import Tinquan

NOW = datetime(2026, 9, 14, tzinfo=UTC)
WORDS = ("backfill", "tienphong", "--from", "2026-08-01", "--to", "2026-08-31")


@pytest.fixture
def jobs() -> list[CrawlJob]:
    """Return the jobs that a backfill runs; `ending` says how each ends."""
    return []


def ending(
    monkeypatch: pytest.MonkeyPatch, jobs: list[CrawlJob], *ends: tuple[Outcome, int, int]
) -> None:
    """Make crawls end with these outcomes, requests and new articles, in order."""

    def crawl(
        archive: Archive, config: Config, rounds: Sequence[Sequence[CrawlJob]], *, hidden: bool
    ) -> Iterator[Run]:
        [[job]] = rounds
        outcome, requested, new = ends[len(jobs)]
        jobs.append(job)
        counts = RunCounts(requested=requested, new=new)
        yield Run(job.run_id, job.outlet, NOW, outcome=outcome, counts=counts, ended_at=NOW)

    monkeypatch.setattr(crawler.commands.crawl.backfill, "do_crawls", crawl)


def test_a_crawl_s_time_limit_is_no_end(
    tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch, jobs: list[CrawlJob], tmp_path: Path
) -> None:
    late = (Outcome.TIMED_OUT, 40, 30)
    ending(monkeypatch, jobs, late, late, (Outcome.DONE, 5, 2))
    ran = tinquan(*WORDS, "--budget", 100, "--archive", tmp_path / "a.db")
    assert ran.code == 0, ran.err
    assert [job.budget for job in jobs] == [100, 60, 20]
    assert len({job.run_id for job in jobs}) == 3
    assert {(job.since, job.until) for job in jobs} == {
        (datetime(2026, 7, 31, 17, tzinfo=UTC), datetime(2026, 8, 31, 17, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    ("ends", "crawls"),
    [
        ([(Outcome.TIMED_OUT, 99, 30)], 1),  # nothing is left of the budget
        ([(Outcome.TIMED_OUT, 10, 0)], 1),  # an hour for nothing: it would go on for ever
        ([(Outcome.FAILED, 10, 5)], 1),
    ],
)
def test_what_cannot_go_on_fails(
    tinquan: Tinquan,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[CrawlJob],
    tmp_path: Path,
    ends: list[tuple[Outcome, int, int]],
    crawls: int,
) -> None:
    ending(monkeypatch, jobs, *ends)
    ran = tinquan(*WORDS, "--budget", 100, "--archive", tmp_path / "a.db")
    assert ran.code == 1
    assert len(jobs) == crawls


def test_what_sections_and_order_cannot_do_is_said(
    tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch, jobs: list[CrawlJob], tmp_path: Path
) -> None:
    ending(monkeypatch, jobs, (Outcome.DONE, 5, 2), (Outcome.DONE, 5, 2))
    there = ("--archive", tmp_path / "a.db")
    assert "sitemaps have no sections" in tinquan(*WORDS, *there, "--section", "xa-hoi").err
    assert "no section 'none'" in tinquan(*WORDS, *there, "--section", "none").err
    folder = tmp_path / "outlets"
    folder.mkdir()
    text = 'name = "B"\nfamily = "{}"\ndomains = [{{host = "bao.vn"}}]\n[[sections]]\n'
    section = 'slug = "a"\nname = "A"\npath = "/a/"\nzone = 3\n'
    (folder / "paged.toml").write_text(text.format("epi") + section)
    (folder / "closed.toml").write_text(text.format("generic") + section)
    file = tmp_path / "tinquan.toml"
    file.write_text(
        'contact = "https://example.org/t"\noutlets = "outlets"\nshipped_outlets = false\n'
    )
    words = ("--from", "2026-08-01", "--to", "2026-08-02", "--config", file, *there)
    assert "paged newest first" in tinquan("backfill", "paged", "--oldest-first", *words).err
    assert "has no way into the past" in tinquan("backfill", "closed", *words).err


def test_gaps_are_listed(tinquan: Tinquan, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    link = DiscoveredLink("https://tienphong.vn/a-post1.tpo", "1", "sitemap", "2026-08-02")
    with open_archive(url) as archive:
        more = [
            replace(link, url=f"https://tienphong.vn/a-post{n}.tpo", article_id=str(n), day=day)
            for n, day in ((2, "2026-08"), (3, ""), (4, "2026-08-02"))
        ]
        archive.links.record("tienphong", [link, *more], NOW)
    ran = tinquan("coverage", "tienphong", "--by", "day", "--gaps", 3, "--archive", url)
    assert ran.code == 0, ran.err
    for part in ("4 are missing:", "and 1 more", "no date", "2026-08 (no day)", link.url):
        assert part in ran.out
    quiet = tinquan("coverage", "tienphong", "--gaps", 0, "--archive", url)
    assert "4 are missing" in quiet.out
    assert link.url not in quiet.out
