"""Manners: robots.txt in any bytes, pauses that are too long, ports that are none of ours."""

import gzip
import random
from datetime import datetime, timedelta

import pytest
from scrapy.http import Response

from crawler.fetch.middlewares.errors import HostClosedError, HostDownError
from crawler.fetch.middlewares.robots import Rules, read_rules
from crawler.health.evaluate import evaluate_outlet
from crawler.health.rules import MonitoredOutlet
from crawler.page.urls import is_on
from storage.model.alarms import Cause
from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, listing
from tests.support.sites import FEED, PAGE, SECTION, Desk, epi_site, last_run

URL = "https://baothu.vn/robots.txt"
FORBIDS = "User-agent: *\nDisallow: /\n"


def read(body: bytes | str, status: int = 200) -> Rules:
    data = body.encode() if isinstance(body, str) else body
    return read_rules("baothu.vn", Response(URL, status=status, body=data), "tinquan")


@pytest.mark.parametrize(
    "body",
    [
        FORBIDS.encode("utf-16"),
        FORBIDS.encode("utf-16-le"),
        FORBIDS.encode("utf-32"),
        gzip.compress(FORBIDS.encode(), mtime=0),
        b"\x28\xb5\x2f\xfd\x04\x00" + FORBIDS.encode(),
        b"\x00" * 200,
    ],
)
def test_what_is_no_text_forbids_and_says_so(body: bytes) -> None:
    with pytest.raises(HostClosedError, match=r"robots\.txt cannot be read: it is not UTF-8 text"):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + FORBIDS.encode(),
        b"# T\xf2a so\xa1n\r\n" + FORBIDS.replace("\n", "\r\n").encode() + b"\x1a",
        FORBIDS.replace("\n", "\r"),
        "\ufeff\n\n" + FORBIDS,
        "User-agent: tinquan/0.1\nDisallow: /\n\nUser-agent: *\nAllow: /\n",
        "user-agent:TinQuan/0.1 (+https://example.org)\nDisallow: /\nUser-agent: *\nDisallow:\n",
        "User-agent: khac/2\nUser-agent: tinquan/9\nDisallow: /\n",
        "User-Agent : *\nDisallow : /\n",
    ],
)
def test_rules_that_mean_us_are_kept(body: bytes | str) -> None:
    assert not read(body).allows("https://baothu.vn/tin-1.html")


@pytest.mark.parametrize(
    "body",
    [
        "User-agent: khac/0.1\nDisallow: /\n",
        "User-agent: tinquan/0.1\nAllow: /\n\nUser-agent: *\nDisallow: /\n",
        "",
        "<!doctype html><html><title>Trang chủ</title></html>",
    ],
)
def test_rules_for_others_are_not_ours(body: str) -> None:
    assert read(body).allows("https://baothu.vn/tin-1.html")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522])
def test_a_server_s_error_is_an_outage_and_no_rule(status: int) -> None:
    with pytest.raises(HostDownError, match=f"HTTP {status}"):
        read("", status)
    with pytest.raises(HostClosedError) as caught:
        read("", 403)
    assert not isinstance(caught.value, HostDownError)


def test_any_robots_txt_gives_rules_or_a_reason() -> None:
    dice = random.Random(15)
    pieces = [
        *(b"User-agent: *\n", b"Disallow: /", b"Allow: /*$", b"Crawl-delay: ", b"1e999", b"nan"),
        *(b"-1\n", b"\r\n", b"\0", b"\xff", b"%", b"*" * 50, b"Sitemap: ", b"tinquan/", b":"),
        *(b"Request-rate: 1/0\n", b"Visit-time: 9-25\n", "Điều".encode(), b"\x1f\x8b", b"#"),
    ]
    for _ in range(4_000):
        body = b"".join(dice.choices(pieces, k=dice.randint(0, 30)))
        try:
            rules = read(body)
        except HostClosedError:
            continue
        assert rules.allows("https://baothu.vn/tin-1.html?a=%zz") in {True, False}
        assert rules.delay is None or 0 <= rules.delay < float("inf")


def test_a_pause_of_a_day_ends_the_visit_at_once(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=2, page=2)
    site.routes["tienphong.vn/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 86400\n")
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 1
    expected = "tienphong.vn: robots.txt asks for 86400 s between two requests (Crawl-delay)"
    assert errors.splitlines()[-1] == f"Error: tienphong: failed: {expected}"
    assert site.asked == ["tienphong.vn/robots.txt"]
    run = last_run(desk)
    assert (run.outcome, run.error, run.robots) == (Outcome.FAILED, expected, "forbids")
    del site.routes["tienphong.vn/robots.txt"]
    assert desk.crawl("tienphong", SECTION)[0] == 0
    assert last_run(desk).counts.new == len(stories), "the next visit has it all"


def test_an_outage_of_robots_txt_is_told_as_an_unreachable_host(
    desk: Desk, site: LocalSite
) -> None:
    epi_site(site)
    site.routes["tienphong.vn/robots.txt"] = Answer(status=503)
    assert desk.crawl("tienphong", SECTION, RETRY_TIMES=0)[0] == 1
    assert last_run(desk).robots == "unreachable"
    monitored = MonitoredOutlet("tienphong", "epi", timedelta(hours=12))
    with desk.open() as archive:
        (alarm,) = evaluate_outlet(archive, monitored, datetime.now().astimezone())
    assert alarm.finding.cause is Cause.UNREACHABLE


def test_another_port_is_never_asked(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=3, page=3)
    other = stories[1].epi_url.replace("tienphong.vn/", "tienphong.vn:22/")
    site.routes[FEED] = Answer(status=404)
    site.routes[PAGE] = listing([stories[0].epi_url, other, stories[2].epi_url])
    to_port = Answer(status=302, headers={"Location": other})
    site.routes[stories[2].epi_url.removeprefix("https://")] = to_port
    for number in (1, 2):
        site.routes.pop(f"api.tienphong.vn/api/morenews-zone-242-{number}.html?phrase=", None)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.counts.new, run.counts.failed) == (1, 0)
    assert not any("22" in address.split("/")[0] for address in site.asked)
    with desk.open() as archive:
        (refused,) = (one for _, one in archive.articles.refusals() if "post" in one.url)
    assert refused.evidence == f"redirects to another site: {other}"


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://baothu.vn/a", True),
        ("https://baothu.vn:443/a", True),
        ("http://www.baothu.vn:80/a", True),
        ("https://baothu.vn:22/a", False),
        ("https://baothu.vn:8443/a", False),
        ("https://baothu.vn:99999/a", False),
        ("https://baothu.vn:x/a", False),
    ],
)
def test_a_link_to_another_port_is_another_site_s(url: str, is_ours: bool) -> None:
    assert is_on(url, ["baothu.vn"]) is is_ours
