"""Files of JSON lines: read in constant memory, and what cannot be used set aside."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from storage.errors import UsageError

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is set aside: no article has so much text, and a few of them fill the memory."""
_SHOWN_CHARACTERS = 100_000  # of a line that is set aside; the whole is in the file itself
_BOM = b"\xef\xbb\xbf"


DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a damaged gzip file raises."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file. number: from 1. text: None where it is too long; size: in bytes."""

    number: int
    text: bytes | None
    size: int


def read_lines(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines that are not blank, none longer than `limit` bytes held in memory."""
    number = 0
    while text := stream.readline(limit + 1):
        number += 1
        size = len(text)
        if size <= limit or text.endswith(b"\n"):
            text = text.removeprefix(_BOM) if number == 1 else text
            if text.strip():
                yield Line(number, text, size)
            continue
        text = b""  # let go of it before the rest is read
        while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
            size += len(rest)
        yield Line(number, None, size + len(rest))


def open_lines(file: Path) -> tuple[IO[bytes], IO[bytes]]:
    """Return a file's bytes, unpacked where it is gzip's, and the file itself, to ask how far.

    Raises UsageError.
    """
    try:
        raw = file.open("rb")
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}; expected a file of JSON lines"
        ) from None
    return (gzip.GzipFile(fileobj=raw) if packed else raw), raw  # type: ignore[return-value]  # it is one but for its name


class Rejects:
    """The lines that are set aside, with their numbers and reasons, in a file of their own.

    It takes the place of the one of an earlier import when it is complete; where no line is set
    aside, there is none. Raises UsageError where no file can be written there, before any line.
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
        """Keep a line. Raises UsageError where the file cannot be written."""
        self.count += 1
        text = (line.text or b"").decode("utf-8", "backslashreplace").rstrip("\r\n")
        row = {"line": line.number, "reason": reason, "bytes": line.size}
        row["text"] = text[:_SHOWN_CHARACTERS]
        try:
            self._file.write(json.dumps(row, ensure_ascii=True) + "\n")
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self, *, complete: bool = True) -> None:
        """Put the file in its place. Raises UsageError where that cannot be done.

        complete: the whole input was read; else the file of an earlier import may stay.
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
