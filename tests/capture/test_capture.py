"""WARC files: written, read by others, replayed, torn, full disks."""

import errno
import gzip
import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio_main

from crawler.capture.reader import ReplayIndex, read_record
from storage.errors import CaptureError
from tests.support.capturing import AGENT, HTML, START, exchange, files, write


def payloads(file: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return every response's payload by address, as warcio and as fastwarc read it."""
    with file.open("rb") as stream:
        one = {
            r.rec_headers.get_header("WARC-Target-URI"): r.raw_stream.read()
            for r in ArchiveIterator(stream, check_digests="raise")
            if r.rec_type == "response"
        }
    with file.open("rb") as stream:
        other = {
            r.headers["WARC-Target-URI"]: r.reader.read()
            for r in FastIterator(stream, record_types=WarcRecordType.response)
        }
    return one, other


def check(file: Path) -> tuple[int, str]:
    said = io.StringIO()
    with redirect_stdout(said), pytest.raises(SystemExit) as caught:
        warcio_main(["check", str(file)])
    return int(caught.value.code or 0), said.getvalue()


def test_both_readers_agree_and_the_checker_is_content(tmp_path: Path) -> None:
    packed = gzip.compress(b"<p>Tin</p>")
    zipped = exchange(2, packed, response_headers=(HTML, (b"Content-Encoding", b"gzip")))
    empty = exchange(3, b"", status=304, response_headers=((b"ETag", b'"1"'),))
    odd = exchange(4, status=799, protocol=None, ip_address=None)
    file, captures = write(tmp_path, exchange(), zipped, empty, odd)
    assert file.name == "tienphong-20260914010203-run1-00001.warc.gz"
    assert file.parent == tmp_path / "tienphong" / "2026"
    one, other = payloads(file)
    assert one == other
    assert list(one.values()) == [b"<p>Tin</p>", packed, b"", b"<p>Tin</p>"]
    assert check(file) == (0, "")
    kinds = []
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream):
            kinds.append(record.rec_type)
            if record.rec_type == "warcinfo":
                info = record.content_stream().read().decode()
    assert kinds == ["warcinfo", *["response", "request"] * 4]
    assert "isPartOf: run1\r\n" in info
    assert f"http-header-user-agent: {AGENT}\r\n" in info
    assert captures[0].captured_at == START + timedelta(seconds=1)


def test_a_record_says_how_it_came(tmp_path: Path) -> None:
    file, _ = write(tmp_path, exchange(response_headers=(HTML, (b"Transfer-Encoding", b"chunked"))))
    with file.open("rb") as stream:
        records = {record.rec_type: record for record in ArchiveIterator(stream)}
    response, request = records["response"], records["request"]
    headers = response.rec_headers
    assert headers.protocol == "WARC/1.1"
    assert headers.get_header("WARC-Date") == "2026-09-14T01:02:04.456789Z"
    assert headers.get_header("WARC-IP-Address") == "203.0.113.7"
    assert headers.get_header("WARC-Protocol") == "http/1.1"
    assert headers.get_header("WARC-Block-Digest").startswith("sha1:")
    assert response.http_headers.get_header("Transfer-Encoding") is None
    info = records["warcinfo"].rec_headers.get_header("WARC-Record-ID")
    assert headers.get_header("WARC-Warcinfo-ID") == info
    concurrent = request.rec_headers.get_header("WARC-Concurrent-To")
    assert concurrent == headers.get_header("WARC-Record-ID")
    assert request.http_headers.get_header("Host") == "tienphong.vn"
    assert request.http_headers.get_header("User-Agent") == AGENT


HEADERS = st.lists(
    st.tuples(st.binary(min_size=1, max_size=20), st.binary(max_size=60)), max_size=6
)


@settings(max_examples=40)
@given(headers=HEADERS, tail=st.text(max_size=30), body=st.binary(max_size=300))
def test_no_header_or_address_breaks_a_file(
    tmp_path_factory: pytest.TempPathFactory,
    headers: list[tuple[bytes, bytes]],
    tail: str,
    body: bytes,
) -> None:
    folder = tmp_path_factory.mktemp("warc")
    bad = exchange(1, body, url=f"https://a.vn/{tail}\r\nX: 1", response_headers=tuple(headers))
    file, (first, second) = write(folder, bad, exchange(2))
    one, other = payloads(file)
    assert one == other
    assert list(one.values()) == [body, b"<p>Tin</p>"]
    assert read_record(file, second.warc_offset).body == b"<p>Tin</p>"
    found = ReplayIndex([file], folder).find(exchange(2).url)
    assert found is not None
    assert found.capture == second
    assert first.warc_file == second.warc_file


def test_a_full_file_is_followed_by_the_next_and_none_is_opened_again(tmp_path: Path) -> None:
    warc = files(tmp_path, max_bytes=900)
    captures = [warc.write(exchange(number)) for number in range(3)]
    assert [c.warc_file[-13:-8] for c in captures] == ["00001", "00002", "00003"]
    with pytest.raises(CaptureError, match="cannot be written: File exists"):
        files(tmp_path).write(exchange(4))
    assert read_record(tmp_path / captures[2].warc_file, captures[2].warc_offset).url
    warc.close()


def test_a_full_disk_leaves_whole_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warc = files(tmp_path)
    first = warc.write(exchange(1))
    file = tmp_path / first.warc_file
    size = file.stat().st_size
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _no_space)
        with pytest.raises(CaptureError, match=r"cannot be written: No space left.*needs space"):
            warc.write(exchange(2))
    assert file.stat().st_size == size
    assert check(file) == (0, "")
    assert warc.write(exchange(3)).warc_file.endswith("00002.warc.gz")
    warc.close()


def _no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.capture.test_capture import *\n"
        "from tests.support.capturing import *\n"
        f"f = files(Path({str(tmp_path)!r})); n = 0\n"
        "try:\n    while True: f.write(exchange(n, os.urandom(20000))); n += 1\n"
        "except CaptureError as error: print(n, error)\n"
        "(w,) = Path(sys.argv[1]).rglob('*.gz'); print(len(payloads(w)[0]), check(w))\n"
    )
    mount = f'mount -t tmpfs -o size=100k none {tmp_path} && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, "sh", sys.executable, "-c", code, tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    count = first.split()[0]
    assert "No space left on device" in first
    assert int(count) > 1
    assert second == f"{count} (0, '')"
