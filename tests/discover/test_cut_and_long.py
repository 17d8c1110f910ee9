"""Documents that end before their end, and sitemaps of full length."""

import gzip
import zlib

import pytest

from crawler.discover.link import MAX_SITEMAP_LINKS
from storage.model.articles import RefusalReason
from tests.support.discovering import find, item, rss


def urlset(count: int, first: int = 1) -> str:
    entries = (
        f"<url><loc>https://tienphong.vn/bai-so-{n}-post{n}.tpo</loc></url>"
        for n in range(first, first + count)
    )
    return f"<urlset>{''.join(entries)}</urlset>"


WHOLE = gzip.compress(urlset(2000).encode())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_what_came_of_a_cut_sitemap_is_read_and_the_cut_is_told(share: float) -> None:
    packed = find("sitemap", WHOLE[: int(len(WHOLE) * share)])
    plain = urlset(2000).encode()
    text = find("sitemap", plain[: int(len(plain) * share)])
    for found in (packed, text):
        assert found.is_cut
        assert 0 < len(found.links) < 2000
        assert found.links[0].url == "https://tienphong.vn/bai-so-1-post1.tpo"
    assert abs(len(text.links) - 2000 * share) < 60


def test_a_fault_in_the_middle_and_a_missing_trailer_are_cuts() -> None:
    broken = bytearray(WHOLE)
    broken[len(WHOLE) // 2] ^= 0xFF
    found = find("sitemap", bytes(broken))
    assert found.is_cut
    assert len(found.links) > 100
    without = find("sitemap", WHOLE[:-8])
    assert (len(without.links), without.is_cut) == (2000, True)


def test_nothing_that_can_be_read_of_a_cut_sitemap_is_no_empty_one() -> None:
    for body in (WHOLE[:12], WHOLE[:3], urlset(1)[:40].encode()):
        found = find("sitemap", body)
        assert found.reason is RefusalReason.MALFORMED
        assert found.evidence.startswith("cut short: ")


def test_members_one_after_the_other_are_one_sitemap() -> None:
    text = urlset(100).encode()
    found = find("sitemap", gzip.compress(text[:2000]) + gzip.compress(text[2000:]))
    assert (len(found.links), found.is_cut) == (100, False)
    padded = find("sitemap", gzip.compress(text) + bytes(512))
    assert (len(padded.links), padded.is_cut) == (100, False)
    raw = find("sitemap", zlib.compress(text))
    assert raw.reason is RefusalReason.MALFORMED


def test_a_cut_feed_is_told_and_an_unclosed_tag_costs_nothing() -> None:
    text = rss(*(item(link=f"https://tienphong.vn/a-post{n}.tpo") for n in range(1, 9)))
    found = find("feed", text[: len(text) // 2])
    assert found.is_cut
    assert 2 < len(found.links) < 6
    assert not find("feed", text).is_cut
    assert not find("feed", f"{text}\n<!-- {'x' * 10} -->\n").is_cut


def test_a_sitemap_of_full_length_is_read_whole() -> None:
    assert MAX_SITEMAP_LINKS == 50_000
    over = find("sitemap", urlset(MAX_SITEMAP_LINKS + 7))
    assert (len(over.links), over.dropped) == (50_000, 7)


def test_an_index_of_full_length_is_read_whole() -> None:
    entries = (
        f"<sitemap><loc>https://tienphong.vn/s{n}.xml</loc></sitemap>" for n in range(50_003)
    )
    found = find("sitemap", f"<sitemapindex>{''.join(entries)}</sitemapindex>")
    assert (len(found.children), found.dropped) == (50_000, 3)


def test_a_date_without_a_time_means_the_whole_day() -> None:
    entry = "<loc>https://tienphong.vn/a-post1.tpo</loc><lastmod>{}</lastmod>"
    day = find("sitemap", f"<urlset><url>{entry.format('2026-09-14')}</url></urlset>").links[0]
    assert day.published_before and day.published_at
    assert (day.published_before - day.published_at).days == 1
    moment = entry.format("2026-09-14T12:00:00+07:00")
    exact = find("sitemap", f"<urlset><url>{moment}</url></urlset>").links[0]
    assert exact.published_before == exact.published_at
    child = "<sitemap><loc>https://tienphong.vn/s.xml</loc><lastmod>2026-09-14</lastmod></sitemap>"
    [named] = find("sitemap", f"<sitemapindex>{child}</sitemapindex>").children
    assert named.modified_before and named.modified_before > day.published_at


def test_half_an_address_is_no_article() -> None:
    text = urlset(3).encode()
    whole = {link.url for link in find("sitemap", text).links}
    for end in range(len("<urlset><url><loc>"), len(text) - 1):
        found = find("sitemap", text[:end])
        assert {link.url for link in found.links} <= whole
        assert found.is_cut or found.reason is RefusalReason.MALFORMED
