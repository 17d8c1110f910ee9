"""Looking again at articles that the archive has: for edits, and for pages that are gone."""

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

_MOST = 1000  # articles a run, where no limit is given
_UNCHANGED = 304
_SEEN = {None, 200, _UNCHANGED}  # after anything else the page is wanted whole


def recheck_requests(spider: "OutletSpider") -> Iterator[Request]:
    """Yield a request for each article that is due, newest first.

    A page's validator is used while it is trusted: some outlets change a page under one ETag, so
    the late looks ask for it whole.
    """
    spider.recorder.discovered()  # no listing has to answer
    limit = spider.plan.limit or _MOST
    for known in spider.archive.schedule.due_checks(spider.outlet.slug, utc_now(), limit):
        if spider.recorder.is_stopping:
            return
        validator = spider.listings.validators.usable(known.url) if known.status in _SEEN else None
        yield Request(
            known.url,
            callback=_Look(spider, known),
            errback=spider.article_failed,
            headers=conditional_headers(validator),
            cb_kwargs={"key": article_key(known.url, spider.family)},
        )


class _Look:
    """What is done with the answer to one request."""

    def __init__(self, spider: "OutletSpider", known: KnownArticle) -> None:
        self._spider = spider
        self._known = known

    def __call__(self, response: Response, key: str) -> Iterator[PageItem]:
        """Note that nothing has changed, or hand the page on."""
        if response.status == _UNCHANGED:
            self._spider.archive.schedule.note_check(self._known.id, utc_now(), response.status)
            self._spider.recorder.count(unchanged=1)
            return
        for page in self._spider.parse_article(response, key):
            yield replace(page, known=self._known.id)
