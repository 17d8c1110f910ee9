"""Tag again what the archive holds, where gazetteer or rules have changed: no crawl needed."""

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

BATCH = 400  # contents in one transaction: what a kill can cost, and how long a crawl waits
_PART = 25  # contents in one call of a child: fewer calls, and little to repeat where one hangs


@dataclass(slots=True)
class Retagged:
    """What was done. failed: contents that could not be tagged in time; they are noted as such.

    remaining: contents that the archive did not take; they come again the next time.
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
    """Tag every content without tags of these tables and of today's rules.

    Batches are stored one by one, so that a second call goes on where a killed one was.
    advance: called with how many were tagged. worker: makes the children that tag.
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
        before: set[int] = set()
        async with make_worker() as worker:
            while batch := self._batch():
                if batch.keys() <= before:  # the archive did not take them: asking on is no use
                    break
                before = set(batch)
                self._store(await self._tag(worker, batch))
        self._done.remaining = self._archive.places.count_untagged(self._version)
        return self._done

    def _batch(self) -> dict[int, TagRequest]:
        found = self._archive.places.untagged(self._version, self._size)
        return {
            number: TagRequest(
                article, captured_at, self._province(article.outlet, article.section)
            )
            for number, article, captured_at in found
        }

    def _province(self, slug: str, sections: tuple[str, ...]) -> str | None:
        outlet = self._outlets.get(slug)  # its file may have been deleted since
        return outlet.province_of(sections) if outlet else None

    async def _tag(
        self, worker: ExtractionWorker, batch: Mapping[int, TagRequest]
    ) -> dict[int, Tags]:
        asked = list(batch.values())
        parts = [asked[start : start + _PART] for start in range(0, len(asked), _PART)]
        made = await asyncio.gather(*(self._part(worker, part) for part in parts))
        return dict(zip(batch, (tags for part in made for tags in part), strict=True))

    async def _part(self, worker: ExtractionWorker, part: Sequence[TagRequest]) -> list[Tags]:
        """Return the tags of a few contents; of one that cannot be tagged, a note why."""
        try:
            return await worker.run(tag_articles, self._tables, part)
        except TinquanError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever ends a child costs one content only
            if len(part) == 1:
                self._done.failed += 1
                return [Tags(self._version, (), (), f"not tagged: {type(error).__name__}: {error}")]
        return [tags for one in part for tags in await self._part(worker, [one])]

    def _store(self, made: Mapping[int, Tags]) -> None:
        self._archive.places.tag(made)
        self._done.tagged += len(made)
        self._done.mentions += sum(len(tags.mentions) for tags in made.values())
        self._advance(len(made))
