"""Re-extraction of captures with the current code, in killable subprocesses, batch by batch."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crawler.capture.objects.files import CaptureFiles, WarcSource
from crawler.capture.objects.store import StoreError
from crawler.capture.reader import read_record
from crawler.extract import extract
from crawler.extract.worker import Extract, ExtractionWorker
from crawler.outlets.model import Outlet
from crawler.reprocess.compare import Effect, Result, differing_fields, effect_of
from storage.errors import CaptureError
from storage.model.articles import Capture, Refusal

BATCH = 200  # captures in one transaction
_STORE = "the object store"
_AHEAD = 1  # batches that are extracted while another is written, so that workers never idle


@dataclass(frozen=True, slots=True)
class RereadItem:
    """A capture in the archive, with its row number and its newest reading."""

    number: int
    capture: Capture
    before: Result


@dataclass(frozen=True, slots=True)
class Unread:
    """The reason why a capture could not be read. where: what is missing or damaged."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A capture for which the current code gives a different result, or fails."""

    number: int
    capture: Capture
    effect: Effect
    before: Result
    after: Result


@dataclass(slots=True)
class Report:
    """The counts of a re-extraction so far.

    fields: the number of captures in which each field differs. unread: by file or outlet, the
    number of captures that could not be read, and the error of the first. stale: the number of
    differences from readings of the same version of the code.
    """

    effects: Counter[Effect] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    unread: dict[str, tuple[int, str]] = field(default_factory=dict)
    stale: int = 0

    @property
    def done(self) -> int:
        """The number of captures processed."""
        return sum(self.effects.values()) + self.unread_count

    @property
    def unread_count(self) -> int:
        """The number of captures that could not be read."""
        return sum(count for count, _ in self.unread.values())

    @property
    def differing(self) -> int:
        """The number of captures with a different result."""
        changes = (Effect.CHANGED, Effect.REFUSED, Effect.ADMITTED)
        return sum(self.effects[effect] for effect in changes)


@dataclass(frozen=True, slots=True)
class RereadCallbacks:
    """The functions that are called for each batch, in this order; nothing else is written.

    write: called with the results of a batch by row number, to store in one transaction.
    differ: called with each difference. progress: called with the report after each batch.
    """

    write: Callable[[Sequence[tuple[int, Result]]], object]
    differ: Callable[[Difference], object]
    progress: Callable[[Report], object]


@dataclass(frozen=True, slots=True)
class RereadSettings:
    """The settings of a re-extraction.

    captures: finds WARC files. outlets: by slug. version: of the extraction code. workers: the
    number of subprocesses. function: extracts a page; subprocesses import it.
    """

    captures: CaptureFiles
    outlets: Mapping[str, Outlet]
    version: int
    workers: int = 1
    function: Extract = extract


def read_capture(
    file: WarcSource, offset: int, outlet: Outlet | None, function: Extract
) -> Result | Unread:
    """Extract the record at `offset` (in bytes) of a WARC file."""
    try:
        page = read_record(file, offset)
    except StoreError as error:
        return Unread(_STORE, str(error))
    except CaptureError as error:
        return Unread(str(file), str(error))
    return function(page, outlet)


def reread(
    batches: Iterator[list[RereadItem]], reader: RereadSettings, callbacks: RereadCallbacks
) -> Report:
    """Re-extract captures, batch by batch; return the counts.

    batches: each one is fetched while the previous one is being extracted. An exception of
    `callbacks` or `batches` ends the run; batches already written are kept. If the object store
    returns nothing for a whole batch, it is unreachable, and the run ends instead of waiting for
    each request.
    """
    return asyncio.run(_reread(batches, reader, callbacks))


async def _reread(
    batches: Iterator[list[RereadItem]], reader: RereadSettings, callbacks: RereadCallbacks
) -> Report:
    report = Report()
    ahead: deque[tuple[list[RereadItem], asyncio.Future[list[Result | Unread]]]] = deque()
    async with ExtractionWorker(workers=reader.workers) as worker:
        for batch in batches:
            ahead.append((batch, _begin(batch, worker, reader)))
            await asyncio.sleep(0)  # lets the workers start on it before another is written
            if len(ahead) > _AHEAD and not await _finish_first(ahead, reader, callbacks, report):
                break
        while ahead:
            await _finish_first(ahead, reader, callbacks, report)
    return report


async def _finish_first(
    ahead: "deque[tuple[list[RereadItem], asyncio.Future[list[Result | Unread]]]]",
    reader: RereadSettings,
    callbacks: RereadCallbacks,
    report: Report,
) -> bool:
    """Finish the oldest batch; return False if the object store is unreachable."""
    batch, reading = ahead.popleft()
    results = await reading
    _finish(batch, results, reader, callbacks, report)
    return not all(isinstance(result, Unread) and result.where == _STORE for result in results)


def _begin(
    batch: list[RereadItem], worker: ExtractionWorker, reader: RereadSettings
) -> "asyncio.Future[list[Result | Unread]]":
    return asyncio.gather(*(_read(item, worker, reader) for item in batch))


async def _read(
    item: RereadItem, worker: ExtractionWorker, reader: RereadSettings
) -> Result | Unread:
    before, capture = item.before, item.capture
    outlet = reader.outlets.get(before.outlet)
    if outlet is None:  # without its file, the article would get another slug
        where = f"outlet {before.outlet}"
        return Unread(where, f"{where} has no file: write one, or name the outlets to read")
    file = reader.captures.find(capture.warc_file)
    return await worker.guarded(
        before.outlet, capture.url, read_capture, file, capture.warc_offset, outlet, reader.function
    )


def _finish(
    batch: list[RereadItem],
    results: list[Result | Unread],
    reader: RereadSettings,
    callbacks: RereadCallbacks,
    report: Report,
) -> None:
    """Write a batch, count it, and report its differences."""
    results_by_number = [
        (item.number, result)
        for item, result in zip(batch, results, strict=True)
        if not isinstance(result, Unread)
    ]
    if results_by_number:
        callbacks.write(results_by_number)
    for item, result in zip(batch, results, strict=True):
        if isinstance(result, Unread):
            count, message = report.unread.get(result.where, (0, result.message))
            report.unread[result.where] = (count + 1, message)
        else:
            _count(item, result, reader.version, callbacks, report)
    callbacks.progress(report)


def _count(
    item: RereadItem, after: Result, version: int, callbacks: RereadCallbacks, report: Report
) -> None:
    effect = effect_of(item.before, after)
    report.effects[effect] += 1
    if effect is Effect.SAME:
        return
    if effect is not Effect.FAILED:
        report.fields.update(differing_fields(item.before, after))
        report.stale += version_of(item.before) == version
    callbacks.differ(Difference(item.number, item.capture, effect, item.before, after))


def version_of(result: Result) -> int:
    """Return the version of the extraction code that gave a result."""
    return result.version if isinstance(result, Refusal) else result.extraction.version
