"""One crawl a host: a lock that names its holder and ends with its process."""

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from crawler.capture.private import make_folder, open_private
from storage.errors import CaptureError, CrawlError


class HostLock:
    """Holds a host for one run, until `release` or the end of the process (kill -9 too).

    folder: where locks lie; made if missing. Raises CrawlError that names the holder where
    another process has the host, CaptureError where the folder cannot be written.
    """

    def __init__(self, folder: Path, host: str, run_id: str):
        self._note = folder / f"{host}.json"
        self._lock = FileLock(folder / f"{host}.lock", thread_local=False)
        try:
            make_folder(folder)
            open_private(self._lock.lock_file, "ab").close()
            self._lock.acquire(timeout=0)
            with open_private(self._note, "w") as note:
                json.dump({"pid": os.getpid(), "run": run_id}, note)
        except Timeout:
            raise CrawlError(
                f"{host}: is being crawled by {self._holder()}; wait for its end"
            ) from None
        except OSError as error:
            raise CaptureError(
                f"{folder}: cannot be written ({error.strerror}); captures need a folder with"
                " write permission"
            ) from None

    def _holder(self) -> str:
        try:
            held = json.loads(self._note.read_text())
            return f"process {held['pid']} (run {held['run']})"
        except (OSError, ValueError, KeyError, TypeError):  # it has only just taken the lock
            return "another process"

    def release(self) -> None:
        """Give the host free; a second call does nothing."""
        self._lock.release()
