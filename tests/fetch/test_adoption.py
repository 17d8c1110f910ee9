"""A killed crawl's recordings are read back: the outlet is asked for nothing twice."""

import os
import signal
from dataclasses import replace

import pytest

from crawler.capture.reader import sessions
from crawler.page.times import utc_now
from storage.model.articles import ArticleQuery
from storage.model.runs import Outcome
from tests.support.commands import Tinquan
from tests.support.site import Answer, LocalSite, listing
from tests.support.sites import (
    FEED,
    PAGE,
    SECTION,
    Desk,
    articles,
    asked_articles,
    captures,
    epi_site,
    last_run,
)


def kill_at(desk: Desk, site: LocalSite, number: int) -> None:
    """Start a crawl and kill it when it asks for the last of so many articles."""
    process = desk.start("tienphong", SECTION)

    def kill(_: str) -> None:
        if len(asked_articles(site)) == number:
            os.kill(process.pid, signal.SIGKILL)

    site.before = kill
    process.communicate(timeout=60)
    site.before = lambda _: None
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_what_a_killed_crawl_recorded_is_read_back_first(
    desk: Desk, site: LocalSite, tinquan: Tinquan
) -> None:
    stories = epi_site(site, count=12, page=12)
    site.routes[stories[1].epi_url.removeprefix("https://")] = Answer(
        "<h1>Hệ thống đang bảo trì</h1>"
    )
    kill_at(desk, site, 12)
    (torn,) = desk.warcs()
    with torn.open("ab") as file:
        file.write(b"\x1f\x8b\x08 a record that the kill cut off")
    recorded = asked_articles(site)[:11]
    with desk.open() as archive:  # as where it was ended from outside, at its time limit
        killed = replace(last_run(desk), outcome=Outcome.TIMED_OUT, ended_at=utc_now())
        archive.runs.finish(killed)
    config = ("--config", desk.folder / "tinquan.toml", "--archive", desk.archive_url)
    checked = tinquan("archive", "check", *config)
    assert (
        checked.code,
        "a crawl was killed; the outlet's next crawl reads it" in checked.out,
    ) == (
        0,
        True,
    ), checked.out
    assert tinquan("archive", "check", "--repair", *config).code == 0

    assert desk.crawl("tienphong", "recheck=1")[0] == 0, "it reads nothing back, and lists nothing"
    before = len(site.asked)
    for address in (FEED, PAGE):  # hours later: nobody names them any more
        site.routes[address] = listing([stories[0].epi_url])
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    asked = {address for address in site.asked[before:] if "-post" in address}
    assert not asked & set(recorded) - {stories[1].epi_url.removeprefix("https://")}
    with desk.open() as archive:
        found = articles(archive)
        assert len(found) >= 10
        assert all(len(one.revisions) == 1 for one in archive.articles.find(ArticleQuery()))
        of_first = [one for one in captures(archive) if one.warc_file.endswith(torn.name)]
        assert len(of_first) >= 11
        assert {one.id: one.outcome for one in archive.runs.find()}[last_run(desk).id] is (
            Outcome.DONE
        )
    after = tinquan("archive", "check", *config)
    assert (after.code, "killed" in after.out) == (0, False), after.out
    assert len(sessions(desk.warcs())) == 2

    before = len(site.asked)
    assert desk.crawl("tienphong", SECTION)[0] == 0
    assert len(captured := desk.warcs()) == 3, captured
    assert not [one for one in site.asked[before:] if one in recorded[2:]]
