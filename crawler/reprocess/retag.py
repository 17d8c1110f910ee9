"""Retagging of archived articles after a change of the gazetteer or the rules, without a crawl."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crawler.extract.worker import ExtractionWorker
from crawler.outlets.model import Outlet
from crawler.places import version_of
from crawler.places.tag_articles import Tables, TagRequest, tag_articles
from storage.archive import Archive
from storage.errors import TinquanError
from storage.model.places import Tags

BATCH = 400  # contents per transaction; it bounds what a kill loses and how long crawls wait
_PART = 25  # contents per call of a worker; more save calls, fewer save repeats after a hang


@dataclass(slots=True)
class Retagged:
    """The counts of a retagging.

    failed: contents whose tagging failed or timed out; they are stored with a note.
    remaining: contents that the archive did not store; the next call tries them again.
    """

    tagged: int = 0
    mentions: int = 0
    failed: int = 0
    remaining: int = 0


def retag(
    archive: Archive,
    tables: Tables,
    outlets: Mapping[str, Outlet],
    advance: Callable[[int], None],
    worker: Callable[[], ExtractionWorker] = ExtractionWorker,
    batch: int = BATCH,
) -> Retagged:
    """Tag every content that has no tags by these tables and the current rules.

    Batches are stored one by one, so that a second call resumes a killed one.
    advance: called with the number of contents tagged since. worker: creates the worker.
    """
    return asyncio.run(_Retagger(archive, tables, outlets, advance, batch).run(worker))


class _Retagger:
    def __init__(
        self,
        archive: Archive,
        tables: Tables,
        outlets: Mapping[str, Outlet],
        advance: Callable[[int], None],
        size: int,
    ) -> None:
        self._archive, self._tables, self._outlets = archive, tables, outlets
        self._version = version_of(tables.version)
        self._advance, self._size = advance, size
        self._done = Retagged()

    async def run(self, make_worker: Callable[[], ExtractionWorker]) -> Retagged:
        last: set[int] = set()
        async with make_worker() as worker:
            while batch := self._batch():
                if batch.keys() <= last:  # the archive did not store them; it would loop
                    break
                last = set(batch)
                self._store(await self._tag(worker, batch))
        self._done.remaining = self._archive.places.count_untagged(self._version)
        return self._done

    def _batch(self) -> dict[int, TagRequest]:
        untagged = self._archive.places.untagged(self._version, self._size)
        return {
            number: TagRequest(
                article, captured_at, self._province(article.outlet, article.section)
            )
            for number, article, captured_at in untagged
        }

    def _province(self, slug: str, sections: tuple[str, ...]) -> str | None:
        outlet = self._outlets.get(slug)  # its file may have been deleted since
        return outlet.province_of(sections) if outlet else None

    async def _tag(
        self, worker: ExtractionWorker, batch: Mapping[int, TagRequest]
    ) -> dict[int, Tags]:
        requests = list(batch.values())
        parts = [requests[start : start + _PART] for start in range(0, len(requests), _PART)]
        tagged = await asyncio.gather(*(self._tag_part(worker, part) for part in parts))
        return dict(zip(batch, (tags for part in tagged for tags in part), strict=True))

    async def _tag_part(self, worker: ExtractionWorker, part: Sequence[TagRequest]) -> list[Tags]:
        """Return the tags of a few contents; for one that cannot be tagged, a note."""
        try:
            return await worker.run(tag_articles, self._tables, part)
        except TinquanError:
            raise
        except Exception as error:  # noqa: BLE001 - a killed worker must cost one content only
            if len(part) == 1:
                self._done.failed += 1
                return [Tags(self._version, (), (), f"not tagged: {type(error).__name__}: {error}")]
        return [tags for request in part for tags in await self._tag_part(worker, [request])]

    def _store(self, tagged: Mapping[int, Tags]) -> None:
        self._archive.places.tag(tagged)
        self._done.tagged += len(tagged)
        self._done.mentions += sum(len(tags.mentions) for tags in tagged.values())
        self._advance(len(tagged))
