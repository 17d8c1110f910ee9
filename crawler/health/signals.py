"""Signals of an outlet's health, which a crawl counts in its run's row. Pure.

The alarms (crawler.health.rules) are computed from these counts, run by run.
"""

from collections.abc import Iterator
from enum import StrEnum

from storage.model.articles import Article, Refusal, RefusalReason


class HealthSignal(StrEnum):
    """A kind of signal. For most, a few URLs are kept as evidence."""

    LISTINGS = "listings"  # listings that answered with content
    UNCHANGED_LISTINGS = "unchanged_listings"  # 304, or the same bytes as before
    NO_LINKS = "no_links"  # listings whose first page had no links
    UNREACHABLE = "unreachable"  # requests that ended without a connection, or with HTTP 5xx
    TIMEOUTS = "timeouts"  # requests without a response in time
    ROBOTS = "robots"  # listings that robots.txt forbids, or a robots.txt that cannot be read
    BLOCKED = "blocked"  # challenge pages, 401, 403, 429
    ARTICLES = "articles"  # article pages that were read, with or without success
    NO_ARTICLE = "no_article"  # another page in place of an article: maintenance, a wall, …
    NO_BODY = "no_body"
    NO_TITLE = "no_title"
    NO_TIME = "no_time"
    NO_AUTHORS = "no_authors"  # nor a credit
    FOREIGN_FAMILY = "foreign_family"  # pages of another family than the outlet's file names
    WHOLE_PAGE = "whole_page"  # the family's selectors found no text, the whole page was read
    KEPT_APART = "kept_apart"  # pages that name another article, with which they share no text


REQUESTED, LINKS = "asked_of/", "links_of/"
"""Prefixes of a section's counts among a run's signals: listings requested, and links found."""

FIELD_SIGNALS = (
    HealthSignal.NO_ARTICLE,
    HealthSignal.NO_BODY,
    HealthSignal.NO_TITLE,
    HealthSignal.NO_TIME,
    HealthSignal.NO_AUTHORS,
    HealthSignal.FOREIGN_FAMILY,
    HealthSignal.WHOLE_PAGE,
)
"""The signals of a broken template; each is compared with the count of `ARTICLES`."""

_BLOCKING = ("HTTP status 401", "HTTP status 403", "HTTP status 429")


def family_change(article: Article) -> str | None:
    """Return the note that a page was read with another family than the outlet's file names.

    Extraction writes it (crawler.extract.choose): it knows the outlet's family at the time of the
    capture, and that a family without layouts is read generically.
    """
    return next((note for note in article.notes if note.startswith("family:")), None)


def signals_of(result: Article | Refusal, *, is_first: bool = True) -> Iterator[HealthSignal]:
    """Yield the signals of an article's page.

    is_first: False for a retry of an address that brought no article before. Refusals then give no
    signals of a broken template: pages that never were articles would outweigh the new ones.
    """
    if isinstance(result, Refusal):
        yield from _signals_of_refusal(result, is_first=is_first)
        return
    yield HealthSignal.ARTICLES
    signals = {
        HealthSignal.NO_BODY: not result.blocks and not result.images,
        HealthSignal.NO_TITLE: not result.title,
        HealthSignal.NO_TIME: result.published_at is None,
        HealthSignal.NO_AUTHORS: not result.authors and not result.credit,
        HealthSignal.FOREIGN_FAMILY: family_change(result) is not None,
        HealthSignal.WHOLE_PAGE: result.extraction.path == "page",
    }
    yield from (signal for signal, is_given in signals.items() if is_given)


# Reasons that hint at a broken template; videos, live reports and oversize pages do not.
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
    """Return the signal of a refused response, of a listing or an article, if it gives one."""
    is_blocking = refusal.reason in {RefusalReason.BLOCKED, RefusalReason.REDIRECT_LOOP}
    if is_blocking or refusal.evidence.startswith(_BLOCKING):
        return HealthSignal.BLOCKED
    if refusal.reason is RefusalReason.HTTP_ERROR and refusal.evidence.startswith("HTTP status 5"):
        return HealthSignal.UNREACHABLE
    return None
