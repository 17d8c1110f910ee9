"""Requests that read back the pages of a killed crawl, before the outlet is asked for anything."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.capture.left_behind import pages_left_behind
from crawler.fetch.middlewares.meta import RECORD
from crawler.page.urls import article_id, canonical_url

if TYPE_CHECKING:
    from crawler.fetch.spiders.outlet import OutletSpider


def adopted_requests(spider: "OutletSpider") -> Iterator[Request]:
    """Yield a request for each article that was recorded and not stored, with its record."""
    pages = pages_left_behind(spider.session.left_behind)
    urls = [canonical_url(page.url) for page in pages]
    seen = spider.archive.articles.seen(spider.outlet.slug, urls)
    count = 0
    for page, url in zip(pages, urls, strict=True):
        id_ = article_id(page.url, spider.family)
        is_article = id_ or spider.archive.links.sources(spider.outlet.slug, url, None)
        if url in seen or not is_article or not spider.listings.adopt(page.url):
            continue
        count += 1
        yield spider.article_request(page.url, meta={RECORD: (page.file, page.offset)})
    if count:
        spider.logger.info("%d pages of a killed crawl are read back, not requested again", count)
