"""Scrapy's feed export of the articles: `scrapy crawl OUTLET -O articles.jsonl`."""

from typing import Any

from scrapy import Spider
from scrapy.extensions.feedexport import FeedExporter

from crawler.fetch.spiders.items import PageItem
from crawler.render.base import article_json
from storage.model.articles import Article


class ArticleFeed(FeedExporter):
    """Writes each stored article as `tinquan extract` prints it; refusals are left out."""

    def item_scraped(self, item: Any, spider: Spider) -> None:
        """Export the article of one item."""
        if isinstance(item, PageItem) and isinstance(item.result, Article):
            super().item_scraped(article_json(item.result), spider)
