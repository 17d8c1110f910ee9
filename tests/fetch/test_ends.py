"""Where a listing ends, and where it only seems to."""

import pytest

from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, feed
from tests.support.sites import Desk, last_run, master_site

SECTION = "section=do-thi"
SECOND = "laodongthudo.vn/dan-sinh/do-thi&s_cond=&BRSR=15"
DOUBT = "end_in_doubt"
MAINTENANCE = Answer(
    "<!doctype html><h1>Hệ thống đang bảo trì</h1><p>/dan-sinh/do-thi</p><a href='/'>Trang chủ</a>"
)
EMPTY_LIST = Answer(
    '<nav><a href="/dan-sinh/do-thi">Đô thị</a><a href="/dan-sinh/giao-thong/">Giao thông</a></nav>'
    "<main>Chưa có bài viết</main>"
)


def named_by_feed(site: LocalSite, url: str) -> None:
    date = "Mon, 14 Sep 2026 08:00:00 +07:00"
    site.routes["laodongthudo.vn/rss_feed/dan-sinh/do-thi"] = feed([(url, "A", date)])


def crawl(desk: Desk) -> tuple[int, dict[str, int], str | None]:
    """Crawl the section; return what is new, what is counted besides, and the run's word."""
    code, errors = desk.crawl("laodongthudo", SECTION)
    run = last_run(desk)
    assert (code, run.outcome) == (0, Outcome.DONE), errors
    return run.counts.new, run.counts.refused, run.error


@pytest.mark.slow
@pytest.mark.parametrize("answer", [MAINTENANCE, Answer(""), Answer(status=404)])
def test_what_lies_behind_a_page_in_a_bad_moment_is_found_by_the_next_crawl(
    desk: Desk, site: LocalSite, answer: Answer
) -> None:
    stories = master_site(site, count=24, page=8)
    named_by_feed(site, stories[0].master_url)
    healthy = site.routes[SECOND]
    site.routes[SECOND] = answer
    new, refused, error = crawl(desk)
    assert (new, refused) == (8, {DOUBT: 1})
    assert ("BRSR=15: no article on page 2" in str(error)) is (answer.status == 200)
    site.routes[SECOND] = healthy
    assert crawl(desk) == (16, {}, None)
    asked = len(site.asked)
    assert crawl(desk) == (0, {}, None)
    assert SECOND not in site.asked[asked:], "after a whole run what is known is an end"


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "first"), [(EMPTY_LIST, {}), (Answer(status=404), {DOUBT: 1})])
def test_a_section_of_one_page_is_no_fault(
    desk: Desk, site: LocalSite, answer: Answer, first: dict[str, int]
) -> None:
    stories = master_site(site, count=8, page=8)
    named_by_feed(site, stories[0].master_url)
    site.routes[SECOND] = answer
    assert crawl(desk) == (8, first, None)
    assert crawl(desk) == (0, {}, None)
