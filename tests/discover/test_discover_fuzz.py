"""Any bytes give links or a reason: documents with one fault, and seeded mutations of them."""

import json
import random

import pytest

from crawler.discover import Form
from tests.support.discovering import find, item, rss

SITEMAP = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset>'
    "<url><loc>https://tienphong.vn/a-post1.tpo</loc><lastmod>2026-09-14</lastmod></url></urlset>"
)
INDEX = (
    "<sitemapindex><sitemap><loc>https://tienphong.vn/sitemaps/news-2026-9.xml</loc>"
    "<lastmod>2026-09-14T01:00:00Z</lastmod></sitemap></sitemapindex>"
)
PAGE = '<html><body><h2><a href="/a-post1.tpo" title="A">A</a></h2></body></html>'
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title>'
    '<link rel="alternate" href="https://tienphong.vn/a-post1.tpo"/></entry></feed>'
)
API = json.dumps({"data": {"contents": [{"url": "/a-post1.tpo", "date": 1, "title": "A"}]}})
ONECMS = json.dumps([{"LinktoMe2": "/a-post1.tpo", "TimeX2": "2026-09-14", "TitleIcon16": "A"}])
SEEDS: tuple[tuple[Form, bytes], ...] = (
    ("feed", rss(item("Mon, 14 Sep 2026 14:54:42 +07:00"), head="<?xml version='1.0'?>").encode()),
    ("feed", ATOM.encode()),
    ("sitemap", SITEMAP.encode()),
    ("sitemap", INDEX.encode()),
    ("html", PAGE.encode()),
    ("epi-json", API.encode()),
    ("onecms-json", ONECMS.encode()),
)
PIECES = (
    b"<dc:creator>A</dc:creator>", b"<:b>", b"<a:>", b"<news:news>", b"&#55357;&#56832;", b"&#0;",
    b"&#xD83D;", b"]]>", b"<![CDATA[", b"\0", b"\xff\xfe", b"{", b"}", b"<!DOCTYPE x [", b"<?php",
    b"https://[", b"//x:99999/", b"\"", b"&", b"99999999999999999999", b"24:00",
    b"+99:99", b"xmlns=''",
)  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        "<dc:creator>Lan</dc:creator>",
        "<news:news><news:title>B</news:title></news:news>",
        "<:b>x</:b>",
        "<a:b:c>x</a:b:c>",
        "<description>Vui &#55357;&#56832;</description>",
        "<description>&#55357; nửa đôi</description>",
        "<description>&nbsp;&hellip;</description>",
    ],
)
def test_one_fault_costs_no_link(fault: str) -> None:
    broken = item().replace("</item>", f"{fault}</item>")
    following = item(link="https://tienphong.vn/b-post2.tpo")
    assert len(find("feed", rss(broken, following)).links) == 2
    entry = SITEMAP.replace("</url>", f"{fault}</url>")
    assert len(find("sitemap", entry).links) == 1


@pytest.mark.parametrize(
    "head",
    [
        "<br />\n<b>Warning</b>: Undefined variable $x in <b>/www/rss.php</b> on line 3<br />\n",
        "Notice: Undefined index: id in /www/rss.php on line 12\n",
        "\n\n \t",
        "<!-- cached -->\n",
    ],
)
def test_what_a_server_prints_before_the_document_costs_no_link(head: str) -> None:
    body = rss(item(), head='<?xml version="1.0" encoding="UTF-8"?>')
    assert len(find("feed", head + body).links) == 1
    assert len(find("sitemap", head + SITEMAP).links) == 1


def test_an_emoji_in_two_halves_is_read() -> None:
    (link,) = find("feed", rss(item(title="Vui &#55357;&#56832;"))).links
    assert link.title == "Vui \U0001f600"


def mutate(body: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 4)):
        at, end = sorted((dice.randint(0, len(body)), dice.randint(0, len(body))))
        match dice.randrange(4):
            case 0:
                body = body[:at] + dice.choice(PIECES) + body[at:]
            case 1:
                body = body[:at] + body[min(end, at + 9) :]
            case 2:
                body = body[:at]
            case _:
                body = body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
    return body


def check(seed: int, count: int) -> None:
    dice = random.Random(seed)
    for _ in range(count):
        form, body = dice.choice(SEEDS)
        mutated = mutate(body, dice)
        found = find(form, mutated)
        assert found.links or found.children or found.reason, (form, mutated)


def test_mutated_listings_give_links_or_a_reason() -> None:
    check(1, 4_000)


@pytest.mark.slow
def test_twenty_thousand_mutated_listings_give_links_or_a_reason() -> None:
    check(2, 20_000)
