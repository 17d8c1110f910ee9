"""What one sight of a page becomes."""

from typing import Any

from storage.model.articles import Article, Refusal, Stored
from storage.sql.archive import SqlArchive
from tests.support.samples import article, capture


def put(
    archive: SqlArchive,
    minutes: float,
    result: Article | Refusal | None = None,
    aliases: tuple[str, ...] = (),
    **changes: Any,
) -> Stored:
    """Store a result (article 1 by default) as captured at that many minutes."""
    result = result or article()
    return archive.store("run-1", capture(minutes, url=result.url, **changes), result, aliases)
