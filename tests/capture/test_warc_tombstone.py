"""Records taken out of WARC files: everything else stays where it was, readable by every tool."""

import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from crawler.capture.reader import read_record, recorded_at
from crawler.capture.tombstone import record_spans, redact_file, tombstone, tombstone_at
from storage.archive import Archive
from storage.errors import CaptureError
from tests.support.recorded import Recorder

SECRET = "Điều không ai được đọc nữa"


@pytest.fixture
def recorder(sqlite_archive: Archive, tmp_path: Path) -> Recorder:
    return Recorder(sqlite_archive, tmp_path / "captures")


def file_of(recorder: Recorder) -> Path:
    recorder.files.close()
    return recorder.files.written[0]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_only_the_record_that_was_asked_for_goes(recorder: Recorder, index: int) -> None:
    texts = [SECRET if number == index else f"Tin {number}" for number in range(3)]
    kept = [recorder.write(n, f"https://baothu.vn/{n}", text) for n, text in enumerate(texts)]
    file = file_of(recorder)
    before = list(record_spans(file))
    assert redact_file(file, lambda found: found.record_id == kept[index].record_id) == 1
    after = list(record_spans(file))
    assert [(one.start, one.end) for one in after] == [(one.start, one.end) for one in before]
    assert tombstone_at(file, kept[index].warc_offset) == kept[index].record_id
    with pytest.raises(CaptureError, match="no response record"):
        read_record(file, kept[index].warc_offset)
    for number, capture in enumerate(kept):
        if number != index:
            assert recorded_at(file, capture.warc_offset).capture.record_id == capture.record_id
            assert texts[number].encode() in read_record(file, capture.warc_offset).body
            assert tombstone_at(file, capture.warc_offset) is None
    assert SECRET.encode() not in gzip.decompress(file.read_bytes())
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_warcio_reads_what_is_left(recorder: Recorder) -> None:
    captures = [recorder.write(n, f"https://baothu.vn/{n}", "x" * 50_000) for n in range(2)]
    file = file_of(recorder)
    redact_file(file, lambda found: found.record_id == captures[0].record_id)
    with file.open("rb") as stream:
        kinds = [record.rec_type for record in WarcioIterator(stream, check_digests="raise")]
    assert kinds == ["warcinfo", "metadata", "request", "response", "request"]


def test_doing_it_again_changes_nothing(recorder: Recorder) -> None:
    recorder.write(0, "https://baothu.vn/0", SECRET)
    file = file_of(recorder)
    assert redact_file(file, lambda found: found.url.endswith("/0")) == 1
    data = file.read_bytes()
    assert redact_file(file, lambda found: found.url.endswith("/0")) == 0
    assert file.read_bytes() == data


def test_an_uncompressed_file_is_redacted_too(recorder: Recorder) -> None:
    captures = [recorder.write(n, f"https://baothu.vn/{n}", SECRET + str(n)) for n in range(2)]
    packed = file_of(recorder)
    file = packed.with_name("plain.warc")
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    before = [(one.start, one.end) for one in record_spans(file)]
    assert redact_file(file, lambda found: found.record_id == captures[0].record_id) == 1
    assert [(one.start, one.end) for one in record_spans(file)] == before
    assert (SECRET + "0").encode() not in file.read_bytes()
    assert (SECRET + "1").encode() in file.read_bytes()


def test_a_file_in_one_piece_is_refused(recorder: Recorder) -> None:
    recorder.write(0, "https://baothu.vn/0", SECRET)
    file = file_of(recorder)
    data = gzip.compress(gzip.decompress(file.read_bytes()))
    file.write_bytes(data)
    with pytest.raises(CaptureError):
        redact_file(file, lambda found: True)
    assert file.read_bytes() == data


def test_a_disk_that_takes_nothing_leaves_the_file(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.write(0, "https://baothu.vn/0", SECRET)
    file = file_of(recorder)
    data = file.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaptureError, match="cannot be rewritten: No space left"):
        redact_file(file, lambda found: True)
    assert file.read_bytes() == data
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        tombstone_at(tmp_path / "none.warc.gz", 0)


@given(st.integers(400, 200_000), st.booleans())
def test_a_tombstone_is_as_long_as_it_must_be(length: int, compressed: bool) -> None:
    data = tombstone("<urn:uuid:1>", length, compressed=compressed)
    assert len(data) == length
    plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read() if compressed else data
    assert b"WARC-Refers-To: <urn:uuid:1>\r\n" in plain


def test_no_tombstone_is_shorter_than_itself() -> None:
    for compressed in (False, True):
        with pytest.raises(CaptureError, match=r"too short \(20 bytes\)"):
            tombstone("<urn:uuid:1>", 20, compressed=compressed)
