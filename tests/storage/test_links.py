"""Links with the ways on which they were met, what sitemaps promised, and backfills' progress."""

from datetime import date

import pytest

from storage.archive import Archive, open_archive
from storage.model.articles import RefusalReason
from storage.model.links import DiscoveredLink, Progress, Promised
from tests.support.samples import T0, article, at, capture, refusal, run, url_of

DAY = "2026-03-01"


@pytest.fixture
def archive(archive_url: str) -> Archive:
    opened = open_archive(archive_url)
    opened.runs.start(run())
    return opened


def discovered(
    number: int, source: str = "feed", day: str | None = None, **changes: str
) -> DiscoveredLink:
    fields = {"url": url_of(number), "article_id": str(number), "source": source}
    return DiscoveredLink(**{**fields, **changes}, day=day)


def test_a_link_is_one_however_it_is_found(archive: Archive) -> None:
    with archive:
        archive.links.record("baothu", [discovered(1), discovered(1, "listing"), discovered(2)], T0)
        archive.links.record(
            "baothu", [discovered(1, "sitemap", DAY), discovered(1, "feed")], at(5)
        )
        moved = discovered(1, "api", url="https://baothu.vn/ten-khac-1.html")
        archive.links.record("baothu", [moved], at(6))
        assert archive.links.sources("baothu", url_of(1), "1") == ("feed", "sitemap", "api")
        assert (
            archive.links.sources("baothu", "https://baothu.vn/ten-khac-1.html", "1")[0] == "feed"
        )
        assert archive.links.sources("baothu", url_of(9), None) == ()
        assert archive.links.sources("baokhac", url_of(1), "1") == ()
        archive.links.record("baothu", [], T0)


def test_ids_are_seen_once_an_article_is_stored(archive: Archive) -> None:
    with archive:
        archive.articles.store("run-1", capture(0, 1), article(1))
        archive.articles.store("run-1", capture(0, 2), refusal(2))
        wanted = [str(number) for number in range(1, 1200)]
        assert archive.articles.seen_ids("baothu", wanted) == {"1"}
        assert archive.articles.seen_ids("baokhac", wanted) == set()
        assert archive.articles.seen_ids("baothu", []) == set()


def test_promises_are_counted_against_what_became_of_them(archive: Archive) -> None:
    with archive:
        archive.articles.store("run-1", capture(0, 1), article(1))
        archive.articles.store(
            "run-1", capture(0, 2), article(2, url="https://baothu.vn/ten-moi-2.html")
        )
        archive.articles.store("run-1", capture(0, 3), refusal(3, RefusalReason.VIDEO))
        archive.articles.store("run-1", capture(0, 4), refusal(4, RefusalReason.BLOCKED))
        archive.articles.store("run-1", capture(0, 5), refusal(5, RefusalReason.NOT_FOUND))
        days = [DAY, DAY, DAY, DAY, "2026-03-02", "2026-03", "2026-04-01", ""]
        promised = [discovered(number, "sitemap", day) for number, day in enumerate(days, 1)]
        archive.links.record("baothu", [*promised, discovered(50)], T0)
        assert archive.links.promises("baothu", None, None, "day") == [
            Promised("", 1, 0, 0),
            Promised("2026-03", 1, 0, 0),
            Promised(DAY, 4, 2, 1),
            Promised("2026-03-02", 1, 0, 1),
            Promised("2026-04-01", 1, 0, 0),
        ]
        [march] = archive.links.promises("baothu", date(2026, 3, 1), date(2026, 4, 1), "month")
        assert march == Promised("2026-03", 6, 2, 2)
        assert march.missing == 2
        only = archive.links.promises("baothu", date(2026, 3, 2), date(2026, 3, 3), "day")
        assert [row.period for row in only] == ["2026-03", "2026-03-02"]
        before = archive.links.promises("baothu", date(2026, 2, 1), date(2026, 3, 1), "day")
        assert before == [], "March, known by month alone, is not of February"
        assert archive.links.missing("baothu", date(2026, 3, 1), None, 2) == [
            ("2026-03", url_of(6)),
            (DAY, url_of(4)),
        ]
        assert archive.links.promises("baokhac", None, None, "day") == []


def test_a_day_that_is_told_more_exactly_counts(archive: Archive) -> None:
    with archive:
        for day in (None, "", "2026-03", DAY, "2026-03", ""):
            archive.links.record("baothu", [discovered(1, "sitemap", day)], T0)
        assert archive.links.promises("baothu", None, None, "day") == [Promised(DAY, 1, 0, 0)]


def test_progress_is_kept_by_window(archive: Archive) -> None:
    first = Progress("https://baothu.vn/a", "https://baothu.vn/a?p=2", 2, 7)
    with archive:
        assert archive.links.progress("baothu", "w") == {}
        archive.links.save_progress("baothu", "w", first)
        archive.links.save_progress("baothu", "w", Progress("https://baothu.vn/b", None))
        archive.links.save_progress("baothu", "other", first)
        done = Progress("https://baothu.vn/a", None, 3, 7)
        archive.links.save_progress("baothu", "w", done)
        assert archive.links.progress("baothu", "w") == {
            "https://baothu.vn/a": done,
            "https://baothu.vn/b": Progress("https://baothu.vn/b", None),
        }
        archive.links.end_progress("baothu", "w")
        assert archive.links.progress("baothu", "w") == {}
        assert archive.links.progress("baothu", "other") == {"https://baothu.vn/a": first}
