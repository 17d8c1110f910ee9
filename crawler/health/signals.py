"""What a crawl sees of an outlet's health, counted in its run's row. Pure.

The alarms (crawler.health.rules) are worked out from these counts, run by run.
"""

from collections.abc import Iterator
from enum import StrEnum

from storage.model.articles import Article, Refusal, RefusalReason


class HealthSignal(StrEnum):
    """What is counted. Of most, a few URLs are kept as evidence."""

    LISTINGS = "listings"  # listings that answered with content
    UNCHANGED_LISTINGS = "unchanged_listings"  # 304, or the very bytes as before
    NO_LINKS = "no_links"  # listings whose first page led to nothing
    UNREACHABLE = "unreachable"  # requests that found no host, no connection, or a 5xx
    TIMEOUTS = "timeouts"  # requests without an answer in time
    ROBOTS = "robots"  # listings that robots.txt forbids, or a robots.txt that cannot be read
    BLOCKED = "blocked"  # challenge pages, 401, 403, 429
    ARTICLES = "articles"  # article pages that were read, with or without success
    NO_ARTICLE = "no_article"  # another page in its place: maintenance, a wall, new markup
    NO_BODY = "no_body"
    NO_TITLE = "no_title"
    NO_TIME = "no_time"
    NO_AUTHORS = "no_authors"  # nor a credit
    FOREIGN_FAMILY = "foreign_family"  # the page bears another family's marks than the file says
    WHOLE_PAGE = "whole_page"  # the family's selectors found no text, the whole page was read
    KEPT_APART = "kept_apart"  # pages that name another article, with which they share no text


ASKED, GAVE = "asked_of/", "links_of/"
"""Before a section's name, among a run's signals: its listings that were asked, and links there."""

FIELD_SIGNALS = (
    HealthSignal.NO_ARTICLE,
    HealthSignal.NO_BODY,
    HealthSignal.NO_TITLE,
    HealthSignal.NO_TIME,
    HealthSignal.NO_AUTHORS,
    HealthSignal.FOREIGN_FAMILY,
    HealthSignal.WHOLE_PAGE,
)
"""Those that a broken template shows, out of `ARTICLES`."""

_BLOCKING = ("HTTP status 401", "HTTP status 403", "HTTP status 429")


def family_change(article: Article) -> str | None:
    """Return the note that a page was read with another family than the outlet's file names.

    Extraction writes it (crawler.extract.choose): it knows which family the outlet stood on when
    the page was captured, and that a family without layouts is read generically.
    """
    return next((note for note in article.notes if note.startswith("family:")), None)


def signals_of(result: Article | Refusal, *, is_first: bool = True) -> Iterator[HealthSignal]:
    """Yield what an article's page shows.

    is_first: False where the address brought no article before: that it still brings none is no
    news, and pages that never were articles would outweigh the new ones.
    """
    if isinstance(result, Refusal):
        yield from _signals_of_refusal(result, is_first=is_first)
        return
    yield HealthSignal.ARTICLES
    absent = {
        HealthSignal.NO_BODY: not result.blocks and not result.images,
        HealthSignal.NO_TITLE: not result.title,
        HealthSignal.NO_TIME: result.published_at is None,
        HealthSignal.NO_AUTHORS: not result.authors and not result.credit,
        HealthSignal.FOREIGN_FAMILY: family_change(result) is not None,
        HealthSignal.WHOLE_PAGE: result.extraction.path == "page",
    }
    yield from (signal for signal, is_absent in absent.items() if is_absent)


# In place of an article. Players, live reports and pages over the limit are what they are.
_OTHER_PAGES = frozenset(
    {
        RefusalReason.NOT_ARTICLE,
        RefusalReason.MOVED,
        RefusalReason.MALFORMED,
        RefusalReason.NOT_FOUND,
        RefusalReason.PAYWALL,
        RefusalReason.REDIRECT_LOOP,
    }
)


def _signals_of_refusal(refusal: Refusal, *, is_first: bool) -> Iterator[HealthSignal]:
    if is_first and refusal.reason is RefusalReason.EMPTY:
        yield from (HealthSignal.ARTICLES, HealthSignal.NO_BODY)
    if is_first and refusal.reason in _OTHER_PAGES:
        yield from (HealthSignal.ARTICLES, HealthSignal.NO_ARTICLE)
    if signal := signal_of_refusal(refusal):
        yield signal


def signal_of_refusal(refusal: Refusal) -> HealthSignal | None:
    """Return what a refused response, of a listing or an article, says of the outlet."""
    blocking = refusal.reason in {RefusalReason.BLOCKED, RefusalReason.REDIRECT_LOOP}
    if blocking or refusal.evidence.startswith(_BLOCKING):
        return HealthSignal.BLOCKED
    if refusal.reason is RefusalReason.HTTP_ERROR and refusal.evidence.startswith("HTTP status 5"):
        return HealthSignal.UNREACHABLE
    return None
