"""The peer of benchmarks.crawl: a first version of a crawler with Scrapy, trafilatura and SQLite.

Run as `python -m benchmarks.crawl_peer LISTING DATABASE`. It requests a listing, follows the links
that are not stored, extracts each page in its own process and stores it in one transaction.
"""

import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import trafilatura
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

SCHEMA = """
CREATE TABLE IF NOT EXISTS pages
(url TEXT PRIMARY KEY, title TEXT, author TEXT, date TEXT, text TEXT, html BLOB)
"""
SETTINGS = {
    "CONCURRENT_REQUESTS": 1,
    "DOWNLOAD_DELAY": 0,
    "LOG_LEVEL": "ERROR",
    "ROBOTSTXT_OBEY": True,
    "TELNETCONSOLE_ENABLED": False,
}


class NewsSpider(Spider):
    """Crawls one listing and its articles."""

    name = "news"

    def __init__(self, listing: str, database: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.listing = listing
        self.pages = sqlite3.connect(database)
        self.pages.execute(SCHEMA)

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.listing, self.parse)

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        known = {url for (url,) in self.pages.execute("SELECT url FROM pages")}
        for link in response.css("article a::attr(href)").getall():
            url = response.urljoin(link)
            if url not in known:
                yield Request(url, self.store)

    def store(self, response: Response, **_: Any) -> None:
        found = trafilatura.bare_extraction(response.text, url=response.url, with_metadata=True)
        if found is None:
            return
        fields = found.as_dict() if hasattr(found, "as_dict") else found
        row = (response.url, fields["title"], fields["author"], fields["date"], fields["text"])
        with self.pages:
            self.pages.execute("INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)", (*row, response.body))


if __name__ == "__main__":
    process = AsyncCrawlerProcess(SETTINGS)
    process.crawl(NewsSpider, listing=sys.argv[1], database=sys.argv[2])
    process.start()
