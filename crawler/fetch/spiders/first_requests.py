"""The requests that a crawl begins with, in order."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from scrapy import Request, signals

from crawler.fetch.spiders.adoption import adopted_requests
from crawler.fetch.spiders.listings.listing_requests import ListingRequest
from crawler.fetch.spiders.rechecks import recheck_requests

if TYPE_CHECKING:
    from crawler.fetch.spiders.outlet import OutletSpider


async def first_requests(spider: "OutletSpider") -> AsyncIterator[Request]:
    """Yield known articles to recheck, or the one given URL, or else a full crawl's requests.

    Those are the pages that a killed crawl left behind, the plan's listings, each once the
    scheduler is empty, and the retries that are due.
    """
    plan = spider.plan
    if plan.recheck:
        for request in recheck_requests(spider):
            yield request
        return
    if plan.url:
        yield Request(
            plan.url,
            callback=spider.parse_given,
            errback=spider.listing_failed,
            cb_kwargs={"listing": ListingRequest(plan.url, "html")},
        )
        return
    for request in adopted_requests(spider):
        yield request
    for listing in spider.listings.requests():
        if spider.listings.frontier.is_full or spider.recorder.is_stopping:
            return
        yield spider.listing_request(listing)
        await spider.crawler.signals.wait_for(signals.scheduler_empty)
    for item in spider.listings.due_retries():
        yield spider.article_request(item.link.url)
