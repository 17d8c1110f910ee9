"""Captures read again by today's code, in processes that can be killed, batch by batch."""

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
_AHEAD = 1  # batches that children are given while one is written, so that they never wait


@dataclass(frozen=True, slots=True)
class RereadItem:
    """A capture in the archive, by its number there, and what it was last read as."""

    number: int
    capture: Capture
    before: Result


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a capture could not be read again. where: what is missing or damaged."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An article, or a refusal, that today's code reads otherwise, or fails to read."""

    number: int
    capture: Capture
    effect: Effect
    before: Result
    after: Result


@dataclass(slots=True)
class Report:
    """What reading again came to so far.

    fields: in how many captures each field differs. unread: by file or outlet, how many captures
    could not be read, and why the first of them. stale: differences to what the very same version
    of our code had read.
    """

    effects: Counter[Effect] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    unread: dict[str, tuple[int, str]] = field(default_factory=dict)
    stale: int = 0

    @property
    def done(self) -> int:
        """How many captures have been looked at."""
        return sum(self.effects.values()) + self.unread_count

    @property
    def unread_count(self) -> int:
        """How many captures could not be read."""
        return sum(count for count, _ in self.unread.values())

    @property
    def differing(self) -> int:
        """How many captures say something else now."""
        return sum(self.effects[e] for e in (Effect.CHANGED, Effect.REFUSED, Effect.ADMITTED))


@dataclass(frozen=True, slots=True)
class RereadCallbacks:
    """What the loop calls, in this order for each batch; nothing is written by itself.

    write: what a batch is read as, by the captures' numbers, to be kept in one transaction.
    differ: each difference. progress: the report, after each batch.
    """

    write: Callable[[Sequence[tuple[int, Result]]], object]
    differ: Callable[[Difference], object]
    progress: Callable[[Report], object]


@dataclass(frozen=True, slots=True)
class RereadSettings:
    """How captures are read.

    captures: where WARC files are. outlets: by slug.
    version: of the code that reads. function: that code; children import it.
    """

    captures: CaptureFiles
    outlets: Mapping[str, Outlet]
    version: int
    workers: int = 1
    function: Extract = extract


def read_capture(
    file: WarcSource, offset: int, outlet: Outlet | None, function: Extract
) -> Result | Unread:
    """Return what the record at `offset` (in bytes) of a WARC file is read as."""
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
    """Read captures again, batch by batch; return what it came to.

    batches: each is asked for while the one before is being read. What `callbacks` raise, or the
    archive behind `batches`, ends the work; what was written stays. A batch of which the object
    store gives nothing is the last: it is away, and each question would wait for it.
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
            await asyncio.sleep(0)  # lets the children start on it before another is written
            if len(ahead) > _AHEAD and not await _conclude_first(ahead, reader, callbacks, report):
                break
        while ahead:
            await _conclude_first(ahead, reader, callbacks, report)
    return report


async def _conclude_first(
    ahead: "deque[tuple[list[RereadItem], asyncio.Future[list[Result | Unread]]]]",
    reader: RereadSettings,
    callbacks: RereadCallbacks,
    report: Report,
) -> bool:
    """Conclude the oldest batch; return whether to go on."""
    batch, reading = ahead.popleft()
    results = await reading
    _conclude(batch, results, reader, callbacks, report)
    return not all(isinstance(one, Unread) and one.where == _STORE for one in results)


def _begin(
    batch: list[RereadItem], worker: ExtractionWorker, reader: RereadSettings
) -> "asyncio.Future[list[Result | Unread]]":
    return asyncio.gather(*(_read(item, worker, reader) for item in batch))


async def _read(
    item: RereadItem, worker: ExtractionWorker, reader: RereadSettings
) -> Result | Unread:
    before, capture = item.before, item.capture
    outlet = reader.outlets.get(before.outlet)
    if outlet is None:  # read without it, the article would be another outlet's
        where = f"outlet {before.outlet}"
        return Unread(where, f"{where} has no file: write one, or name the outlets to read")
    file = reader.captures.find(capture.warc_file)
    return await worker.guarded(
        before.outlet, capture.url, read_capture, file, capture.warc_offset, outlet, reader.function
    )


def _conclude(
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
    """Return which version of our code read a page."""
    return result.version if isinstance(result, Refusal) else result.extraction.version
