"""Rechecks of archived articles: for edits, and for pages that are gone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.listings.pending_validators import conditional_headers
from crawler.page.times import utc_now
from crawler.page.urls import article_key
from storage.model.schedule import KnownArticle

if TYPE_CHECKING:
    from crawler.fetch.spiders.outlet import OutletSpider

_DEFAULT_LIMIT = 1000  # articles a run
_UNCHANGED = 304
_CONDITIONAL_AFTER = {None, 200, _UNCHANGED}  # after any other status the page is wanted in full


def recheck_requests(spider: "OutletSpider") -> Iterator[Request]:
    """Yield a request for each article that is due, newest first.

    A page's validator is used while it is trusted: some outlets change a page under one ETag, so
    late rechecks are unconditional.
    """
    spider.recorder.note_discovery()  # no listing has to answer
    limit = spider.plan.limit or _DEFAULT_LIMIT
    for known in spider.archive.schedule.due_checks(spider.outlet.slug, utc_now(), limit):
        if spider.recorder.is_stopping:
            return
        validator = None
        if known.status in _CONDITIONAL_AFTER:
            validator = spider.listings.validators.usable(known.url)
        yield Request(
            known.url,
            callback=_RecheckCallback(spider, known),
            errback=spider.article_failed,
            headers=conditional_headers(validator),
            cb_kwargs={"key": article_key(known.url, spider.family)},
        )


class _RecheckCallback:
    """The callback of one known article's request."""

    def __init__(self, spider: "OutletSpider", known: KnownArticle) -> None:
        self._spider = spider
        self._known = known

    def __call__(self, response: Response, key: str) -> Iterator[PageItem]:
        """Record that nothing has changed, or yield the page."""
        if response.status == _UNCHANGED:
            self._spider.archive.schedule.note_check(self._known.id, utc_now(), response.status)
            self._spider.recorder.count(unchanged=1)
            return
        for page in self._spider.parse_article(response, key):
            yield replace(page, known=self._known.id)
