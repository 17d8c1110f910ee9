"""Files and folders that only their owner can write and only the group can read: 0640 and 0750.

Recordings, logs and backups hold texts that outlets may have withdrawn, and full addresses. A
stricter umask is respected.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

FILE_MODE, FOLDER_MODE = 0o640, 0o750


def open_private(path: Path | str, mode: str, **options: Any) -> Any:
    """Open a file as `open` does; a new one gets the mode 0640. Raises OSError."""
    return open(path, mode, opener=_opener, **options)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each with the mode 0750. Raises OSError.

    Existing folders keep their mode.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


@contextmanager
def locked(lock: Path, seconds: float) -> Iterator[None]:
    """Hold a lock file, made if missing. Raises OSError, and filelock.Timeout after `seconds`."""
    make_folder(lock.parent)
    open_private(lock, "ab").close()
    with FileLock(lock, timeout=seconds):
        yield
