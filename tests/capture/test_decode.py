"""Bodies behind encodings that servers send, and digests that other tools write."""

import gzip
import hashlib
import os
import zlib
from base64 import b32encode
from functools import partial

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from crawler.capture.decode import UndecodableError, dechunk, decode
from crawler.capture.digests import matching_digest

PAGE = ("<html><body>" + "<p>Cầu mới ở xã Đông An.</p>" * 400 + "</body></html>").encode()
GZIP = gzip.compress(PAGE, mtime=0)
DEFLATE = zlib.compress(PAGE)
NOISE = os.urandom(40_000)  # does not shrink: cut anywhere, much of it is left


@pytest.mark.parametrize(
    ("encodings", "body"),
    [
        ([b"UTF-8"], PAGE),  # no encoding at all
        ([b"none"], PAGE),
        ([b"binary, 8bit"], PAGE),
        ([], PAGE),
        ([b"gzip"], GZIP),
        ([b"X-GZIP"], GZIP),
        ([b"gzip"], GZIP[:-8]),  # without its trailer
        ([b"gzip"], GZIP[:-3]),
        ([b"gzip"], GZIP[:-8] + b"\0" * 8),  # a wrong checksum
        ([b"gzip"], GZIP + b"\0" * 20),  # junk behind it
        ([b"gzip"], gzip.compress(PAGE[:999]) + gzip.compress(PAGE[999:])),
        ([b"deflate"], DEFLATE),
        ([b"deflate"], DEFLATE[2:-4]),  # raw, as some servers send it
        ([b"br"], brotli.compress(PAGE)),
        ([b"zstd"], zstd.compress(PAGE)),
        ([b"zstd"], zstd.compress(PAGE[:999]) + zstd.compress(PAGE[999:])),
        ([b"gzip, br"], brotli.compress(GZIP)),
        ([b"gzip", b"UTF-8"], GZIP),
        ([b"gzip"], PAGE),  # the header lies
        ([b"br"], b"\xef\xbb\xbf\n" + PAGE),
    ],
)
def test_a_page_is_read_as_browsers_read_it(encodings: list[bytes], body: bytes) -> None:
    assert decode(body, encodings).removeprefix(b"\xef\xbb\xbf\n") == PAGE


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        (b"gzip", gzip.compress(NOISE)),
        (b"deflate", zlib.compress(NOISE)),
        (b"zstd", zstd.compress(NOISE)),
        (b"br", brotli.compress(NOISE)),
    ],
)
def test_of_a_stream_that_is_cut_what_came_is_kept(name: bytes, packed: bytes) -> None:
    kept = decode(packed[:30_000], [name])
    assert NOISE.startswith(kept)
    assert len(kept) > 1000 or name in {b"zstd", b"br"}  # which give whole blocks


@pytest.mark.parametrize("name", [b"gzip", b"deflate", b"br", b"zstd"])
def test_what_is_no_such_encoding_is_named(name: bytes) -> None:
    with pytest.raises(UndecodableError, match=f"it is not the {name.decode()} that its"):
        decode(b"\xff\xd8\xff\xe0 a picture", [name])


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (b"gzip", partial(gzip.compress, compresslevel=1)),
        (b"br", partial(brotli.compress, quality=1)),
        (b"zstd", zstd.compress),
    ],
)
def test_a_bomb_is_not_unpacked(name: bytes, pack: object) -> None:
    assert callable(pack)
    with pytest.raises(UndecodableError, match="more than 67108864 bytes"):
        decode(pack(b"\0" * 70_000_000), [name])


@given(st.binary(max_size=200), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"UTF-8"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, name: bytes) -> None:
    try:
        assert isinstance(decode(body, [name]), bytes)
    except UndecodableError as error:
        assert name.decode() in str(error)


def chunked(body: bytes, size: int = 700) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_chunks_are_put_together_as_far_as_they_came() -> None:
    whole = chunked(PAGE)
    assert dechunk(whole) == PAGE
    assert dechunk(whole.replace(b"\r\n", b"; a=1\r\n", 1)) == PAGE  # a chunk extension
    assert dechunk(whole[:-5]) == PAGE  # the last chunk is missing
    assert PAGE.startswith(dechunk(whole[:5000]))
    assert len(dechunk(whole[:5000])) > 4900
    assert dechunk(PAGE) == PAGE  # the encoding was undone, the header kept
    assert dechunk(b"") == b""
    assert dechunk(b"2026\r\nnot chunks") == b"2026\r\nnot chunks"[6:]


def test_digests_in_any_form_are_one() -> None:
    raw = hashlib.sha1(PAGE, usedforsecurity=False).digest()
    stored = f"sha1:{b32encode(raw).decode()}"
    for given_ in (stored, stored.lower(), f"sha1:{raw.hex()}", f"SHA-1:{raw.hex().upper()}", None):
        assert matching_digest(given_, (PAGE,)) == stored
    assert matching_digest(stored, (b"decoded", PAGE)) == stored  # of what went over the line
    assert matching_digest(stored, (b"other",)) is None
    sha256 = f"sha256:{hashlib.sha256(PAGE).hexdigest()}"
    assert matching_digest(sha256, (PAGE,)) == sha256
    assert matching_digest(sha256, (b"other",)) is None
    assert matching_digest("blake3:abc", (PAGE,)) == "blake3:abc"  # nobody here can tell
