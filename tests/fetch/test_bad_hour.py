"""A bad hour at an outlet, then a good one: nothing is lost, and the bad hour has a name."""

import gzip
import json
from collections.abc import Sequence

import pytest

from storage.model.articles import ArticleQuery
from storage.model.runs import Outcome
from tests.support.commands import Tinquan
from tests.support.site import Answer, LocalSite, feed, listing
from tests.support.sites import FEED, PAGE, SECTION, Desk, Story, epi_site, last_run

MAINTENANCE = Answer(
    "<!doctype html><html><head><title>Tiền Phong</title></head><body><h1>Hệ thống đang bảo trì"
    "</h1><p>Xin quý độc giả vui lòng quay lại sau ít phút.</p></body></html>"
)
SITEMAP = "tienphong.vn/sitemaps/news-2026-9.xml"
CRAWL = (SECTION, "since=2026-09-01", "until=2026-09-30", "sitemaps=1")
API = "api.tienphong.vn/api/morenews-zone-242-{}.html?phrase="
BOX = 5  # what is read most, below every list


def urlset(stories: Sequence[Story]) -> bytes:
    entries = "".join(f"<url><loc>{story.epi_url}</loc></url>" for story in stories)
    return f"<urlset>{entries}</urlset>".encode()


def items(stories: Sequence[Story]) -> Answer:
    return feed([(s.epi_url, s.title, f"{s.published:%a, %d %b %Y %H:%M:%S %z}") for s in stories])


def address(story: Story) -> str:
    return story.epi_url.removeprefix("https://")


@pytest.fixture
def stories(site: LocalSite) -> list[Story]:
    """Return the stories of two hours, the newest first: all pages are up."""
    found = epi_site(site, count=24, page=24)
    for number in (1, 2):
        site.routes[API.format(number)] = Answer(
            '{"data": {"contents": []}}', kind="application/json"
        )
    return found


def show(
    site: LocalSite,
    hour: Sequence[Story],
    mapped: Sequence[Story],
    read_most: Sequence[Story] = (),
) -> None:
    """Let feed and page name a part of an hour each, and the sitemap what is `mapped`."""
    site.routes[FEED] = items(hour[:4])
    site.routes[PAGE] = listing([s.epi_url for s in (*hour[4:9], *read_most)])
    site.routes[SITEMAP] = Answer(urlset(mapped), kind="text/xml")


def spoil(site: LocalSite, hour: Sequence[Story]) -> dict[str, Answer]:
    """Let an hour go wrong; return what answered at its addresses before."""
    before = {address(story): site.routes[address(story)] for story in hour}
    for story in hour[:7]:
        site.routes[address(story)] = MAINTENANCE
    wall = Answer(status=302, headers={"Location": "/chap-nhan-cookie"})
    site.routes["tienphong.vn/chap-nhan-cookie"] = wall
    for story in hour[7:]:
        site.routes[address(story)] = wall
    packed = gzip.compress(urlset(hour), mtime=0)
    site.routes[SITEMAP] = Answer(packed[: len(packed) * 2 // 3], kind="application/gzip")
    broken = str(items(hour[:4]).body).replace("<channel>", "<channel><dc:x><:b>&#55357;</:b>")
    site.routes[FEED] = Answer(broken[:-60], kind="application/rss+xml")
    return {name: answer for name, answer in before.items() if isinstance(answer, Answer)}


def alarms_of(desk: Desk, tinquan: Tinquan) -> str:
    """Return what `status` says is wrong with the outlet."""
    told = json.loads(tinquan("status", "--archive", desk.archive_url, "--json").out)
    return " ".join(one["summary"] for one in told["alarms"] if one["outlet"] == "tienphong")


@pytest.mark.slow
def test_every_article_of_both_hours_is_stored_once_and_the_bad_hour_has_a_name(
    desk: Desk, site: LocalSite, stories: list[Story], tinquan: Tinquan
) -> None:
    good_hour, bad_hour = stories[:12], stories[12:]
    show(site, bad_hour, bad_hour)
    good = spoil(site, bad_hour)
    code, errors = desk.crawl("tienphong", *CRAWL)
    run = last_run(desk)
    assert (code, run.outcome, run.counts.new) == (0, Outcome.DONE, 0), errors
    assert run.counts.refused["cut"] == 2, "the sitemap and the feed"
    assert run.counts.refused["redirect_loop"] >= 1
    assert "the response is truncated" in str(run.error)
    assert "another page in place of the article" in alarms_of(desk, tinquan)

    site.routes.update(good)
    never_named = bad_hour[9:]  # in the part of the sitemap that was cut off
    show(site, good_hour, [*good_hour, *never_named], read_most=bad_hour[:BOX])
    code, errors = desk.crawl("tienphong", *CRAWL)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.counts.new, run.counts.refused) == (len(stories), {})
    with desk.open() as archive:
        found = list(archive.articles.find(ArticleQuery()))
    assert sorted(one.latest.article.url for one in found) == sorted(s.epi_url for s in stories)
    assert all(len(one.revisions) == 1 for one in found)
    assert alarms_of(desk, tinquan) == ""
    asked = len(site.asked)
    assert desk.crawl("tienphong", *CRAWL)[0] == 0
    assert not [one for one in site.asked[asked:] if "-post" in one], "nothing is asked twice"
