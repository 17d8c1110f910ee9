"""Store captures as read by one version of our code, and re-read them by another."""

from storage.archive import Archive
from storage.model.articles import Article, Refusal, Stored
from storage.model.readings import Reread, RereadQuery
from tests.support.samples import at, capture, read_by

NOW = at(10_000)
Result = Article | Refusal


def put(
    archive: Archive, minutes: float, item: Result, version: int = 1, url: str | None = None
) -> Stored:
    """Store a result as captured at `minutes` and read by `version`."""
    name = f"{item.outlet} {url or item.url} {minutes}"
    seen = capture(minutes, url=url or item.url, record_id=name, digest=name)
    return archive.articles.store("run-1", seen, read_by(version, item))


def waiting(archive: Archive, version: int = 2, limit: int = 99) -> list[int]:
    """Return the numbers of the captures that `version` has to re-read."""
    return [id_ for id_, _, _ in archive.captures.to_reread(RereadQuery(version), limit)]


def reread(archive: Archive, *results: Result, version: int = 2) -> list[Reread]:
    """Re-read as many captures as there are results, in order of time."""
    ids = waiting(archive, version)[: len(results)]
    pairs = [(id_, read_by(version, item)) for id_, item in zip(ids, results, strict=True)]
    return archive.captures.reread(pairs, version, NOW)


def bodies(archive: Archive, ref: str = "1") -> list[str]:
    return [revision.article.body for revision in archive.articles.get(ref).revisions]
