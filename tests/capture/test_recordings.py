"""The demo's recordings are what the builder makes, and what they claim to be."""

import gzip
import io
import json
from collections import Counter
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import lxml.html
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawler.families import FAMILIES
from storage.model.articles import RefusalReason
from tests.recordings.build import EXPECTED, SESSIONS, build_expected, build_warc
from tests.recordings.exchange import stored_gzip
from tests.recordings.reading import (
    OUTLETS,
    Recorded,
    family_id,
    links,
    main_list,
    page_url,
    path,
    read,
    squeeze,
    text_of,
)
from tests.recordings.stories import Session, load_stories, parse_body, plain, slugify

EACH = pytest.mark.parametrize("session", SESSIONS, ids=lambda session: str(session.name))
START = {session.name: session.start for session in SESSIONS}
BY_NAME = pytest.mark.parametrize("name", [session.name for session in SESSIONS])


@pytest.fixture(scope="module")
def recorded() -> dict[str, Recorded]:
    return {session.name: read(session.name) for session in SESSIONS}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return found


@EACH
def test_committed_recording_is_what_the_builder_makes(session: Session) -> None:
    built = build_warc(session)
    assert built == build_warc(session)
    # Compared unpacked: zlib's versions pack the same records into different bytes.
    assert gzip.decompress(built) == gzip.decompress(path(session.name).read_bytes())


def test_committed_expectations_are_what_the_builder_makes() -> None:
    assert EXPECTED.read_text(encoding="utf-8") == build_expected()


@BY_NAME
def test_warcio_reads_every_record_with_valid_digests(name: str) -> None:
    types: Counter[str] = Counter()
    ids = set()
    with path(name).open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.raw_stream.read()
            types[record.rec_type] += 1
            ids.add(record.rec_headers.get_header("WARC-Record-ID"))
    assert types["warcinfo"] == 1
    assert types["request"] == types["response"] == len(read(name))
    assert len(ids) == sum(types.values())


@BY_NAME
def test_warcio_check_finds_nothing_wrong(name: str) -> None:
    checker = Checker(_Arguments(str(path(name))))
    checker.process_all()
    assert checker.exit_value == 0


class _Arguments:
    """What `warcio check` takes from the command line."""

    verbose = False

    def __init__(self, file: str) -> None:
        self.inputs = [file]


@BY_NAME
def test_fastwarc_reads_the_same_records(name: str, recorded: dict[str, Recorded]) -> None:
    seen = {}
    for record in FastIterator(io.BytesIO(path(name).read_bytes()), parse_http=False):
        if record.record_type == WarcRecordType.warcinfo:
            assert b"isPartOf: demo-2026-09-14-" + name.encode() in record.reader.read()
            continue
        assert record.verify_block_digest()
        record.parse_http()
        if record.record_type == WarcRecordType.response:
            seen[record.headers["WARC-Target-URI"]] = record.http_headers.status_code
    assert seen == {url: status for url, (status, _, _) in recorded[name].items()}


@BY_NAME
def test_each_record_is_a_gzip_member_of_its_own_without_a_time(name: str) -> None:
    with path(name).open("rb") as stream:
        data = stream.read()
        stream.seek(0)
        iterator = ArchiveIterator(stream)
        for record in iterator:
            start = iterator.get_record_offset()
            record.raw_stream.read()
            assert data[start : start + 3] == b"\x1f\x8b\x08"
            assert data[start + 4 : start + 8] == bytes(4)


@EACH
def test_records_are_dated_within_the_session(session: Session) -> None:
    dates = []
    with path(session.name).open("rb") as stream:
        for record in ArchiveIterator(stream):
            text = record.rec_headers.get_header("WARC-Date")
            dates.append(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    assert dates == sorted(dates)
    assert dates[0] == session.start
    assert (dates[-1] - session.start).total_seconds() < 15 * 60


def test_recordings_stay_small() -> None:
    assert sum(path(session.name).stat().st_size for session in SESSIONS) < 700_000


def test_expectations_cover_every_page_recorded(
    recorded: dict[str, Recorded], expected: dict[str, Any]
) -> None:
    for name, responses in recorded.items():
        told = expected[name]
        pages = {url for url in responses if family_id(url) is not None}
        assert pages == {*told["articles"], *told["refusals"], *told["redirects"], *told["twins"]}
        reasons = {row["reason"] for row in told["refusals"].values()}
        assert reasons <= {str(reason) for reason in RefusalReason}
        for url, row in told["articles"].items():
            assert responses[url][0] == 200
            assert family_id(url) == row["article_id"]
            assert datetime.fromisoformat(row["published_at"]) < START[name]


def test_each_outlet_has_a_dozen_articles_and_the_day_its_kinds_of_refusal(
    expected: dict[str, Any],
) -> None:
    morning, evening = expected["morning"], expected["evening"]
    count = Counter(row["outlet"] for row in morning["articles"].values())
    assert min(count["tienphong"], count["laodongthudo"]) >= 12
    reasons = {row["reason"] for row in morning["refusals"].values()}
    assert reasons == {"blocked", "not_found", "video"}
    new = Counter(
        row["outlet"] for url, row in evening["articles"].items() if url not in morning["articles"]
    )
    assert new == {"tienphong": 4, "laodongthudo": 2}  # tienphong's fourth was blocked before


def test_edits_between_morning_and_evening_are_the_two_that_are_told(
    expected: dict[str, Any],
) -> None:
    morning, evening = expected["morning"]["articles"], expected["evening"]["articles"]
    both = morning.keys() & evening.keys()
    edited = {url for url in both if text_of(morning[url]) != text_of(evening[url])}
    assert {morning[url]["article_id"] for url in edited} == {"1875981", "216372"}
    moved = {url for url in both if morning[url]["modified_at"] != evening[url]["modified_at"]}
    assert [morning[url]["article_id"] for url in moved] == ["1875981"]


def test_only_edited_and_restless_pages_differ_in_the_evening(
    recorded: dict[str, Recorded], expected: dict[str, Any]
) -> None:
    articles = expected["evening"]["articles"]
    both = articles.keys() & expected["morning"]["articles"].keys()
    bodies = {url: {recorded[name][url][2] for name in recorded} for url in both}
    differing = {articles[url]["article_id"] for url in both if len(bodies[url]) == 2}
    assert differing == {"1875981", "216372", "1875857", "216365"}
    assert len(both) > 10


@BY_NAME
def test_pages_hold_every_expected_word_and_box(
    name: str, recorded: dict[str, Recorded], expected: dict[str, Any]
) -> None:
    for url, row in expected[name]["articles"].items():
        html = recorded[name][url][2].decode("utf-8")
        text = squeeze("".join(map(str, lxml.html.document_fromstring(html).itertext())))
        for words in [row["title"], row["sapo"], *row["paragraphs"], *row["captions"]]:
            assert words in text, (url, words)
        page, body = squeeze(unescape(html)), " ".join(text_of(row))
        for words in row["never"]:
            assert words in page, (url, words)
            assert words not in body, (url, words)
        assert all(image["url"] in page for image in row["images"])
        assert len(html) > 20_000


@BY_NAME
def test_article_links_of_listings_are_recorded_that_day(
    name: str, recorded: dict[str, Recorded]
) -> None:
    known = {*recorded["morning"], *recorded[name]}
    for url, (status, headers, body) in recorded[name].items():
        if status != 200 or family_id(url) is not None or url.endswith("robots.txt"):
            continue
        found = links(url, headers["Content-Type"], body.decode("utf-8"))
        assert {link for link in found if family_id(link) is not None} <= known, url


@BY_NAME
def test_every_way_in_that_an_outlet_file_names_is_recorded(
    name: str, recorded: dict[str, Recorded]
) -> None:
    responses = recorded[name]
    for outlet in OUTLETS.values():
        paging = FAMILIES[outlet.family].paging
        assert paging is not None
        assert f"https://{outlet.host}/robots.txt" in responses
        for section in outlet.sections:
            assert f"https://{outlet.host}{section.feed}" in responses
            assert f"https://{outlet.host}{section.path}" in responses
            number, pages = paging.first, 0
            while (url := page_url(outlet.slug, section.slug, number)) in responses:
                number, pages = number + paging.step, pages + 1
            assert pages >= 1
            last = responses[page_url(outlet.slug, section.slug, number - paging.step)][2]
            assert b'"contents": []' in last or b'class="publish-time"' not in main_list(last)
            assert url not in responses


def test_feed_dates_and_relative_api_addresses_keep_their_traps(
    recorded: dict[str, Recorded],
) -> None:
    feed = recorded["evening"]["https://tienphong.vn/rss/nhip-song-thu-do-242.rss"][2].decode()
    assert "<pubDate>Mon, 14 Sep 2026 14:54:42 +07:00</pubDate>" in feed
    assert '<div style="clear:both"></div><ul><li>' in feed
    api = "https://api.tienphong.vn/api/morenews-zone-242-1.html?phrase="
    rows = json.loads(recorded["evening"][api][2])["data"]["contents"]
    assert all(row["url"].startswith("/") and isinstance(row["date"], int) for row in rows)


def test_some_answers_come_packed(recorded: dict[str, Recorded]) -> None:
    for responses in recorded.values():
        packed = [
            url for url, (_, headers, _) in responses.items() if "Content-Encoding" in headers
        ]
        assert len(packed) > len(responses) // 4
        assert {urlsplit(url).netloc for url in packed} >= {"tienphong.vn", "laodongthudo.vn"}


def test_redirects_and_twins_lead_to_their_articles(
    recorded: dict[str, Recorded], expected: dict[str, Any]
) -> None:
    told = expected["morning"]
    assert len(told["redirects"]) == 2
    for old, new in told["redirects"].items():
        status, headers, _ = recorded["morning"][old]
        assert (status, headers["Location"]) == (301, new)
        assert family_id(old) == family_id(new)
    for twin, url in told["twins"].items():
        body = recorded["morning"][twin][2].decode()
        assert f'<link rel="canonical" href="{url}">' in body
        assert f'<link rel="amphtml" href="{twin}" />' in recorded["morning"][url][2].decode()


@pytest.mark.parametrize("size", [0, 1, 0xFFFF, 0xFFFF + 1, 200_000])
def test_stored_gzip_is_gzip(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(stored_gzip(data[:size])) == data[:size]


def test_body_markup_gives_its_blocks() -> None:
    parts = parse_body(
        "Một [hai](12) ba.\n\n## Bốn\n\n> Năm\n\n- sáu\n- bảy\n\n![a.jpg] Tám. | Ảnh: Chín\n\n"
        "[[related 12 13]]\n\n[[note Mười]]"
    )
    kinds = [part.kind for part in parts]
    assert kinds == ["paragraph", "heading", "quote", "list", "image", "related", "note"]
    assert plain(parts[0].text) == "Một hai ba."
    assert parts[3].items == ("sáu", "bảy")
    assert parts[4].caption == "Tám. Ảnh: Chín"
    assert parts[5].ids == (12, 13)


def test_slug_is_plain_ascii() -> None:
    assert slugify("Đường ven sông: 1,3 km!") == "duong-ven-song-1-3-km"


def test_stories_not_yet_published_are_absent() -> None:
    for slug in OUTLETS:
        for session in SESSIONS:
            assert all(story.published < session.start for story in load_stories(slug, session))
