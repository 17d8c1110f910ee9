"""Finds WARC files in this machine's captures folder, in an object store, or in both."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from crawler.capture.objects.store import StoredObject
from crawler.capture.private import locked, make_folder, open_private
from storage.errors import CaptureError

WarcSource = Path | StoredObject
"""A file that can be read: both can be opened, and name their place as text."""

_CHUNK = 1024 * 1024
_LOCK_SECONDS = 600.0  # long enough to push a large file


@dataclass(frozen=True, slots=True)
class CaptureFiles:
    """The captures folder, and the object store that closed files are pushed to, if any.

    url: of the store, "" for none.
    """

    folder: Path
    url: str = ""

    def find(self, name: str) -> WarcSource:
        """Return a WARC file by its name in the archive: the local one, else the store's.

        It may exist in neither place: an error is raised only when it is read.
        """
        local = self.folder / name
        if not self.url or Path(name).is_absolute() or local.is_file():
            return local
        return self.stored(name)

    def stored(self, name: str) -> StoredObject:
        """Return a WARC file's object in the store."""
        return StoredObject(self.url, name)

    def local(self, path: Path) -> Path:
        """Return a WARC file of the captures folder, fetched from the store if it is missing.

        A path that exists, or is outside the folder, is returned as it is. Raises CaptureError.
        """
        resolved, folder = path.resolve(), self.folder.resolve()
        if self.url and not resolved.exists() and resolved.is_relative_to(folder):
            name = resolved.relative_to(folder).as_posix()
            if name.endswith((".warc.gz", ".warc")):
                self.fetch(name)
        return path

    def fetch(self, name: str, is_right: Callable[[Path], bool] = Path.is_file) -> Path:
        """Copy a WARC file from the store into the folder.

        Nothing is left under its name after a kill. Raises CaptureError, also if `is_right` is
        false for the copy.
        """
        stored, path = self.stored(name), self.folder / name
        part = path.with_name(f"{path.name}.fetching")
        try:
            make_folder(path.parent)
            with stored.open("rb") as source, open_private(part, "wb") as file:
                while data := source.read(_CHUNK):
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if not is_right(part):
                raise CaptureError(f"{stored}: is another file than the one that was pushed")
            part.replace(path)
        except FileNotFoundError:
            raise CaptureError(f"{stored}: no such object; expected a WARC file") from None
        except OSError as error:
            raise CaptureError(
                f"{path}: cannot be fetched from {self.url}: {error.strerror or error}"
            ) from None
        finally:
            part.unlink(missing_ok=True)
        return path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep this machine's other processes from pushing or rewriting files.

        Raises CaptureError if one of them takes too long.
        """
        lock = self.folder / "locks" / "push.lock"
        try:
            with locked(lock, _LOCK_SECONDS):
                yield
        except Timeout:
            raise CaptureError(f"{lock}: a WARC file is being pushed; try again later") from None
