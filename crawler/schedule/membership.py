"""This machine among those that run the schedule of one archive, and what it may begin.

An archive in a file has one schedule, which holds it. Machines that share one on a server each
hold a lock by their name and one for each visit that they make, all of one connection: the server
frees them with the process, and whoever comes next goes on from the run rows. There is no leader
and no queue; docs/decisions/0027-several-machines.md says why.
"""

import logging

from crawler.config.config import Config
from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.errors import ArchiveError
from storage.model.schedule import SCHEDULE, Hold, LockSession, host_lock, machine_lock

_log = logging.getLogger(__name__)


class Membership:
    """Joined to an archive's schedule until `leave` or the end of the process.

    Raises ArchiveError where the archive is held (one in a file), or a machine of this name has
    joined it. Its methods may be called from several threads.
    """

    def __init__(self, archive: Archive, config: Config) -> None:
        self._archive = archive
        self._config = config
        self._name = machine_name()
        self._slots = [f"crawl {number}" for number in range(1, config.schedule.jobs_in_all + 1)]
        self._taken: dict[str, str] = {}  # host → which of the crawls of all machines it is
        self._hold: Hold | None = None
        self._session = archive.locks.session(f"tinquan schedule on {self._name}")
        if self._session is None:
            self._hold = self._held(archive.schedule.hold(SCHEDULE))
        elif not self._session.take(machine_lock(self._name)):
            self._session.close()
            raise ArchiveError(
                f"archive {config.archive_name}: a schedule of machine {self._name} has joined it"
                " already: stop that one first, or name this one by TINQUAN_MACHINE"
            )

    def _held(self, hold: Hold | None) -> Hold:
        if hold is not None:
            return hold
        rows = [one for one in self._archive.machines.find() if one.stopped_at is None]
        holder = "another schedule"
        if rows:
            one = max(rows, key=lambda row: row.heartbeat_at)
            since = f"{one.started_at:%F %T} UTC"
            holder = f"the schedule of process {one.pid} on {one.name} since {since}"
        raise ArchiveError(
            f"archive {self._config.archive_name} is held by {holder}: one schedule an archive in"
            " a file; stop that one first"
        )

    def take_visit(self, host: str) -> bool:
        """Return whether this machine may crawl a host now: nobody else does, and not too many."""
        if self._session is None:
            return True
        visit = _visit(host)
        if not self._session.take(visit):
            return False
        if self._is_free(host) and self._has_slot(self._session, host):
            return True
        self._session.release(visit)
        return False

    def _is_free(self, host: str) -> bool:
        """False while a crawl by hand has the host, or one that outlives its schedule."""
        return self._archive.locks.holder(host_lock(host)) is None

    def _has_slot(self, session: LockSession, host: str) -> bool:
        if self._slots:
            slot = session.take_any(self._slots)
            if slot is None:
                return False
            self._taken[host] = slot
        return True

    def end_visit(self, host: str) -> None:
        """Let others visit a host."""
        if self._session is not None:
            self._session.release(_visit(host), self._taken.pop(host, ""))

    def take(self, name: str) -> bool:
        """Return whether this machine has a task of all machines; it keeps it until `end`."""
        return self._session is None or self._session.take(name)

    def end(self, name: str) -> None:
        """Let others have a task of all machines."""
        if self._session is not None:
            self._session.release(name)

    def is_sure(self) -> bool:
        """True while what is held is held; takes it again where a lost connection let it go."""
        if self._session is None:
            return self._hold is not None and self._hold.is_sure()
        if self._session.is_sure():
            return True
        _log.warning("archive %s: connecting again", self._config.archive_name)
        return self._session.renew()

    def leave(self) -> None:
        """Let go of everything; a second call does nothing."""
        if self._session is not None:
            self._session.close()
        if self._hold is not None:
            self._hold.release()


def _visit(host: str) -> str:
    return f"visit {host}"
