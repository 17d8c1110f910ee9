"""WARC files that other tools wrote: read as far as they can be, and what cannot be is named."""

import gzip
import hashlib
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.capture.files import RecordCheck
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.reader import ReplayIndex, read_record, sessions
from crawler.capture.writer import Exchange
from storage.archive import Archive
from storage.model.articles import Refusal, RefusalReason
from tests.capture.test_decode import chunked
from tests.support.recorded import Recorder
from tests.support.replaying import MORNING, configure, replay
from tests.support.samples import at

PAGE = b"<html><body><p>" + "Cầu mới ở xã Đông An. ".encode() * 40 + b"</p></body></html>"


def url(number: int) -> str:
    return f"https://baothu.vn/tin-{number}.html"


def record(
    number: int, body: bytes = PAGE, head: str = "", digest: str = "", length: int | None = None
) -> bytes:
    """Return a response record; length: what its Content-Length says, if not the truth."""
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n".encode() + body
    given = f"WARC-Payload-Digest: {digest}\r\n" if digest else ""
    return (
        (
            "WARC/1.0\r\nWARC-Type: response\r\n"
            f"WARC-Record-ID: <urn:uuid:{number:032}>\r\nWARC-Target-URI: <{url(number)}>\r\n"
            f"WARC-Date: 2026-09-14T00:00:{number:02}Z\r\n{given}"
            "Content-Type: application/http;msgtype=response\r\n"
            f"Content-Length: {len(http) if length is None else length}\r\n\r\n"
        ).encode()
        + http
        + b"\r\n\r\n"
    )


def packed(*parts: bytes) -> bytes:
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def bodies(file: Path) -> dict[int, bytes]:
    """Return the pages that a replay of the file has, by number."""
    index = ReplayIndex([file], file.parent)
    found = {n: index.find(url(n)) for n in range(1, 6)}
    return {n: read_record(file, one.capture.warc_offset).body for n, one in found.items() if one}


ARTICLE = "/ha-noi-to-chuc-lai-giao-thong-nut-lang-yen-lang-bo-hai-diem-quay-dau-post1875968.tpo"
WGET_DIGEST = "sha1:" + hashlib.sha1(chunked(PAGE), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "odd",
    [
        record(2, chunked(PAGE), "Transfer-Encoding: chunked\r\n"),
        record(2, chunked(PAGE), "Transfer-Encoding: chunked\r\n", WGET_DIGEST),
        record(2, PAGE, "Transfer-Encoding: chunked\r\n"),
        record(2, chunked(PAGE)[:-5], "transfer-encoding: Chunked\r\n"),
        record(2, digest="sha1:" + hashlib.sha1(PAGE, usedforsecurity=False).hexdigest()),
        record(2, head="Content-Length: 5\r\n"),  # of the page, shorter than the page
        record(2, head="Content-Length: 99999\r\n"),
        record(2, gzip.compress(PAGE)[:-8], "Content-Encoding: gzip\r\n"),
        record(2, head="Content-Encoding: UTF-8\r\n"),
    ],
)
def test_an_odd_record_is_read(tmp_path: Path, odd: bytes) -> None:
    for name, data in (
        ("one.warc.gz", packed(record(1), odd, record(3))),
        ("one.warc", record(1) + odd + record(3)),
    ):
        file = tmp_path / name
        file.write_bytes(data)
        assert bodies(file) == {1: PAGE, 2: PAGE, 3: PAGE}
        assert sessions([file])[0].gaps == ()


def test_empty_gzip_members_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "empty.warc.gz"
    for data in (
        packed(record(1), b"", record(2)),
        packed(b"", record(1), b"", b"", record(2), b""),
        packed(record(1), b"\r\n", record(2)),
    ):
        file.write_bytes(data)
        assert bodies(file) == {1: PAGE, 2: PAGE}


def test_a_record_that_says_it_is_shorter_costs_only_itself(tmp_path: Path) -> None:
    short = record(2, length=len(record(2)) - 400)
    file = tmp_path / "short.warc.gz"
    file.write_bytes(packed(record(1), short, record(3)))
    found = bodies(file)
    assert (found[1], found[3]) == (PAGE, PAGE)
    assert PAGE.startswith(found[2])
    plain = tmp_path / "short.warc"
    plain.write_bytes(record(1) + short + record(3))
    assert bodies(plain) == found
    (gap,) = sessions([plain])[0].gaps  # the bytes that belong to no record are named
    assert 0 < gap.size < 400


def test_damage_in_a_plain_file_costs_what_it_hits(tmp_path: Path) -> None:
    file = tmp_path / "plain.warc"
    data = record(1) + record(2) + record(3)
    start = len(record(1))
    file.write_bytes(data[:start] + b"\0" * 60 + data[start + 60 :])
    assert bodies(file) == {1: PAGE, 3: PAGE}
    (gap,) = sessions([file])[0].gaps
    assert (gap.offset, gap.size) == (start, len(record(2)))


def test_a_record_that_cannot_be_decoded_is_a_fault(archive: Archive, tmp_path: Path) -> None:
    recorder = Recorder(archive, tmp_path)
    recorder.store(0, 1, "Một đoạn.")
    bad = recorder.files.write(
        Exchange(
            url=url(2),
            method="GET",
            request_headers=(),
            status=200,
            response_headers=((b"Content-Encoding", b"br"),),
            body=b"\xff\xfe\x00 no brotli",
            received_at=at(1),
        )
    )
    archive.articles.store(
        recorder.run_id, bad, Refusal("baothu", url(2), RefusalReason.MALFORMED, "no HTML")
    )
    recorder.files.close()
    (fault,) = RecordCheck(CaptureFiles(tmp_path)).faults(archive.captures.recorded())
    assert "cannot be decoded: it is not the br that its Content-Encoding says" in fault.what


@pytest.mark.slow
def test_one_damaged_record_does_not_end_a_replay(tmp_path: Path) -> None:
    index = ReplayIndex([MORNING], tmp_path)
    found = index.find("https://tienphong.vn" + ARTICLE)
    assert found is not None
    offset = found.capture.warc_offset
    whole = MORNING.read_bytes()
    unpacker = zlib.decompressobj(wbits=31)
    record_ = unpacker.decompress(whole[offset:])
    damaged = record_[:-40] + bytes([record_[-40] ^ 1]) + record_[-39:]
    file = tmp_path / "damaged.warc.gz"
    file.write_bytes(whole[:offset] + packed(damaged) + unpacker.unused_data)
    runs = replay(configure(tmp_path), file)
    assert {run["outcome"] for run in runs} == {"done"}
    assert sum(run["refused"].get("unreadable_record", 0) for run in runs) == 1
    assert sum(run["new"] for run in runs) > 5


def without(data: bytes, line: bytes) -> bytes:
    assert data.count(line) == 1
    return data.replace(line, b"")


@pytest.mark.parametrize(
    "odd",
    [
        without(record(2), b"WARC-Date: 2026-09-14T00:00:02Z\r\n"),
        record(2).replace(b"2026-09-14T00:00:02Z", b"20260914000002"),
        record(2).replace(b"Content-Length: ", b"Content-Length: x"),
        record(2).replace(b"Content-Length: ", b"Content-Length: -"),
        record(2, length=10**20),
        record(2, length=len(record(2)) + 900),  # longer than it is
        record(2).replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 abc OK"),
        without(record(2), b"Content-Type: application/http;msgtype=response\r\n"),
        without(record(2), b"WARC-Target-URI: <https://baothu.vn/tin-2.html>\r\n"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_costs_only_itself(
    tmp_path: Path, odd: bytes
) -> None:
    for name, data in (
        ("one.warc.gz", packed(record(1), odd, record(3), record(4))),
        ("one.warc", record(1) + odd + record(3) + record(4)),
    ):
        file = tmp_path / name
        file.write_bytes(data)
        assert bodies(file) == {1: PAGE, 3: PAGE, 4: PAGE}
        (gap,) = sessions([file])[0].gaps
        assert gap.size > 200


def test_what_is_no_web_page_is_passed_over(tmp_path: Path) -> None:
    dns = record(2).replace(b"<https://baothu.vn/tin-2.html>", b"dns:baothu.vn")
    file = tmp_path / "dns.warc.gz"
    broken = record(3).replace(b"https://baothu.vn/tin-3.html", b"http://[::1/tin-3.html")
    file.write_bytes(packed(record(1), dns, broken))
    assert bodies(file) == {1: PAGE}
    assert sessions([file])[0].gaps == ()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_damaged_other_records_are_read(tmp_path: Path, data: st.DataObject) -> None:
    second = bytearray(record(2))
    for _ in range(data.draw(st.integers(1, 12))):
        second[data.draw(st.integers(0, 320))] = data.draw(st.integers(0, 255))
    file = tmp_path / "damaged.warc.gz"
    file.write_bytes(packed(record(1), bytes(second), record(3)))
    found = bodies(file)
    assert (found[1], found[3]) == (PAGE, PAGE)
