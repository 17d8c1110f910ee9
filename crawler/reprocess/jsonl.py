"""Reading of JSON lines files in constant memory, and a file of rejected lines."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from storage.errors import UsageError

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is rejected: no article is so long, and a few such lines would fill the memory."""
_SHOWN_CHARACTERS = 100_000  # of a rejected line; the input has the whole line
_BOM = b"\xef\xbb\xbf"


DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
"""The exceptions that reading a damaged gzip file raises."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file. number: from 1. text: None if it is too long. size: in bytes."""

    number: int
    text: bytes | None
    size: int


def read_lines(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines that are not blank; never more than `limit` bytes of a line are in memory."""
    number = 0
    while text := stream.readline(limit + 1):
        number += 1
        size = len(text)
        if size <= limit or text.endswith(b"\n"):
            text = text.removeprefix(_BOM) if number == 1 else text
            if text.strip():
                yield Line(number, text, size)
            continue
        text = b""  # frees it before the rest of the line is read
        while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
            size += len(rest)
        yield Line(number, None, size + len(rest))


def open_lines(file: Path) -> tuple[IO[bytes], IO[bytes]]:
    """Open a file for reading; return the stream, decompressed if it is gzip, and the raw file.

    The position of the raw file shows the progress. Raises UsageError.
    """
    try:
        raw = file.open("rb")
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}; expected a file of JSON lines"
        ) from None
    return (gzip.GzipFile(fileobj=raw) if is_gzip else raw), raw  # type: ignore[return-value]  # it has the methods that are used


class Rejects:
    """A file of the rejected lines, with their numbers and reasons.

    When complete, it replaces that of an earlier import; if no line is rejected, there is none.
    Raises UsageError if the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        if path.exists() and not path.is_file():  # a device would be replaced
            raise UsageError(f"{path}: is no ordinary file; name another by --rejected")
        self._part = path.with_name(path.name + ".part")
        try:
            self._file = self._part.open("w", encoding="utf-8")
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def add(self, line: Line, reason: str) -> None:
        """Write a line to the file. Raises UsageError if it cannot be written."""
        self.count += 1
        text = (line.text or b"").decode("utf-8", "backslashreplace").rstrip("\r\n")
        row = {"line": line.number, "reason": reason, "bytes": line.size}
        row["text"] = text[:_SHOWN_CHARACTERS]
        try:
            self._file.write(json.dumps(row, ensure_ascii=True) + "\n")
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self, *, complete: bool = True) -> None:
        """Move the file to its final path. Raises UsageError if that fails.

        complete: the whole input was read. Otherwise, without rejected lines, the file of an
        earlier import is kept.
        """
        try:
            self._file.close()
            if self.count:
                self._part.replace(self.path)
                return
            self._part.unlink()
            if complete:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from None


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path}: cannot be written: {error.strerror}; name another file by --rejected"
    )
