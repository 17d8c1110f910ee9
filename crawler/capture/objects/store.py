"""An object store (S3, Google Cloud Storage, Azure): whole files up, ranges of them down.

Keys and addresses come from the environment, as the library reads them. It is imported when a
store is asked for the first time; a process that has asked one must not fork.
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

_FIRST = 256 * 1024  # bytes of the first request; nearly every record is shorter
_LARGEST = 4 * 1024 * 1024
_PART = 8 * 1024 * 1024  # bytes of an upload's requests
_READ_SECONDS, _WRITE_SECONDS = 30, 120  # for one request: whoever looks at a page waits for it
_AT_ONCE = 4
_KEYS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_REGION, AWS_ENDPOINT_URL)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, the path of a service account's file",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ENDPOINT = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?(?:/[!-~]*)?", re.ASCII)
_NO_BUCKET = "NoSuchBucket"
_BEHIND_END = "416 Range Not Satisfiable"
# A shared access signature stands in an address, or a password before its host.
_SECRET = re.compile(r"\?\S+|[^/\s]*@")
_SERVER = re.compile(r"https?://[^/\s]+")
_CODE = re.compile(r"<\?xml.*?<Code>(\w+)</Code>.*", re.DOTALL)


class StoreError(CaptureError):
    """The object store cannot be reached, or refuses us."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file in an object store: what readers of WARC files take in place of a path.

    url: of the store, with its prefix. name: of the file below it.
    """

    url: str
    name: str

    def __str__(self) -> str:
        return f"{self.url}/{self.name}"

    def open(self, _mode: Literal["rb"]) -> BufferedReader:
        """Return a stream that asks for what is read of it.

        Reading raises FileNotFoundError where there is no such object, else StoreError.
        """
        return BufferedReader(_Stream(self), _FIRST)

    def is_file(self) -> bool:
        """True where the store has it. Raises StoreError."""
        return self.size() is not None

    def size(self) -> int | None:
        """Return how many bytes it has; None where there is no such object. Raises StoreError."""
        meta = self._meta()
        return int(meta["size"]) if meta is not None else None

    def version(self) -> str | None:
        """Return the version that an upload leaves behind where the store keeps earlier ones.

        Raises StoreError.
        """
        meta = self._meta()
        found = meta["version"] if meta is not None else None
        return found if found != "null" else None  # S3's word for a bucket that keeps none

    def _meta(self) -> Any:
        with _plain_errors(self.url):
            try:
                return _library().head(_client(self.url), self.name)
            except FileNotFoundError:
                return None

    def upload(self, file: Path) -> None:
        """Put a local file in its place, all of it or nothing. Raises StoreError, OSError."""
        with file.open("rb") as stream, _plain_errors(self.url):
            try:
                _library().put(
                    _client(self.url, _WRITE_SECONDS),
                    self.name,
                    stream,
                    chunk_size=_PART,
                    max_concurrency=_AT_ONCE,
                )
            except FileNotFoundError:  # of the bucket: an object that is new need not be there
                raise StoreError(_text(self.url, _NO_BUCKET)) from None

    def range(self, start: int, length: int) -> tuple[memoryview, int]:
        """Return up to `length` bytes from `start` on, and the size of the whole.

        Behind the end there are none. Raises FileNotFoundError, StoreError.
        """
        asked = {"range": (start, start + length)}
        with _plain_errors(self.url):
            try:
                found = _library().get(_client(self.url), self.name, options=asked)
                data, size = memoryview(found.bytes()), int(found.meta["size"])
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise StoreError(_text(self.url, _NO_BUCKET)) from None
                raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(self)) from None
            except _library().exceptions.GenericError as error:
                if _BEHIND_END not in str(error):
                    raise
                return memoryview(b""), self.size() or 0
        if not data and start < size:  # which would look like the end
            raise StoreError(f"{self}: the store answers with none of the bytes from {start} on")
        return data, size


class _Stream(RawIOBase):
    """The bytes of an object, asked for in ranges that grow while it is read on."""

    def __init__(self, stored: StoredObject):
        self._stored = stored
        self._at = 0
        self._rest = memoryview(b"")
        self._next = _FIRST
        self._size: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        begin = {SEEK_CUR: self._at, SEEK_END: 0}.get(whence, 0)
        if whence == SEEK_END:
            begin = self._known_size()
        target = begin + offset
        ahead = target - self._at
        if 0 <= ahead <= len(self._rest):
            self._rest = self._rest[ahead:]
        else:
            self._rest, self._next = memoryview(b""), _FIRST
        self._at = target
        return target

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self._rest and (self._size is None or self._at < self._size):
            self._rest, self._size = self._stored.range(self._at, self._next)
            self._next = min(4 * self._next, _LARGEST)
        view = memoryview(buffer)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self._at += count
        return count

    def _known_size(self) -> int:
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
        # An address without TLS is asked only where the environment names one.
        client_options={"connect_timeout": "5s", "timeout": f"{seconds}s", "allow_http": True},
        retry_config={
            "max_retries": 2,
            "retry_timeout": timedelta(seconds=seconds),
            "backoff": {"init_backoff": timedelta(milliseconds=200)},
        },
    )


def _check_environment(url: str) -> None:
    """Raise StoreError for a value on which the library would panic."""
    for name, value in os.environ.items():
        if name in _ENDPOINTS and not _ENDPOINT.fullmatch(value):
            raise StoreError(
                f"captures {url}: {name}: expected an address such as https://minio.example.org"
                f" (given: {_SECRET.sub('', value)!r:.60})"
            )
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")) and not value.isprintable():
            raise StoreError(f"captures {url}: {name}: a line break or control character is in it")


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    """Say in one line what the library says in thirty. Raises StoreError."""
    import obstore.exceptions  # noqa: PLC0415 - an extra

    try:
        yield
    except (obstore.exceptions.BaseError, ValueError, TimeoutError, ConnectionError) as error:
        raise StoreError(_text(url, str(error))) from None


def _text(url: str, said: str) -> str:
    """Return the store, the server that was asked, what it answered, and what is expected."""
    first = _SECRET.sub("", _CODE.sub(r"\1", said.partition("\n\nDebug source")[0]))
    server = _SERVER.search(first)
    answer = first.rpartition(" - ")[2].removeprefix("Server returned non-2xx status code: ")
    printable = "".join(char if char.isprintable() else " " for char in answer)
    what = " ".join(printable.split()).rstrip(":")
    where = f" ({server[0]})" if server else ""
    return (
        f"captures {url}: {what[:300]}{where}; expected a bucket that exists, and in the"
        f" environment {_KEYS[url.partition(':')[0]]}"
    )
