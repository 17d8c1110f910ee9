"""The resources of a running crawl: archive, run row, host lock, WARC files, extraction worker."""

import json
import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from scrapy.settings import BaseSettings

from crawler.capture.files import list_files
from crawler.capture.hold import Hold
from crawler.capture.left_behind import MAY_LEAVE_PAGES, files_left_behind
from crawler.capture.reader import ReplayIndex
from crawler.capture.writer import WarcFiles
from crawler.config.config import absolute_archive, require_contact
from crawler.config.machine import machine_name
from crawler.discover import DiscoveryResult, Form, discover
from crawler.discover.guess import guessed_links
from crawler.families import GENERIC
from crawler.families.base import Family
from crawler.fetch.spiders.plan import Plan
from crawler.health.run_recorder import RunRecorder, fail_run
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from crawler.page.times import utc_now
from storage.archive import Archive, open_archive
from storage.errors import CaptureError, TinquanError
from storage.model.articles import Article, Refusal, RefusalReason
from storage.model.links import LeftOut
from storage.model.places import Tags
from storage.model.runs import Outcome, Run

if TYPE_CHECKING:
    from crawler.extract.worker import ExtractionWorker
    from crawler.places.tag_articles import Tables

_LOG = logging.getLogger(__name__)
_MAX_RUNS = 50  # latest runs that are checked; they include replays, which do not count
LIMIT = "limit"  # a refusal count of runs whose limit may have left articles unrequested
_INCOMPLETE = frozenset(
    {RefusalReason.BLOCKED.value, RefusalReason.HTTP_ERROR.value, LIMIT, LeftOut.END.value}
)
_KINDS_WITHOUT_ADOPTION = frozenset({"address", "recheck"})


class CrawlSession:
    """Opened before the first request, closed after the last item.

    Raises ConfigError if a live crawl has no contact, ArchiveError if no run row can be written.
    Later errors (another crawl has the host's lock, a recording is missing) are raised too, and
    are recorded in the run's row.
    """

    def __init__(self, outlet: Outlet, family: Family, plan: Plan, settings: BaseSettings):
        self._outlet = outlet
        self._family = family
        self._worker: ExtractionWorker | None = None
        self._gazetteer = Path(settings["TINQUAN_GAZETTEER"]).absolute()
        self._tables: Tables | None = None
        self.trust_for = timedelta(hours=settings.getint("TINQUAN_VALIDATOR_HOURS"))
        replay = replay_files(settings)
        if not replay:
            file = settings.get("TINQUAN_CONFIG")
            require_contact(settings.get("TINQUAN_CONTACT", ""), Path(file) if file else None)
        url = absolute_archive(settings["TINQUAN_ARCHIVE"], Path.cwd())
        self.archive: Archive = open_archive(url)
        self.replay_index: ReplayIndex | None = None
        self.warc_files: WarcFiles | None = None
        self.left_behind: list[Path] = []
        self.leaves_pages = False  # True if pages were recorded and not stored
        try:
            run = self._begin(plan, settings, replay=bool(replay))
        except TinquanError:
            self.archive.close()
            raise
        try:
            self._open(run, settings, replay)
        except TinquanError as error:
            fail_run(self.recorder, error)
            self.close()
            raise

    def _begin(self, plan: Plan, settings: BaseSettings, *, replay: bool) -> Run:
        """Write the run's row, with the time of the clock that all machines share."""
        clock = self.archive.locks.clock()
        run = _new_run(self._outlet, plan, settings, clock(), replay=replay)
        self.trusts_known = _was_complete(self.archive, run.outlet, plan)
        self.hold = Hold(self.archive, f"run {run.id}")
        self.hold.take_run(run.id)
        try:
            self.recorder = RunRecorder(self.archive, run, clock)
        except TinquanError:
            self.hold.release()
            raise
        return run

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.recorder.run.id

    @property
    def holds_shared_host(self) -> bool:
        """True if the host's lock is a database connection's, which may be lost."""
        return self.hold.is_shared and not self.is_replay

    @property
    def is_replay(self) -> bool:
        """True if responses come from WARC files."""
        return self.replay_index is not None

    async def discover(self, form: Form, page: Page) -> DiscoveryResult:
        """Return the links of a listing's page, parsed in a process that can be killed."""
        return await self._parse_links(page, partial(discover, form))

    async def guess(self, page: Page) -> DiscoveryResult:
        """Return the links of a page of unknown kind, parsed in a process that can be killed."""
        if self._family is GENERIC:
            return await self._parse_links(page, guessed_links)
        return await self.discover("html", page)

    async def _parse_links(
        self, page: Page, function: Callable[[Page, Outlet, Family], DiscoveryResult]
    ) -> DiscoveryResult:
        try:
            found = await self._extraction_worker().run(function, page, self._outlet, self._family)
        except TimeoutError:
            return DiscoveryResult(reason=RefusalReason.TIMEOUT, evidence="not read in time")
        except Exception as error:  # noqa: BLE001 - an error in the worker costs this listing only
            _LOG.warning("%s cannot be read", page.url, exc_info=error)
            return DiscoveryResult(
                reason=RefusalReason.CRASH, evidence=f"{type(error).__name__} in reading it"
            )
        if found.dropped:
            _LOG.warning("%s: %d links over the limit were left out", page.url, found.dropped)
        return found

    async def read(self, page: Page) -> tuple[Article | Refusal, Tags | None]:
        """Return a page's article or refusal and its places, from a process that can be killed."""
        if self._tables is None:  # a crawl that finds nothing new needs no gazetteer
            from crawler.places.tag_articles import load_into  # noqa: PLC0415

            self._tables = load_into(self.archive, self._gazetteer)
        return await self._extraction_worker().read(page, self._outlet, self._tables)

    def _extraction_worker(self) -> "ExtractionWorker":
        if self._worker is None:  # a crawl whose listings have not changed needs no process
            self._worker = new_worker()
        return self._worker

    def _open(self, run: Run, settings: BaseSettings, replay: list[Path]) -> None:
        captures = Path(settings["TINQUAN_CAPTURES"]).absolute()
        if replay:
            self.replay_index = ReplayIndex(replay, captures)
            return
        self.hold.take_host(captures / "locks", self._outlet.host, run.id)
        if run.kind not in _KINDS_WITHOUT_ADOPTION:
            # This crawl has the host's lock, so a run without an end was killed.
            self.left_behind = files_left_behind(
                self.archive, captures, run.outlet, lambda other: _was_killed(other, run.id)
            )
        agent, size = settings["USER_AGENT"], settings.getint("TINQUAN_WARC_BYTES")
        self.warc_files = WarcFiles(captures, run.outlet, run.id, agent, size, run.started_at)

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        if self.warc_files is not None:
            is_done = self.recorder.run.outcome is Outcome.DONE
            try:
                self.warc_files.finish(found_nothing=is_done)
            except CaptureError as error:
                _LOG.warning("the listings' responses are not recorded: %s", error)
            # The next crawl reads back the files that are not listed.
            adopted = self.left_behind if is_done else []
            written = [] if self.leaves_pages else self.warc_files.written
            self._list_files(self.warc_files.captures, [*written, *adopted])
            self.warc_files = None
        self.hold.release()
        self.archive.close()

    def _list_files(self, captures: Path, files: list[Path]) -> None:
        """Write the digests of this crawl's files; `archive check --repair` can do it later too."""
        if self.hold.is_lost:  # the database may be unreachable: do not wait for it
            return
        try:
            list_files(self.archive, captures, files, utc_now())
        except TinquanError as error:
            _LOG.warning("the WARC files are not listed: %s", error)


def new_worker() -> "ExtractionWorker":
    """Return a worker; imported here, as only crawls that find something new need it."""
    from crawler.extract.worker import ExtractionWorker  # noqa: PLC0415

    return ExtractionWorker()


def outlet_settings(outlet: Outlet, settings: BaseSettings) -> dict[str, Any]:
    """Return an outlet's settings: its politeness, or for a replay no delay and no network."""
    if not settings.get("TINQUAN_REPLAY"):
        return {
            "DOWNLOAD_DELAY": outlet.politeness.delay_seconds,
            "DOWNLOAD_DELAY_JITTER": outlet.politeness.jitter,
        }
    handler = "crawler.fetch.middlewares.replay.ReplayHandler"
    handlers = settings.getdict("DOWNLOAD_HANDLERS") | {"http": handler, "https": handler}
    return {"DOWNLOAD_DELAY": 0, "RETRY_ENABLED": False, "DOWNLOAD_HANDLERS": handlers}


def replay_files(settings: BaseSettings) -> list[Path]:
    """Return the WARC files of setting TINQUAN_REPLAY: a list, a JSON list, or comma-separated.

    Raises CaptureError for what looks like a JSON list and is none.
    """
    value = settings.get("TINQUAN_REPLAY") or []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise CaptureError(f"TINQUAN_REPLAY: {value!r} is not a JSON list of files") from None
    elif isinstance(value, str):
        value = value.split(",")
    return [Path(str(item)) for item in value]


def _new_run(
    outlet: Outlet, plan: Plan, settings: BaseSettings, now: datetime, *, replay: bool
) -> Run:
    return Run(
        id=settings.get("TINQUAN_RUN_ID") or uuid4().hex[:12],
        outlet=outlet.slug,
        started_at=now,
        sections=() if plan.kind != "crawl" else tuple(section.slug for section in plan.sections),
        replay=replay,
        kind=plan.kind,
        since=plan.since,
        until=plan.until,
        pid=os.getpid(),
        host=machine_name(),
        log_file=settings.get("LOG_FILE"),
    )


def _was_killed(run: Run, own_id: str) -> bool:
    return run.id != own_id and (run.outcome is None or run.outcome in MAY_LEAVE_PAGES)


def _was_complete(archive: Archive, outlet: str, plan: Plan) -> bool:
    """True if the last live crawl left out nothing that this plan covers.

    Only then do a few known articles in a row mean that the older ones are known too. They do not
    after a kill, a limit, a page that failed or was blocked, an end in doubt, or a crawl of fewer
    sections; nor if `since` reaches further back than earlier crawls, nor if a later run has
    already fetched a window of what was published since.
    """
    runs = [run for run in archive.runs.find(outlet, limit=_MAX_RUNS) if not run.replay]
    last = next((run for run in runs if run.kind == "crawl" and not _has_window(run)), None)
    if plan.since is not None or last is None or last.outcome is not Outcome.DONE:
        return False
    later = filter(_has_window, runs[: runs.index(last)])
    if any(run.until is None or run.until > last.started_at for run in later):
        return False
    left_out = last.counts.failed or _INCOMPLETE.intersection(last.counts.refused)
    return not left_out and {section.slug for section in plan.sections} <= set(last.sections)


def _has_window(run: Run) -> bool:
    return run.since is not None or run.until is not None
