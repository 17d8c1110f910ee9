"""What a crawl holds while it runs: its archive, run row, host lock, and WARC files in or out."""

import json
import os
import socket
from pathlib import Path
from uuid import uuid4

from scrapy.settings import BaseSettings

from crawler.capture import WarcFiles
from crawler.config import absolute_archive
from crawler.health import RunKeeper, fail_run, utc_now
from crawler.lock import HostLock
from crawler.outlets import Outlet
from crawler.spiders.plan import Plan
from crawler.warc import ReplayIndex
from storage.archive import Archive, open_archive
from storage.errors import CaptureError, TinquanError
from storage.model import Outcome, Run


class CrawlSession:
    """Opened before the first request, closed after the last item.

    Raises ArchiveError where no run row can be written. Whatever fails after that (another crawl
    holds the host, a recording is missing) is raised too, and stands in the run's row.
    """

    def __init__(self, outlet: Outlet, plan: Plan, settings: BaseSettings):
        replay = replay_files(settings)
        url = absolute_archive(settings["TINQUAN_ARCHIVE"], Path.cwd())
        self.archive: Archive = open_archive(url)
        self.replay_index: ReplayIndex | None = None
        self.warc_files: WarcFiles | None = None
        self._lock: HostLock | None = None
        run = _new_run(outlet, plan, settings, replay=bool(replay))
        self.trusts_known = _ended_well(self.archive, outlet.slug)
        try:
            self.keeper = RunKeeper(self.archive, run)
        except TinquanError:
            self.archive.close()
            raise
        try:
            self._open_captures(outlet, run, settings, replay)
        except TinquanError as error:
            fail_run(self.keeper, error)
            self.close()
            raise

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.keeper.run.id

    @property
    def is_replay(self) -> bool:
        """True where bytes come from WARC files."""
        return self.replay_index is not None

    def _open_captures(
        self, outlet: Outlet, run: Run, settings: BaseSettings, replay: list[Path]
    ) -> None:
        captures = Path(settings["TINQUAN_CAPTURES"]).absolute()
        if replay:
            self.replay_index = ReplayIndex(replay, captures)
            return
        self._lock = HostLock(captures / "locks", outlet.host, run.id)
        agent, size = settings["USER_AGENT"], settings.getint("TINQUAN_WARC_BYTES")
        self.warc_files = WarcFiles(captures, outlet.slug, run.id, agent, size, run.started_at)

    def close(self) -> None:
        """Give everything free; a second call does nothing."""
        if self.warc_files is not None:
            self.warc_files.close()
        if self._lock is not None:
            self._lock.release()
        self.archive.close()


def replay_files(settings: BaseSettings) -> list[Path]:
    """Return the WARC files of setting TINQUAN_REPLAY: a list, a JSON list, or comma-separated."""
    value = settings.get("TINQUAN_REPLAY") or []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise CaptureError(f"TINQUAN_REPLAY: {value!r} is no JSON list of files") from None
    elif isinstance(value, str):
        value = value.split(",")
    return [Path(str(item)) for item in value]


def _new_run(outlet: Outlet, plan: Plan, settings: BaseSettings, *, replay: bool) -> Run:
    return Run(
        id=settings.get("TINQUAN_RUN_ID") or uuid4().hex[:12],
        outlet=outlet.slug,
        started_at=utc_now(),
        sections=tuple(section.slug for section in plan.sections),
        replay=replay,
        pid=os.getpid(),
        host=socket.gethostname(),
        log_file=settings.get("LOG_FILE"),
    )


def _ended_well(archive: Archive, outlet: str) -> bool:
    """True where the outlet's last crawl came to its end: then what it knew is complete.

    After a kill, newer articles may be stored and older ones of the same listing not.
    """
    last = archive.runs(outlet, limit=1)
    return bool(last) and last[0].outcome is Outcome.DONE
