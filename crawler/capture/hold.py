"""Locks on hosts, for crawls, canaries and takedowns: on this machine, and in a shared archive."""

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
"""Between two checks of the connection that holds the locks."""

CUT = "lost its lock on the host, as the connection to the archive was cut"
"""The message of a canary that loses its locks."""

LOST = f"{CUT}; the next crawl reads back what was recorded and not stored"
"""The error of a run whose crawl loses its locks."""


class HostLock:
    """Locks a host for one run, until `release` or the end of the process (kill -9 too).

    folder: of the lock files; made if missing. Raises CrawlError that names the holder if another
    process has the lock, CaptureError if the folder cannot be written.
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
            holder = json.loads(self._note.read_text())
            return f"process {holder['pid']} (run {holder['run']})"
        except (OSError, ValueError, KeyError, TypeError):  # it has not written its note yet
            return "another process"

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        self._lock.release()


class Hold:
    """Holds locks for one purpose, until `release` or the end of the process (kill -9 too).

    If several machines share the archive, a connection of its own holds the locks there.
    archive: None to lock on this machine only. purpose: shown to others that want the lock, such
    as "run 4f1d". is_lost: True once the connection is found to be gone.
    """

    def __init__(self, archive: Archive | None, purpose: str) -> None:
        self._archive = archive
        self._local: HostLock | None = None
        self.is_lost = False
        label = f"tinquan {purpose} on {machine_name()}"
        self._shared = archive.locks.session(label) if archive is not None else None

    def take_run(self, run_id: str) -> None:
        """Take the lock that shows that a run is alive; call it before its row is written."""
        if self._shared is not None:
            self._shared.take(run_lock(run_id))

    def take_host(self, folder: Path, host: str, run_id: str) -> None:
        """Lock a host, so that nobody else crawls it. folder: of the lock files.

        Machines that share an archive share that folder too. Each has lock files of its own there:
        a network file system releases a dead machine's locks only after a while.
        Raises as HostLock does, and ArchiveError if the archive cannot be queried.
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
        """True if a connection holds the locks; they may be lost with it."""
        return self._shared is not None

    def was_cut(self) -> bool:
        """True if a connection held the locks and is gone; it asks the server."""
        self.is_lost = self.is_lost or not self.is_sure()
        return self.is_lost

    def is_sure(self) -> bool:
        """True while the locks are held. It asks the server, which may take a while."""
        return self._shared is None or self._shared.is_sure()

    def release(self) -> None:
        """Release all locks; a second call does nothing."""
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
    """Lock a host for something other than a crawl. purpose: "redact" or "canary".

    Raises CrawlError if it is being crawled, CaptureError, ArchiveError.
    """
    hold = Hold(archive, purpose)
    try:
        hold.take_host(captures / "locks", host, purpose)
    except BaseException:
        hold.release()
        raise
    return hold
