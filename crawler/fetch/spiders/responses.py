"""A Scrapy response as the pure rooms see it."""

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
    """Return the record that a response was written to, or replayed from."""
    capture: Capture = response.meta[CAPTURE]
    return capture


def page_of(response: Response) -> Page:
    """Return a response as a page, fetched when it was captured."""
    kind = response.headers.get("Content-Type")
    return Page(
        url=response.url,
        body=response.body,
        fetched_at=capture_of(response).captured_at,
        status=response.status,
        content_type=kind.decode("latin-1") if kind else None,
    )


def refusal_of(response: Response, page: Page, slug: str) -> Refusal | None:
    """Refuse by status and redirects; what a success status brings, its content decides."""
    target = response.meta.get(OFFSITE_TARGET)
    if target is not None:
        evidence = f"redirects to another site: {target}"[:500]
        return Refusal(slug, page.url, RefusalReason.NOT_ARTICLE, evidence)
    if 200 <= page.status < 300:
        return None
    from crawler.extract.refusals import refuse_response  # noqa: PLC0415 - loads the parsers

    return refuse_response(page, slug)


_GONE = 410
_FOR_GOOD = frozenset({301, 308})


def is_final(response: Response, family: Family) -> bool:
    """True where one look gives an address up, if it brought no article.

    The outlet has said for good that it is gone (410) or is another page's (301 to what is no
    article), or the family knows the address as that of another kind of page.
    """
    if response.status == _GONE:
        return True
    pagination = [*response.meta.get("redirect_reasons", [])]
    if OFFSITE_TARGET in response.meta:
        return _FOR_GOOD.issuperset([*pagination, response.status])
    asked = [*response.meta.get("redirect_urls", []), response.url][0]
    if not pagination:
        return any(other.url.search(asked) for other in family.others)
    if not _FOR_GOOD.issuperset(pagination) or article_id(response.url, family):
        return False
    before, now = (canonical_url(url).rstrip("/").lower() for url in (asked, response.url))
    return before != now


def article_page(response: Response, key: str, slug: str, family: Family) -> PageItem:
    """Return the item of an article's page; what ends before its end has no validator."""
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
    pagination = [*request.meta.get("redirect_urls", []), request.url] if request else []
    return tuple(dict.fromkeys(canonical_url(each) for each in [*pagination, url]))


def refused_page(
    request: Request, reason: RefusalReason | None, evidence: str, slug: str
) -> PageItem | None:
    """Return the item of a response that came but cannot be used; None where there is none."""
    capture = request.meta.get(CAPTURE)
    if reason is None or not isinstance(capture, Capture):
        return None
    asked = [*request.meta.get("redirect_urls", []), request.url][0]
    refusal = Refusal(slug, asked, reason, evidence)
    return PageItem(asked, capture, refusal, aliases=aliases_of(request, request.url))
