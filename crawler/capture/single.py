"""Reads the raw bytes of one record of a WARC file. No Scrapy."""

from crawler.capture.decode import MAX_BYTES
from crawler.capture.members import GZIP, member_bytes
from crawler.capture.objects.files import WarcSource
from crawler.capture.tombstone import record_spans
from storage.errors import CaptureError


def record_bytes(file: WarcSource, offset: int) -> bytes:
    """Return the raw record at `offset` (in bytes), which is a WARC file of one record.

    Raises CaptureError if none begins there, or it is over MAX_BYTES.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            if stream.read(len(GZIP)) == GZIP:
                data = member_bytes(stream, offset, MAX_BYTES)
            else:
                ends = (span.end for span in record_spans(file) if span.start == offset)
                length = next(ends, offset) - offset
                stream.seek(offset)
                data = stream.read(length) if 0 < length <= MAX_BYTES else b""
    except OSError as error:
        raise CaptureError(f"{file}: cannot be read: {error.strerror or error}") from None
    if not data:
        raise CaptureError(f"{file}: no record of at most {MAX_BYTES} bytes at {offset}")
    return data
