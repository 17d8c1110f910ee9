"""Store captures of invented pages."""

from typing import Any

from storage.archive import Archive
from storage.model.articles import Article, Refusal, Stored
from tests.support.samples import article, capture


def put(
    archive: Archive,
    minutes: float,
    result: Article | Refusal | None = None,
    aliases: tuple[str, ...] = (),
    **changes: Any,
) -> Stored:
    """Store a result (article 1 by default) captured at `minutes` of the samples' time."""
    result = result or article()
    return archive.articles.store(
        "run-1", capture(minutes, url=result.url, **changes), result, aliases
    )
