"""Converts Scrapy responses to the types of the packages that know no Scrapy."""

from scrapy import Request
from scrapy.http import Response

from crawler.families.base import Family
from crawler.fetch.middlewares.meta import CAPTURE, OFFSITE_TARGET
from crawler.fetch.middlewares.short_answers import is_short
from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.listings.pending_validators import read_validator
from crawler.page.response import Page
from crawler.page.urls import article_id, canonical_url
from storage.model.articles import Capture, Refusal, RefusalReason


def capture_of(response: Response) -> Capture:
    """Return the capture that a response was recorded as, or replayed from."""
    capture: Capture = response.meta[CAPTURE]
    return capture


def page_of(response: Response) -> Page:
    """Return a response as a page; its fetch time is the capture's."""
    kind = response.headers.get("Content-Type")
    return Page(
        url=response.url,
        body=response.body,
        fetched_at=capture_of(response).captured_at,
        status=response.status,
        content_type=kind.decode("latin-1") if kind else None,
    )


def refusal_of(response: Response, page: Page, slug: str) -> Refusal | None:
    """Return the refusal that status or redirects call for; None for a success status.

    A success status leaves the decision to extraction.
    """
    target = response.meta.get(OFFSITE_TARGET)
    if target is not None:
        evidence = f"redirects to another site: {target}"[:500]
        return Refusal(slug, page.url, RefusalReason.NOT_ARTICLE, evidence)
    if 200 <= page.status < 300:
        return None
    from crawler.extract.refusals import refuse_response  # noqa: PLC0415 - loads the parsers

    return refuse_response(page, slug)


_GONE = 410
_PERMANENT = frozenset({301, 308})


def is_final(response: Response, family: Family) -> bool:
    """True if this response alone gives the address up, should it be no article.

    The outlet has said permanently that the page is gone (410) or has moved (301 or 308 to what is
    no article), or the family knows the address as that of another kind of page.
    """
    if response.status == _GONE:
        return True
    redirects = [*response.meta.get("redirect_reasons", [])]
    if OFFSITE_TARGET in response.meta:
        return _PERMANENT.issuperset([*redirects, response.status])
    requested = [*response.meta.get("redirect_urls", []), response.url][0]
    if not redirects:
        return any(other.url.search(requested) for other in family.others)
    if not _PERMANENT.issuperset(redirects) or article_id(response.url, family):
        return False
    before, now = (canonical_url(url).rstrip("/").lower() for url in (requested, response.url))
    return before != now


def article_page(response: Response, key: str, slug: str, family: Family) -> PageItem:
    """Return the item of an article's page; a truncated one has no validator."""
    page = page_of(response)
    validator = read_validator(response.url, response.headers, page.fetched_at)
    return PageItem(
        page.url,
        capture_of(response),
        refusal_of(response, page, slug),
        page,
        key=key,
        aliases=aliases_of(response.request, page.url),
        validator=None if is_short(response) else validator,
        is_final=is_final(response, family),
    )


def aliases_of(request: Request | None, url: str) -> tuple[str, ...]:
    """Return the canonical forms of every address that led to `url`, itself included."""
    redirects = [*request.meta.get("redirect_urls", []), request.url] if request else []
    return tuple(dict.fromkeys(canonical_url(each) for each in [*redirects, url]))


def refused_page(
    request: Request, reason: RefusalReason | None, evidence: str, slug: str
) -> PageItem | None:
    """Return the item of a response that cannot be used; None without a response or a reason."""
    capture = request.meta.get(CAPTURE)
    if reason is None or not isinstance(capture, Capture):
        return None
    requested = [*request.meta.get("redirect_urls", []), request.url][0]
    refusal = Refusal(slug, requested, reason, evidence)
    return PageItem(requested, capture, refusal, aliases=aliases_of(request, request.url))
