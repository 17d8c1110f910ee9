"""Undoes a body's transfer and content encodings, as leniently as browsers do. Pure.

Bodies are recorded as they were sent; decoding must give the same page live, in a replay, and
years later.
"""

import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_BYTES = 64 * 1024 * 1024
"""The most bytes of a decoded page."""

_STEP = 4096  # bytes given to zlib at once
_MAX_OUTPUT = 1024 * 1024  # bytes that a decoder returns at once
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_HEAD = 10  # bytes, without a file name
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TEXT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*[<{\[]")


class UndecodableError(ValueError):
    """A body that is not what its Content-Encoding says, or is too large when decoded."""


def dechunk(raw: bytes) -> bytes:
    """Return a body without the framing of Transfer-Encoding: chunked, as far as it arrived.

    A body without chunks is returned as it is: many WARC writers undo the encoding and keep the
    header.
    """
    parts: list[bytes] = []
    at = 0
    while match := _CHUNK_HEAD.match(raw, at):
        size, begin = int(match[1], 16), match.end()
        if not size:
            return b"".join(parts)
        parts.append(raw[begin : begin + size])
        at = begin + size
        at += 2 if raw[at : at + 2] == b"\r\n" else int(raw[at : at + 1] == b"\n")
    return b"".join(parts) if parts and at >= len(raw) else raw


def decode(body: bytes, encodings: Iterable[bytes]) -> bytes:
    """Return a body without its content encodings, the last one undone first.

    encodings: the values of all Content-Encoding headers, in order. A name that is no encoding
    ("UTF-8", "none") is ignored, plain text is not decoded, whatever its header says, and a
    truncated stream gives what arrived. Raises UndecodableError for anything else, and for more
    than `MAX_BYTES`.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    for name in reversed(names):
        if name in _DECODERS and body and not _TEXT.match(body):
            body = _decoded(body, name)
    return body


def _decoded(body: bytes, name: bytes) -> bytes:
    for decoder in _DECODERS[name]:
        decoded = _decode_available(decoder, body)
        if decoded is not None:
            return decoded
    raise UndecodableError(f"it is not the {name.decode()} that its Content-Encoding says")


def _decode_available(decoder: "Decoder", body: bytes) -> bytes | None:
    """Decode as much of a body as possible; None if not even its beginning can be decoded."""
    parts: list[bytes] = []
    size = 0
    try:
        for part in decoder(body):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise UndecodableError(f"its content is more than {MAX_BYTES} bytes")
    except (EOFError, zlib.error, brotli.error, zstd.ZstdError):
        if not size:
            return None
    return b"".join(parts)


def _inflated(body: bytes, window: int) -> Iterator[bytes]:
    """Yield a body decompressed by zlib, and each further gzip member.

    It goes step by step, as a call that fails returns nothing of its input.
    """
    decompressor = zlib.decompressobj(wbits=window)
    at = 0
    while at < len(body):
        data = body[at : at + _STEP]
        at += _STEP
        while data and not decompressor.eof:
            yield decompressor.decompress(data, _MAX_OUTPUT)
            data = decompressor.unconsumed_tail
        if decompressor.eof:
            at = min(at, len(body)) - len(decompressor.unused_data)
            if window != _GZIP or not body.startswith(_GZIP_MAGIC, at):
                return
            decompressor = zlib.decompressobj(wbits=window)
    raise EOFError


def _unchecked_gzip(body: bytes) -> Iterator[bytes]:
    """Yield the content of a gzip member without verifying its checksum."""
    if not body.startswith(_GZIP_MAGIC):
        raise EOFError
    yield from _inflated(body[_GZIP_HEAD:], _RAW)


def _brotli(body: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    yield decompressor.process(body, output_buffer_limit=_MAX_OUTPUT)
    while not decompressor.is_finished() and not decompressor.can_accept_more_data():
        yield decompressor.process(b"", output_buffer_limit=_MAX_OUTPUT)
    if not decompressor.is_finished():
        raise EOFError


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:
        decompressor = zstd.ZstdDecompressor()
        yield decompressor.decompress(body, _MAX_OUTPUT)
        while not decompressor.eof and not decompressor.needs_input:
            yield decompressor.decompress(b"", _MAX_OUTPUT)
        if not decompressor.eof:
            raise EOFError
        body = decompressor.unused_data


# A decoder yields what it can, and raises EOFError if the stream ends too early.
Decoder = Callable[[bytes], Iterator[bytes]]
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_gzip = partial(_inflated, window=_GZIP)
_DECODERS: Mapping[bytes, tuple[Decoder, ...]] = {
    b"gzip": (_gzip, _unchecked_gzip),
    b"x-gzip": (_gzip, _unchecked_gzip),
    # RFC 9110 says zlib; some servers send it without zlib's frame, and browsers read both.
    b"deflate": (partial(_inflated, window=_ZLIB), partial(_inflated, window=_RAW)),
    b"br": (_brotli,),
    b"zstd": (_zstd,),
}
