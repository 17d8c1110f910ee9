"""Records are read from the object store as they are from the captures folder."""

import random
import re
from pathlib import Path

import pytest

from crawler.capture.objects.store import StoredObject, StoreError
from crawler.capture.reader import read_record, recorded_at
from crawler.capture.single import record_bytes
from crawler.capture.tombstone import record_spans
from storage.errors import CaptureError
from tests.support.capturing import exchange, write
from tests.support.object_store import S3

NAME = "baothu/2026/a.warc.gz"


def put(s3: S3, file: Path) -> StoredObject:
    s3.put(NAME, file.read_bytes())
    s3.asked()
    return s3.files(file.parent).stored(NAME)


def noise(size: int) -> bytes:
    """Return bytes that no compression shortens."""
    return random.Random(7).randbytes(size)


def test_a_record_takes_one_range_request(tmp_path: Path, s3: S3) -> None:
    pages = [exchange(number, noise(100_000)) for number in range(5)]
    file, captures = write(tmp_path, *pages)
    stored = put(s3, file)
    for capture, page in zip(captures, pages, strict=True):
        assert read_record(stored, capture.warc_offset).body == page.body
        (asked,) = s3.asked()
        end = capture.warc_offset + 256 * 1024 - 1
        assert asked.endswith(f"{NAME} bytes={capture.warc_offset}-{end}")
    assert record_bytes(stored, captures[3].warc_offset) == record_bytes(
        file, captures[3].warc_offset
    )
    assert len(s3.asked()) == 1


def test_a_long_record_takes_more_requests(tmp_path: Path, s3: S3) -> None:
    file, captures = write(tmp_path, exchange(1), exchange(2, noise(3_000_000)), exchange(3))
    stored = put(s3, file)
    for capture in captures:
        here, there = (recorded_at(one, capture.warc_offset) for one in (file, stored))
        assert (here.headers, here.body) == (there.headers, there.body)
    assert record_bytes(stored, captures[1].warc_offset) == record_bytes(
        file, captures[1].warc_offset
    )
    assert list(record_spans(stored)) == list(record_spans(file))


def test_what_is_not_there_is_said_in_a_line(tmp_path: Path, s3: S3) -> None:
    file, (capture,) = write(tmp_path, exchange())
    stored = put(s3, file)
    for offset in (0, file.stat().st_size, 10**9):
        with pytest.raises(CaptureError, match=rf"s3://.*no response record at offset {offset}"):
            recorded_at(stored, offset)
    with pytest.raises(CaptureError, match=r"s3://.*cannot be read as a WARC file"):
        recorded_at(stored, capture.warc_offset + 1)
    lost = s3.files(tmp_path).find("baothu/2026/b.warc.gz")
    with pytest.raises(CaptureError, match=r"s3://.*b\.warc\.gz: no such file"):
        recorded_at(lost, 0)
    with pytest.raises(CaptureError, match="cannot be read: No such file"):
        record_bytes(lost, 0)


def test_a_file_that_is_here_is_read_here(tmp_path: Path, s3: S3) -> None:
    file, (capture,) = write(tmp_path, exchange())
    found = s3.files(tmp_path).find(capture.warc_file)
    assert found == file
    assert read_record(found, capture.warc_offset).body == b"<p>Tin</p>"
    assert s3.asked() == []


@pytest.mark.parametrize(
    ("mode", "said"),
    [("down", "SlowDown"), ("refuse", "AccessDenied"), ("odd", "400 Bad Request: [31mnope nope (")],
)
def test_a_store_that_does_not_answer_is_named_with_what_it_needs(
    s3: S3, tmp_path: Path, mode: str, said: str
) -> None:
    s3.mode(mode)
    with pytest.raises(StoreError) as caught:
        recorded_at(s3.files(tmp_path).find(NAME), 0)
    text = str(caught.value)
    assert text.startswith(f"captures {s3.url}: ") and said in text
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in text
    assert text.isprintable() and len(text) < 500


def test_nobody_listens(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"error sending request \(http://127\.0\.0\.1:9\)"):
        recorded_at(StoredObject("s3://nobody/x", NAME), 0)


def test_half_an_answer_is_no_end_of_a_file(tmp_path: Path, s3: S3) -> None:
    file, (capture,) = write(tmp_path, exchange(1, noise(100_000)))
    stored = put(s3, file)
    s3.mode("short")
    with pytest.raises(StoreError, match=r"captures s3://"):
        read_record(stored, capture.warc_offset)
    file.unlink()
    with pytest.raises(CaptureError):
        s3.files(tmp_path).fetch(NAME)
    assert list(tmp_path.rglob("*.fetching")) == []
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_ENDPOINT_URL", "nonsense", "AWS_ENDPOINT_URL: expected an address such as"),
        ("AWS_ENDPOINT_URL", "", "such as https://minio.example.org (given: '')"),
        ("AWS_ENDPOINT_URL_S3", "127.0.0.1:9000", "AWS_ENDPOINT_URL_S3: expected an address"),
        ("AWS_ENDPOINT", "http://", "AWS_ENDPOINT: expected an address"),
        ("AWS_ENDPOINT", "http://[::1", "AWS_ENDPOINT: expected an address"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1/a b", "AWS_ENDPOINT_URL: expected an address"),
        ("AWS_ENDPOINT_URL", "http://an:Geheim@127.0.0.1:1", "(given: 'http://127.0.0.1:1')"),
        ("AWS_ENDPOINT_URL", "an:Geheim@127.0.0.1:1", "(given: '127.0.0.1:1')"),
        ("AWS_SECRET_ACCESS_KEY", "Geheim\n", "AWS_SECRET_ACCESS_KEY: a line break"),
        ("AWS_ACCESS_KEY_ID", "key\n", "AWS_ACCESS_KEY_ID: a line break or control character"),
    ],
)
def test_an_environment_that_no_request_can_be_made_of_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match=re.escape(said)) as caught:
        recorded_at(StoredObject("s3://bad-environment/x", NAME), 0)
    assert str(caught.value).isprintable() and "Geheim" not in str(caught.value)


def test_a_bucket_that_is_not_there(s3: S3, tmp_path: Path) -> None:
    file, _ = write(tmp_path, exchange())
    with pytest.raises(StoreError, match="s3://no-such-bucket/x: NoSuchBucket; expected a"):
        StoredObject("s3://no-such-bucket/x", NAME).upload(file)
    with pytest.raises(StoreError, match="s3://no-such-bucket/x: NoSuchBucket; expected a"):
        recorded_at(StoredObject("s3://no-such-bucket/x", NAME), 0)


def test_a_fetched_file_is_whole(tmp_path: Path, s3: S3) -> None:
    file, _ = write(tmp_path, exchange(1, noise(3_000_000)))
    put(s3, file)
    files = s3.files(tmp_path / "elsewhere")
    here = files.local(files.folder / NAME)
    assert here.read_bytes() == file.read_bytes()
    assert [path.name for path in here.parent.iterdir()] == [here.name]
    with pytest.raises(CaptureError, match="no such object"):
        files.local(files.folder / "baothu/2026/b.warc.gz")
    assert files.local(tmp_path / "b.warc.gz") == tmp_path / "b.warc.gz"


@pytest.mark.parametrize("name", ["báo thư/2026/ế %20#?&+.warc.gz", "a/b~[1]{2}|*.warc.gz"])
def test_a_name_may_be_any(tmp_path: Path, s3: S3, name: str) -> None:
    file, (capture,) = write(tmp_path, exchange())
    stored = s3.files(tmp_path / "none").find(name)
    assert isinstance(stored, StoredObject)
    stored.upload(file)
    assert stored.size() == file.stat().st_size
    assert read_record(stored, capture.warc_offset).body == b"<p>Tin</p>"
