"""Finds where gzip members begin and end in a file, with bounded memory. No Scrapy."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

GZIP = b"\x1f\x8b\x08"
CHUNK = 1024 * 1024  # bytes held at once, compressed or decompressed
_STEP = 64 * 1024  # bytes read at once


def end_of_member(stream: BinaryIO, offset: int) -> int | None:
    """Return where the gzip member at `offset` ends, None if no whole one begins there."""
    length = _length(_parts(stream, offset))
    return None if length is None else offset + length


def member_bytes(stream: BinaryIO, offset: int, max_bytes: int) -> bytes:
    """Return the gzip member at `offset`; b"" if no whole one begins there, or it is too large.

    No byte is read twice.
    """
    data = bytearray()

    def parts() -> Iterator[bytes]:
        for part in _parts(stream, offset):
            data.extend(part)
            yield part
            if len(data) > max_bytes + _STEP:
                return

    length = _length(parts())
    if length is None or length > max_bytes:
        return b""
    del data[length:]
    return bytes(data)


def _parts(stream: BinaryIO, offset: int) -> Iterator[bytes]:
    stream.seek(offset)
    while part := stream.read(_STEP):
        yield part


def _length(parts: Iterator[bytes]) -> int | None:
    """Return the length of the gzip member that the parts begin with, None if it is not whole."""
    decompressor = zlib.decompressobj(wbits=31)
    length, rest = 0, b""
    while not decompressor.eof:
        if not rest:
            rest = next(parts, b"")
            length += len(rest)
            if not rest:
                return None
        try:
            decompressor.decompress(rest, CHUNK)  # the bound limits memory; output is not needed
        except zlib.error:
            return None
        rest = decompressor.unconsumed_tail
    return length - len(decompressor.unused_data)


def next_member(stream: BinaryIO, offset: int, size: int) -> int:
    """Return the offset of the next member with a WARC record, from `offset` on; else `size`."""
    while offset < size:
        stream.seek(offset)
        chunk = stream.read(CHUNK)
        at = chunk.find(GZIP)
        while at >= 0:
            if _begins_record(stream, offset + at):
                return offset + at
            at = chunk.find(GZIP, at + 1)
        offset += max(1, len(chunk) - len(GZIP) + 1)
    return size


def _begins_record(stream: BinaryIO, offset: int) -> bool:
    stream.seek(offset)
    try:
        return zlib.decompressobj(wbits=31).decompress(stream.read(4096), 5) == b"WARC/"
    except zlib.error:
        return False
