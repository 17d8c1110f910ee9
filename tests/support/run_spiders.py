"""Run several crawls in this process, in turn: `python -m tests.support.run_spiders JSON`.

Starting a crawl's process takes two seconds of CPU, and so does its extraction worker; a test of
many crawls starts only this process, which also extracts.
JSON: {"settings": {…}, "crawls": [["outlet", {"limit": "5"}], …]}. The exit code is 1 where any
crawl has another outcome than done.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from crawler.extract import extract
from crawler.extract.worker import ExtractionWorker
from crawler.fetch.spiders import session
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from crawler.places.tag_articles import Tables
from storage.model.articles import Article, Refusal
from storage.model.places import Tags
from storage.model.runs import Outcome

T = TypeVar("T")


class WorkerHere(ExtractionWorker):
    """Extracts pages in this process."""

    def __init__(self) -> None:
        self._limit_seconds = 0.0
        self._function = extract

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        return function(*arguments)

    async def read(
        self, page: Page, outlet: Outlet, tables: Tables | None
    ) -> tuple[Article | Refusal, Tags | None]:
        """Extract without tags: these tests are not about places."""
        return await self.extract(page, outlet), None

    def close(self) -> None:
        pass


def run(request: dict[str, Any]) -> int:
    vars(session)["new_worker"] = WorkerHere
    settings = get_project_settings()
    settings.setdict(request["settings"], priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    waiting, outcomes = list(request["crawls"]), []

    def start_next() -> None:
        if waiting:
            name, arguments = waiting.pop(0)
            crawler = process.create_crawler(name)
            task = process.crawl(crawler, **arguments)
            task.add_done_callback(lambda _: ended(crawler.spider, task))

    def ended(spider: object, task: asyncio.Task[None]) -> None:
        done = isinstance(spider, OutletSpider) and spider.recorder.run.outcome is Outcome.DONE
        outcomes.append(done and task.exception() is None)
        start_next()

    start_next()
    process.start()
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(run(json.loads(sys.argv[1])))
