"""What a run counts stands in `crawler.stats`, where extensions and `STATS_DUMP` find it."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.fetch.spiders.outlet import OutletSpider


class RunStats:
    """Lets the run's recorder count in Scrapy's statistics, which are made after the spider."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Join the two. Raises NotConfigured for a spider of no outlet file."""
        if not isinstance(crawler.spider, OutletSpider) or crawler.stats is None:
            raise NotConfigured(f"{cls.__name__} serves the spiders of outlet files only")
        crawler.spider.recorder.count_in(crawler.stats)
        return cls()
