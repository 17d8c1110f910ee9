"""A response's body behind its transfer and content encodings, read as leniently as browsers do.

Pure. What was sent is recorded as it came; what is decoded here must give the same page live,
replayed and years later.
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
"""One page, decoded."""

_STEP = 4096  # bytes that zlib is given at once
_PIECE = 1024 * 1024  # bytes that a decoder gives at once
_MAGIC = b"\x1f\x8b"
_GZIP_HEAD = 10  # bytes, without a file's name
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TEXT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*[<{\[]")


class UndecodableError(ValueError):
    """A body that is not what its Content-Encoding says, or too large when it is decoded."""


def dechunk(raw: bytes) -> bytes:
    """Return a body without the frames of Transfer-Encoding: chunked, as far as it came.

    A body without frames is returned as it is: many writers of WARC files undo the encoding and
    keep the header.
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
    """Return a body as it was before its content encodings, the last one undone first.

    encodings: the values of all Content-Encoding headers, in order. A name that is no encoding
    ("UTF-8", "none") says nothing, and a text is not decoded, whatever its header says; a stream
    without its end gives what came. Raises UndecodableError for anything else, and for more than
    64 MiB.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    for name in reversed(names):
        if name in _DECODERS and body and not _TEXT.match(body):
            body = _decoded(body, name)
    return body


def _decoded(body: bytes, name: bytes) -> bytes:
    for decoder in _DECODERS[name]:
        found = _as_far_as_it_came(decoder, body)
        if found is not None:
            return found
    raise UndecodableError(f"it is not the {name.decode()} that its Content-Encoding says")


def _as_far_as_it_came(decoder: "Decoder", body: bytes) -> bytes | None:
    """Return what a decoder makes of a body, None where not even its beginning can be decoded."""
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
    """Yield what zlib makes of a body, and of each further gzip member.

    Step by step, for a call that fails gives nothing.
    """
    unpacker = zlib.decompressobj(wbits=window)
    at = 0
    while at < len(body):
        data = body[at : at + _STEP]
        at += _STEP
        while data and not unpacker.eof:
            yield unpacker.decompress(data, _PIECE)
            data = unpacker.unconsumed_tail
        if unpacker.eof:
            at = min(at, len(body)) - len(unpacker.unused_data)
            if window != _GZIP or not body.startswith(_MAGIC, at):
                return
            unpacker = zlib.decompressobj(wbits=window)
    raise EOFError


def _unchecked_gzip(body: bytes) -> Iterator[bytes]:
    """Yield what a gzip member holds whose checksum is wrong."""
    if not body.startswith(_MAGIC):
        raise EOFError
    yield from _inflated(body[_GZIP_HEAD:], _RAW)


def _brotli(body: bytes) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    yield unpacker.process(body, output_buffer_limit=_PIECE)
    while not unpacker.is_finished() and not unpacker.can_accept_more_data():
        yield unpacker.process(b"", output_buffer_limit=_PIECE)
    if not unpacker.is_finished():
        raise EOFError


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:
        unpacker = zstd.ZstdDecompressor()
        yield unpacker.decompress(body, _PIECE)
        while not unpacker.eof and not unpacker.needs_input:
            yield unpacker.decompress(b"", _PIECE)
        if not unpacker.eof:
            raise EOFError
        body = unpacker.unused_data


# A decoder yields what it can and raises EOFError where the stream ends too early.
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
