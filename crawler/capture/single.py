"""One record of a WARC file by itself: its bytes as they lie there. No Scrapy."""

from pathlib import Path

from crawler.capture.decode import MAX_BYTES
from crawler.capture.members import GZIP, end_of_member
from crawler.capture.tombstone import record_spans
from storage.errors import CaptureError


def record_bytes(file: Path, offset: int) -> bytes:
    """Return the record at `offset` (in bytes), compressed as it is: a WARC file of one record.

    Raises CaptureError where none begins there, or it is over MAX_BYTES.
    """
    try:
        end = _end_of(file, offset)
        if end is None or end - offset > MAX_BYTES:
            raise CaptureError(f"{file}: no record of at most {MAX_BYTES} bytes at {offset}")
        with file.open("rb") as stream:
            stream.seek(offset)
            return stream.read(end - offset)
    except OSError as error:
        raise CaptureError(f"{file}: cannot be read: {error.strerror or error}") from None


def _end_of(file: Path, offset: int) -> int | None:
    with file.open("rb") as stream:
        stream.seek(offset)
        if stream.read(len(GZIP)) == GZIP:
            return end_of_member(stream, offset)
    return next((span.end for span in record_spans(file) if span.start == offset), None)
