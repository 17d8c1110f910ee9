"""Run several crawls one after the other in this process: `python -m tests.run_spiders JSON`.

Starting a crawl's process costs two seconds of work; a test of many crawls starts one this way.
JSON: {"settings": {…}, "crawls": [["outlet", {"limit": "5"}], …]}. The exit code is 1 where any
crawl did not end as done.
"""

import asyncio
import json
import sys
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from crawler.spiders.outlet import OutletSpider
from storage.model import Outcome


def run(asked: dict[str, Any]) -> int:
    settings = get_project_settings()
    settings.setdict(asked["settings"], priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    waiting, outcomes = list(asked["crawls"]), []

    def next_one(_: object = None) -> None:
        if waiting:
            name, arguments = waiting.pop(0)
            crawler = process.create_crawler(name)
            task = process.crawl(crawler, **arguments)
            task.add_done_callback(lambda _: ended(crawler.spider, task))

    def ended(spider: object, task: asyncio.Task[None]) -> None:
        done = isinstance(spider, OutletSpider) and spider.keeper.run.outcome is Outcome.DONE
        outcomes.append(done and task.exception() is None)
        next_one()

    next_one()
    process.start()
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(run(json.loads(sys.argv[1])))
