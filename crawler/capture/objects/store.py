"""An object store (S3, Google Cloud Storage, Azure): uploads whole files, downloads ranges.

Credentials and endpoints come from the environment, which obstore reads. It is imported with the
first request to a store; a process must not fork after that.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from errno import ENOENT
from functools import lru_cache
from io import SEEK_CUR, SEEK_END, BufferedReader, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from storage.errors import CaptureError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore.store import ObjectStore

_FIRST_RANGE = 256 * 1024  # bytes; nearly every record is shorter
_MAX_RANGE = 4 * 1024 * 1024
_UPLOAD_PART = 8 * 1024 * 1024  # bytes of each request of an upload
_READ_SECONDS, _WRITE_SECONDS = 30, 120  # for one request; a reader of a page waits for reads
_CONCURRENCY = 4
_KEYS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_REGION, AWS_ENDPOINT_URL)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, the path of a service account's file",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ENDPOINT = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?(?:/[!-~]*)?", re.ASCII)
_NO_BUCKET = "NoSuchBucket"
_PAST_END = "416 Range Not Satisfiable"
# A shared access signature in a URL's query, or credentials before its host.
_SECRET = re.compile(r"\?\S+|[^/\s]*@")
_SERVER = re.compile(r"https?://[^/\s]+")
_CODE = re.compile(r"<\?xml.*?<Code>(\w+)</Code>.*", re.DOTALL)


class StoreError(CaptureError):
    """The object store cannot be reached, or refuses us."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file in an object store, which readers of WARC files accept in place of a path.

    url: of the store, with its prefix. name: of the file below it.
    """

    url: str
    name: str

    def __str__(self) -> str:
        return f"{self.url}/{self.name}"

    def open(self, _mode: Literal["rb"]) -> BufferedReader:
        """Return a stream that requests ranges of the object as it is read.

        Reading raises FileNotFoundError if there is no such object, else StoreError.
        """
        return BufferedReader(_Stream(self), _FIRST_RANGE)

    def is_file(self) -> bool:
        """True if the store has it. Raises StoreError."""
        return self.size() is not None

    def size(self) -> int | None:
        """Return its size in bytes; None if there is no such object. Raises StoreError."""
        meta = self._meta()
        return int(meta["size"]) if meta is not None else None

    def version(self) -> str | None:
        """Return the present version, which a versioned store keeps after an upload; else None.

        Raises StoreError.
        """
        meta = self._meta()
        version = meta["version"] if meta is not None else None
        return version if version != "null" else None  # S3's value for an unversioned bucket

    def _meta(self) -> Any:
        with _plain_errors(self.url):
            try:
                return _library().head(_client(self.url), self.name)
            except FileNotFoundError:
                return None

    def upload(self, file: Path) -> None:
        """Upload a local file, all or nothing. Raises StoreError, OSError."""
        with file.open("rb") as stream, _plain_errors(self.url):
            try:
                _library().put(
                    _client(self.url, _WRITE_SECONDS),
                    self.name,
                    stream,
                    chunk_size=_UPLOAD_PART,
                    max_concurrency=_CONCURRENCY,
                )
            except FileNotFoundError:  # it can only mean the bucket
                raise StoreError(_text(self.url, _NO_BUCKET)) from None

    def range(self, start: int, length: int) -> tuple[memoryview, int]:
        """Return up to `length` bytes from `start` on, and the object's size.

        Past its end there are none. Raises FileNotFoundError, StoreError.
        """
        options = {"range": (start, start + length)}
        with _plain_errors(self.url):
            try:
                result = _library().get(_client(self.url), self.name, options=options)
                data, size = memoryview(result.bytes()), int(result.meta["size"])
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise StoreError(_text(self.url, _NO_BUCKET)) from None
                raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(self)) from None
            except _library().exceptions.GenericError as error:
                if _PAST_END not in str(error):
                    raise
                return memoryview(b""), self.size() or 0
        if not data and start < size:  # readers would take this for the end
            raise StoreError(f"{self}: the store answers with none of the bytes from {start} on")
        return data, size


class _Stream(RawIOBase):
    """The bytes of an object, requested in ranges that grow with sequential reading."""

    def __init__(self, stored: StoredObject):
        self._stored = stored
        self._position = 0
        self._buffer = memoryview(b"")
        self._range_bytes = _FIRST_RANGE
        self._size: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        begin = {SEEK_CUR: self._position, SEEK_END: 0}.get(whence, 0)
        if whence == SEEK_END:
            begin = self._object_size()
        target = begin + offset
        ahead = target - self._position
        if 0 <= ahead <= len(self._buffer):
            self._buffer = self._buffer[ahead:]
        else:
            self._buffer, self._range_bytes = memoryview(b""), _FIRST_RANGE
        self._position = target
        return target

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self._buffer and (self._size is None or self._position < self._size):
            self._buffer, self._size = self._stored.range(self._position, self._range_bytes)
            self._range_bytes = min(4 * self._range_bytes, _MAX_RANGE)
        view = memoryview(buffer)
        count = min(len(view), len(self._buffer))
        view[:count] = self._buffer[:count]
        self._buffer = self._buffer[count:]
        self._position += count
        return count

    def _object_size(self) -> int:
        if self._size is None:
            self._size = self._stored.size() or 0
        return self._size


def _library() -> Any:
    import obstore  # noqa: PLC0415 - an extra

    return obstore


@lru_cache(maxsize=4)
def _client(url: str, seconds: int = _READ_SECONDS) -> "ObjectStore":
    from obstore.store import from_url  # noqa: PLC0415 - an extra

    _check_environment(url)
    return from_url(
        url,
        # An endpoint without TLS is used only if the environment names one.
        client_options={"connect_timeout": "5s", "timeout": f"{seconds}s", "allow_http": True},
        retry_config={
            "max_retries": 2,
            "retry_timeout": timedelta(seconds=seconds),
            "backoff": {"init_backoff": timedelta(milliseconds=200)},
        },
    )


def _check_environment(url: str) -> None:
    """Raise StoreError for a value that would make the library panic."""
    for name, value in os.environ.items():
        if name in _ENDPOINTS and not _ENDPOINT.fullmatch(value):
            raise StoreError(
                f"captures {url}: {name}: expected an address such as https://minio.example.org"
                f" (given: {_SECRET.sub('', value)!r:.60})"
            )
        if name.startswith(("AWS_", "AZURE_")) and not value.isprintable():  # Google's key is JSON
            raise StoreError(f"captures {url}: {name}: a line break or control character is in it")


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    """Raise the library's errors, which have some thirty lines, as StoreError with one line."""
    import obstore.exceptions  # noqa: PLC0415 - an extra

    try:
        yield
    except (obstore.exceptions.BaseError, ValueError, TimeoutError, ConnectionError) as error:
        raise StoreError(_text(url, str(error))) from None


def _text(url: str, message: str) -> str:
    """Return the store, the server's answer and address, and what is expected."""
    first = _SECRET.sub("", _CODE.sub(r"\1", message.partition("\n\nDebug source")[0]))
    server = _SERVER.search(first)
    answer = first.rpartition(" - ")[2].removeprefix("Server returned non-2xx status code: ")
    printable = "".join(char if char.isprintable() else " " for char in answer)
    reason = " ".join(printable.split()).rstrip(":")
    address = f" ({server[0]})" if server else ""
    return (
        f"captures {url}: {reason[:300]}{address}; expected a bucket that exists, and in the"
        f" environment {_KEYS[url.partition(':')[0]]}"
    )
