"""Locks on files beside the database; the operating system releases them with the process."""

from pathlib import Path

from filelock import FileLock, Timeout

from storage.errors import ArchiveError
from storage.model.schedule import Hold


class FileHold:
    """A lock that is held until it is released."""

    def __init__(self, lock: FileLock) -> None:
        """Hold a lock that has been acquired."""
        self._lock = lock

    def is_sure(self) -> bool:
        """Return whether the lock is still held."""
        return bool(self._lock.is_locked)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()


def take(path: Path) -> Hold | None:
    """Lock a file; None where another process has locked it.

    Raises ArchiveError where it cannot be written.
    """
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written: {error.strerror}") from None
    return FileHold(lock)
