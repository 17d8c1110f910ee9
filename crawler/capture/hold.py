"""What a crawl, a canary or a takedown holds: its host on this machine, and in a shared archive."""

import json
import os
from pathlib import Path
from typing import Self
from urllib.parse import quote

from filelock import FileLock, Timeout

from crawler.capture.private import make_folder, open_private
from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.errors import CaptureError, CrawlError
from storage.model.schedule import host_lock, run_lock

ASK_SECONDS = 5.0
"""Between two questions whether the connection that keeps the locks is there."""

CUT = "lost its hold of the host, as the connection to the archive was cut"
"""What is said of a canary that had to end."""

LOST = f"{CUT}; the next crawl reads back what was recorded and not stored"
"""What the run of a crawl says that has to end itself."""


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
            raise _is_crawled(host, self._holder()) from None
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


class Hold:
    """Holds locks for one purpose, until `release` or the end of the process (kill -9 too).

    Where several machines share the archive, the locks are a connection's of its own.
    archive: None for one in a file, which is this machine's alone. purpose: what others are told,
    such as "run 4f1d". is_lost: set by whoever finds that the connection is gone.
    """

    def __init__(self, archive: Archive | None, purpose: str) -> None:
        self._archive = archive
        self._local: HostLock | None = None
        self.is_lost = False
        label = f"tinquan {purpose} on {machine_name()}"
        self._shared = archive.locks.session(label) if archive is not None else None

    def take_run(self, run_id: str) -> None:
        """Let every machine see that a run is at work; before its row is written."""
        if self._shared is not None:
            self._shared.take(run_lock(run_id))

    def take_host(self, folder: Path, host: str, run_id: str) -> None:
        """Keep everybody else from crawling a host. folder: where locks of files lie.

        Machines that share an archive share that folder too. There each has files of its own: a
        network file system frees a dead machine's locks only after a while.
        Raises as HostLock does, and ArchiveError where the archive cannot be asked.
        """
        if self._shared is not None:
            folder /= quote(machine_name(), safe="")
        self._local = HostLock(folder, host, run_id)
        if self._shared is not None and not self._shared.take(host_lock(host)):
            self._local.release()
            raise _is_crawled(host, self._other(host))

    def _other(self, host: str) -> str:
        found = self._archive.locks.holder(host_lock(host)) if self._archive is not None else None
        return (found or "another machine").removeprefix("tinquan ")

    @property
    def is_shared(self) -> bool:
        """True where a connection keeps the locks, which may be lost."""
        return self._shared is not None

    def was_cut(self) -> bool:
        """True where a connection kept the locks and is gone."""
        self.is_lost = self.is_lost or not self.is_sure()
        return self.is_lost

    def is_sure(self) -> bool:
        """True while nobody else can have the host. It asks the server, which may take a while."""
        return self._shared is None or self._shared.is_sure()

    def release(self) -> None:
        """Give everything free; a second call does nothing."""
        if self._shared is not None:
            self._shared.close()
        if self._local is not None:
            self._local.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _is_crawled(host: str, holder: str) -> CrawlError:
    return CrawlError(f"{host}: is being crawled by {holder}; wait for its end")


def hold_host(archive: Archive | None, captures: Path, host: str, purpose: str) -> Hold:
    """Hold a host for what is no crawl: purpose is "redact" or "canary".

    Raises CrawlError where it is being crawled, CaptureError, ArchiveError.
    """
    hold = Hold(archive, purpose)
    try:
        hold.take_host(captures / "locks", host, purpose)
    except BaseException:
        hold.release()
        raise
    return hold
