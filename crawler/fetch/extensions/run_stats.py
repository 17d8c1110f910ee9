"""Keeps a run's counts in `crawler.stats`, where extensions and `STATS_DUMP` find them."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.fetch.spiders.outlet import OutletSpider


class RunStats:
    """Makes the run's recorder count in Scrapy's stats, which are created after the spider."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connect the two. Raises NotConfigured unless the spider is an OutletSpider."""
        if not isinstance(crawler.spider, OutletSpider) or crawler.stats is None:
            raise NotConfigured(f"{cls.__name__} serves the spiders of outlet files only")
        crawler.spider.recorder.count_in(crawler.stats)
        return cls()
