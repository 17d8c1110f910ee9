"""The locks of a machine that runs an archive's schedule, alone or with others.

An archive in a file has one schedule, which locks it. Machines that share an archive on a server
each hold a lock with their name and one for each visit that they make, all on one connection: the
server releases them when the process ends, and other machines resume from the run rows. There is
no leader and no queue; docs/decisions/0027-several-machines.md says why.
"""

import logging

from crawler.config.config import Config
from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.errors import ArchiveError
from storage.model.schedule import SCHEDULE, Hold, LockSession, host_lock, machine_lock

_log = logging.getLogger(__name__)


class Membership:
    """This machine's membership in an archive's schedule, until `leave` or the process's end.

    Raises ArchiveError if an archive in a file is locked, or if a machine of this name has joined
    it already. Its methods may be called from several threads.
    """

    def __init__(self, archive: Archive, config: Config) -> None:
        self._archive = archive
        self._config = config
        self._name = machine_name()
        self._slots = [f"crawl {number}" for number in range(1, config.schedule.jobs_in_all + 1)]
        self._slot_of: dict[str, str] = {}  # host → its slot among the crawls of all machines
        self._hold: Hold | None = None
        self._session = archive.locks.session(f"tinquan schedule on {self._name}")
        if self._session is None:
            self._hold = self._require(archive.schedule.hold(SCHEDULE))
        elif not self._session.take(machine_lock(self._name)):
            self._session.close()
            raise ArchiveError(
                f"archive {config.archive_name}: a schedule of machine {self._name} has joined it"
                " already: stop that one first, or name this one by TINQUAN_MACHINE"
            )

    def _require(self, hold: Hold | None) -> Hold:
        if hold is not None:
            return hold
        machines = [row for row in self._archive.machines.find() if row.stopped_at is None]
        holder = "another schedule"
        if machines:
            newest = max(machines, key=lambda row: row.heartbeat_at)
            since = f"{newest.started_at:%F %T} UTC"
            holder = f"the schedule of process {newest.pid} on {newest.name} since {since}"
        raise ArchiveError(
            f"archive {self._config.archive_name} is held by {holder}: an archive in a file has"
            " one schedule; stop that one first"
        )

    def take_visit(self, host: str) -> bool:
        """Take the locks for a crawl of a host; False if it is being crawled or no slot is free."""
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
        """False while a crawl has the host that no schedule runs: one by hand, or an orphan."""
        return self._archive.locks.holder(host_lock(host)) is None

    def _has_slot(self, session: LockSession, host: str) -> bool:
        if self._slots:
            slot = session.take_any(self._slots)
            if slot is None:
                return False
            self._slot_of[host] = slot
        return True

    def end_visit(self, host: str) -> None:
        """Let other machines visit a host."""
        if self._session is not None:
            self._session.release(_visit(host), self._slot_of.pop(host, ""))

    def take(self, name: str) -> bool:
        """Take the lock of a task that one machine runs for all; False if another has it."""
        return self._session is None or self._session.take(name)

    def release(self, name: str) -> None:
        """Release the lock that `take` took."""
        if self._session is not None:
            self._session.release(name)

    def is_sure(self) -> bool:
        """True while the locks are held; takes them again after a lost connection."""
        if self._session is None:
            return self._hold is not None and self._hold.is_sure()
        if self._session.is_sure():
            return True
        _log.warning("archive %s: connecting again", self._config.archive_name)
        return self._session.renew()

    def leave(self) -> None:
        """Release all locks; a second call does nothing."""
        if self._session is not None:
            self._session.close()
        if self._hold is not None:
            self._hold.release()


def _visit(host: str) -> str:
    return f"visit {host}"
