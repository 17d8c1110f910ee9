"""Import of articles into an archive, in constant memory: line by line, fifty per transaction."""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import uuid4

from crawler.config.machine import machine_name
from crawler.extract.worker import ExtractionWorker
from crawler.health.run_recorder import RunRecorder
from crawler.health.signals import HealthSignal
from crawler.reprocess.import_rows import ImportedRow, ImportSource, RowError, parse_line
from crawler.reprocess.jsonl import MAX_LINE_BYTES, Line
from storage.archive import Archive
from storage.model.articles import FAILURES, Arrival, Article, Refusal, RefusalReason, Verdict
from storage.model.runs import Run
from storage.model.schedule import LockSession, run_lock

BATCH = 50
_BATCH_BYTES = 32 * 1024 * 1024  # a batch of long lines is stored before it has fifty rows


class Pages:
    """Extracts the pages among rows, in killable subprocesses that are started on demand."""

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._stack = ExitStack()
        self._runner: asyncio.Runner | None = None
        self._worker: ExtractionWorker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, rows: list[ImportedRow]) -> list[Article | Refusal]:
        """Return the article of each row, or the result of extracting its page."""
        pages = [row for row in rows if row.page is not None]
        extracted = iter(self._extract(pages)) if pages else iter(())
        return [row.article or next(extracted) for row in rows]

    def _extract(self, rows: list[ImportedRow]) -> list[Article | Refusal]:
        if self._runner is None or self._worker is None:
            self._runner = self._stack.enter_context(asyncio.Runner())
            self._worker = ExtractionWorker(workers=2)
            self._stack.callback(self._worker.close)
        worker = self._worker

        async def read_all() -> list[Article | Refusal]:
            return await asyncio.gather(*(self._extract_row(row, worker) for row in rows))

        return self._runner.run(read_all())

    async def _extract_row(self, row: ImportedRow, worker: ExtractionWorker) -> Article | Refusal:
        if row.page is None:
            raise AssertionError("only rows with a page are extracted")
        result = await worker.extract(row.page, self._source.outlets.get(row.outlet))
        if isinstance(result, Refusal):
            return replace(result, outlet=row.outlet)
        own_id = row.article_id or result.article_id
        return replace(result, outlet=row.outlet, article_id=own_id)


@dataclass(slots=True)
class Buffer:
    """Rows of one outlet that are not stored yet."""

    rows: list[tuple[Line, ImportedRow]] = field(default_factory=list)
    size: int = 0


class Importer:
    """Imports lines into an archive, with one run for each outlet.

    reject: called with each line that cannot be imported, and the reason. skip: called with each
    line whose article was taken down; nothing of it is stored. clock: returns the time, UTC.
    """

    def __init__(
        self,
        archive: Archive,
        source: ImportSource,
        pages: Pages,
        reject: Callable[[Line, str], object],
        skip: Callable[[Line], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._archive = archive
        self._source = source
        self._pages = pages
        self._reject = reject
        self._skip = skip
        self._clock = clock
        self._buffers: dict[str, Buffer] = {}
        self._recorders: dict[str, RunRecorder] = {}
        self._locks: LockSession | None = None

    def take(self, line: Line) -> None:
        """Buffer a line, to be stored in a batch, or reject it."""
        if line.text is None:
            limit = MAX_LINE_BYTES // 1024**2
            self._reject(line, f"is {line.size:,} bytes long: expected at most {limit} MB")
            return
        try:
            row = parse_line(line.text, self._source)
        except RowError as error:
            self._reject(line, str(error))
            return
        buffer = self._buffers.setdefault(row.outlet, Buffer())
        buffer.rows.append((line, row))
        buffer.size += line.size
        is_full = sum(waiting.size for waiting in self._buffers.values()) > _BATCH_BYTES
        for outlet in list(self._buffers) if is_full else [row.outlet]:
            if is_full or len(buffer.rows) >= BATCH:
                self._store(outlet)

    def store_rest(self) -> None:
        """Store the buffered rows."""
        for outlet in list(self._buffers):
            self._store(outlet)

    def finish(self, reason: str) -> list[Run]:
        """Finish the runs and return them; reason: "finished", "shutdown", or an error."""
        runs = [recorder.finish(reason) for recorder in self._recorders.values()]
        if self._locks is not None:
            self._locks.close()
        return runs

    def _store(self, outlet: str) -> None:
        rows = self._allowed(outlet, self._buffers.pop(outlet).rows)
        recorder = self._recorders.get(outlet) or self._begin(outlet)
        lines, arrivals = [], []
        results = self._pages.read([row for _, row in rows])
        for (line, row), result in zip(rows, results, strict=True):
            if isinstance(result, Refusal) and result.reason in FAILURES:
                self._reject(line, f"could not be extracted: {result.evidence}")
            else:
                lines.append(line)
                arrivals.append(Arrival(row.capture, result))
        stored = self._archive.articles.store_many(recorder.run.id, arrivals)
        recorder.count(fetched=len(arrivals))
        for line, arrival, outcome in zip(lines, arrivals, stored, strict=True):
            result = arrival.result
            if outcome.apart_from is not None:
                recorder.record_signal(HealthSignal.KEPT_APART, arrival.capture.url)
            if outcome.verdict is Verdict.REFUSED and isinstance(result, Article):
                self._skip(line)  # taken down, and found by its id under another URL
                recorder.stored(outcome, RefusalReason.REDACTED, None)
            elif isinstance(result, Refusal):
                recorder.stored(outcome, result.reason, None)
            else:
                recorder.stored(outcome, None, result.published_at)

    def _allowed(
        self, outlet: str, rows: list[tuple[Line, ImportedRow]]
    ) -> list[tuple[Line, ImportedRow]]:
        """Return the rows without those whose URL was taken down, which are skipped."""
        redacted = self._archive.articles.redacted(outlet, [row.capture.url for _, row in rows])
        for line, row in rows:
            if row.capture.url in redacted:
                self._skip(line)
        return [(line, row) for line, row in rows if row.capture.url not in redacted]

    def _begin(self, outlet: str) -> RunRecorder:
        # A replay, because nothing was requested: it says nothing about the outlet's health.
        run = Run(
            id=uuid4().hex[:12],
            outlet=outlet,
            started_at=self._clock(),
            sections=("import",),
            replay=True,
            pid=os.getpid(),
            host=machine_name(),
        )
        self._lock(run.id)
        recorder = RunRecorder(self._archive, run, self._clock)
        recorder.note_discovery()
        self._recorders[outlet] = recorder
        return recorder

    def _lock(self, run_id: str) -> None:
        """Hold the run's lock, by which other machines see that the run is active."""
        if self._locks is None:
            self._locks = self._archive.locks.session(f"tinquan import on {machine_name()}")
        if self._locks is not None:
            self._locks.take(run_lock(run_id))
