"""Where gzip members begin and end in a file, with bounded memory. No Scrapy."""

import zlib
from typing import BinaryIO

GZIP = b"\x1f\x8b\x08"
CHUNK = 1024 * 1024  # bytes held at once, packed or unpacked


def end_of_member(stream: BinaryIO, offset: int) -> int | None:
    """Return where the gzip member at `offset` ends, None where none that is whole begins."""
    stream.seek(offset)
    unpacker = zlib.decompressobj(wbits=31)
    position, rest = offset, b""
    while not unpacker.eof:
        if not rest:
            rest = stream.read(CHUNK)
            position += len(rest)
            if not rest:
                return None
        try:
            unpacker.decompress(rest, CHUNK)  # a bound: what it holds is not needed
        except zlib.error:
            return None
        rest = unpacker.unconsumed_tail
    return position - len(unpacker.unused_data)


def next_member(stream: BinaryIO, offset: int, size: int) -> int:
    """Return where, from `offset` on, the next member with a WARC record begins; else `size`."""
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
