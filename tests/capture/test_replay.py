"""Recorded responses: read back, indexed, grouped by run, torn."""

import asyncio
import gzip
import io
import os
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import crawler.capture.reader
from crawler.capture.reader import Recorded, ReplayIndex, read_record, sessions
from crawler.fetch.middlewares.errors import OversizeError
from crawler.fetch.middlewares.replay import ReplayHandler
from storage.errors import CaptureError
from tests.support.capturing import HTML, exchange, files, write


def test_a_page_is_read_back_as_it_was(tmp_path: Path) -> None:
    body = "<p>Đường</p>".encode()
    encoded = {
        b"gzip": gzip.compress(body),
        b"deflate": zlib.compress(body),
        b"identity": body,
    }
    made = [
        exchange(n, packed, response_headers=(HTML, (b"Content-Encoding", name)))
        for n, (name, packed) in enumerate(encoded.items())
    ]
    file, captures = write(tmp_path, *made, exchange(9, b"x", response_headers=()))
    for each, capture in zip(made, captures, strict=False):
        page = read_record(file, capture.warc_offset)
        assert (page.body, page.url, page.status) == (body, each.url, 200)
        assert page.fetched_at == capture.captured_at == each.received_at
        assert page.content_type == "text/html; charset=utf-8"
    assert read_record(file, captures[3].warc_offset).content_type is None


@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [
        (b"gzip", b"no gzip", "cannot be decoded"),
        (b"br", b"x", "cannot be decoded"),
        (b"gzip", gzip.compress(b" " * 70_000_000, mtime=0), "more than"),
    ],
)
def test_a_page_that_cannot_be_decoded_says_so(
    tmp_path: Path, encoding: bytes, body: bytes, said: str
) -> None:
    bad = exchange(1, body, response_headers=((b"Content-Encoding", encoding),))
    file, (capture,) = write(tmp_path, bad)
    with pytest.raises(CaptureError, match=said):
        read_record(file, capture.warc_offset)


def test_a_record_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    file, (capture, second) = write(tmp_path, exchange(1), exchange(2))
    plain = gzip.decompress(file.read_bytes())
    changed = tmp_path / "changed.warc"
    changed.write_bytes(plain.replace(b"<p>Tin</p>", b"<p>Tim</p>"))
    with changed.open("rb") as stream:
        kinds = FastIterator(stream, record_types=WarcRecordType.response)
        offset = next(iter(kinds)).stream_pos
    with pytest.raises(CaptureError, match="does not match its digest"):
        read_record(changed, offset)
    with pytest.raises(CaptureError, match="no response record at offset"):
        read_record(file, file.stat().st_size)
    with pytest.raises(CaptureError, match="cannot be read as a WARC"):
        read_record(file, second.warc_offset + 7)
    with pytest.raises(CaptureError, match="no such file"):
        read_record(tmp_path / "none.warc.gz", capture.warc_offset)


def test_a_torn_file_keeps_its_whole_records(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = [os.urandom(200) for _ in range(3)]
    file, captures = write(tmp_path, *(exchange(n, body) for n, body in enumerate(bodies)))
    whole = file.read_bytes()
    torn = tmp_path / "torn.warc.gz"
    for size in [*range(captures[1].warc_offset, len(whole), 17), len(whole) - 1]:
        torn.write_bytes(whole[:size])
        index = ReplayIndex([torn], tmp_path)
        found = [number for number in range(3) if index.find(exchange(number).url)]
        ends = [c.warc_offset for c in captures[1:]] + [len(whole)]
        assert found == list(range(len(found)))
        assert len(found) >= sum(end <= size for end in ends)
        for number in found:
            assert recorded(index, exchange(number).url).body == bodies[number]
    (gap,) = sessions([torn])[0].gaps
    assert gap.file == torn  # the last size tears the last request record
    assert captures[2].warc_offset < gap.offset < len(whole)
    assert gap.offset + gap.size == len(whole) - 1
    assert "torn at offset" in caplog.records[-1].getMessage()
    assert str(torn) in caplog.records[-1].getMessage()


def test_damage_in_the_middle_costs_only_what_it_hits(tmp_path: Path) -> None:
    bodies = [os.urandom(3000) for _ in range(4)]
    file, captures = write(tmp_path, *(exchange(n, body) for n, body in enumerate(bodies)))
    whole = file.read_bytes()
    damaged = tmp_path / "damaged.warc.gz"
    begin, end = captures[1].warc_offset + 900, captures[1].warc_offset + 950
    for junk in (b"\0" * 50, b"", b"\x1f\x8b\x08" * 20):  # overwritten, cut out, false beginnings
        damaged.write_bytes(whole[:begin] + junk + whole[end:])
        index = ReplayIndex([damaged], tmp_path)
        kept = [number for number in range(4) if index.find(exchange(number).url)]
        assert kept == [0, 2, 3]
        assert [recorded(index, exchange(n).url).body for n in kept] == [bodies[n] for n in kept]
        (gap,) = sessions([damaged])[0].gaps
        assert gap.offset == captures[1].warc_offset
        assert 2500 < gap.size < 5000
        assert str(gap).startswith(f"{damaged}: is torn at offset {gap.offset}: {gap.size} bytes")


def test_a_file_of_one_gzip_member_is_refused_at_once(tmp_path: Path) -> None:
    file, _ = write(tmp_path, exchange(1), exchange(2))
    joined = tmp_path / "joined.warc.gz"
    joined.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), mtime=0))
    for use in (lambda: ReplayIndex([joined], tmp_path), lambda: sessions([joined])):
        with pytest.raises(CaptureError, match=r"joined\.warc\.gz: several records share one gzip"):
            use()


def test_no_record_is_held_in_memory_without_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytes(3_000_000)  # some 3 KB when packed
    file, (capture,) = write(tmp_path, exchange(1, body))
    tracemalloc.start()
    try:
        assert len(sessions([file])) == 1
        assert tracemalloc.get_traced_memory()[1] < 2_500_000
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(crawler.capture.reader, "MAX_BYTES", 2_000_000)
    with pytest.raises(CaptureError, match=r"offset \d+ is over 2000000 bytes"):
        read_record(file, capture.warc_offset)


def test_a_response_that_was_too_large_is_known_as_such(tmp_path: Path) -> None:
    cut = replace(exchange(1, b""), is_cut=True)
    file, _ = write(tmp_path, cut, exchange(2))
    index = ReplayIndex([file], tmp_path)
    assert recorded(index, cut.url).is_cut
    assert not recorded(index, exchange(2).url).is_cut
    with file.open("rb") as stream:
        kinds = FastIterator(stream, record_types=WarcRecordType.response)
        assert [record.headers.get("WARC-Truncated") for record in kinds] == ["length", None]
    replayed = asyncio.run(_asked(ReplayHandler(index), cut.url))
    assert isinstance(replayed, OversizeError)


async def _asked(handler: ReplayHandler, url: str) -> object:
    try:
        return await handler.download_request(Request(url))
    except IgnoreRequest as error:
        return error


def recorded(index: ReplayIndex, url: str) -> Recorded:
    found = index.find(url)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "content", [b"", b"hello", gzip.compress(b"hello", mtime=0), b"\x1f\x8b", b"WARC/1.1"]
)
def test_what_is_no_warc_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.warc.gz"
    file.write_bytes(content)
    for use in (lambda: ReplayIndex([file], tmp_path), lambda: sessions([file])):
        with pytest.raises(CaptureError, match=r"x\.warc\.gz") as caught:
            use()
        assert "\n" not in str(caught.value)
    with pytest.raises(CaptureError, match="cannot be read"):
        sessions([tmp_path])


def test_a_replay_answers_with_the_earliest_that_is_no_passing_failure(tmp_path: Path) -> None:
    file, captures = write(
        tmp_path,
        exchange(1, b"busy", status=503),
        exchange(2, b"first", url=exchange(1).url),
        exchange(3, b"second", url=exchange(1).url),
        exchange(4, b"", url="http://tienphong.vn/m", status=301),
        exchange(5, b"page", url="https://www.tienphong.vn/m"),
    )
    index = ReplayIndex([file], tmp_path)
    assert recorded(index, exchange(1).url).body == b"first"
    assert recorded(index, exchange(1).url).capture == captures[1]
    assert recorded(index, "http://tienphong.vn/m").capture.status == 301
    assert recorded(index, "https://tienphong.vn/m").body == b"page"
    assert index.find("https://tienphong.vn/none") is None
    elsewhere = ReplayIndex([file], tmp_path / "other")
    assert recorded(elsewhere, exchange(1).url).capture.warc_file == file.resolve().as_posix()


def test_files_are_grouped_by_run_in_the_order_of_time(tmp_path: Path) -> None:
    evening, _ = write(tmp_path / "b", exchange(900), run="evening")
    morning = files(tmp_path / "a", "morning", max_bytes=500)
    made = [tmp_path / "a" / morning.write(exchange(n)).warc_file for n in (20, 30)]
    foreign = tmp_path / "foreign.warc"
    with foreign.open("wb") as stream:
        writer = WARCWriter(stream, gzip=False)
        head = StatusAndHeaders("200 OK", [], protocol="HTTP/1.0")
        record = writer.create_warc_record(
            "http://a.vn/", "response", payload=io.BytesIO(b"x"), length=1, http_headers=head,
            warc_headers_dict={"WARC-Date": "2026-09-14T01:02:05Z"},
        )  # fmt: skip
        writer.write_record(record)
    given_files = [evening, made[1], foreign, made[0], evening]
    found = sessions(given_files)
    assert [list(session.files) for session in found] == [[foreign], made, [evening]]
    assert [session.hosts for session in found] == [
        {"a.vn"},
        {"tienphong.vn"},
        {"tienphong.vn"},
    ]
    assert not any(session.gaps for session in found)
    index = ReplayIndex([foreign], tmp_path)
    assert recorded(index, "http://a.vn/").capture.digest.startswith("sha1:")


def test_two_crawls_in_one_file_are_not_taken_for_one(tmp_path: Path) -> None:
    first, _ = write(tmp_path / "a", exchange(1, b"<p>before</p>"))
    second, _ = write(tmp_path / "b", exchange(1, b"<p>after</p>"), run="run2")
    both = tmp_path / "both.warc.gz"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    size = first.stat().st_size
    with pytest.raises(CaptureError, match=f"two crawls; .*split at byte {size}$"):
        sessions([both])
