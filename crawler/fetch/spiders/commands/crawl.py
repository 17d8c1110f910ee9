"""`scrapy crawl OUTLET`, with one-line errors and an exit code for how the run ended."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable

from scrapy import Spider
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError as ScrapyUsageError

from crawler.fetch.spiders.outlet import OutletSpider
from storage.errors import TinquanError, UsageError
from storage.model.runs import Outcome


class Command(ScrapyCrawl):
    """Crawls one outlet.

    Exit codes: 0 done; 1 not done, with the reason in the run's row or on standard error; 2 wrong
    usage.
    """

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the crawl to its end. Raises Scrapy's UsageError unless one outlet is named."""
        if len(args) != 1:
            raise ScrapyUsageError("name one outlet; `scrapy list` shows them")
        if self.crawler_process is None:
            raise ScrapyUsageError("no crawler process")
        try:
            crawler = self._create_crawler(args[0])
        except KeyError as error:
            self._fail(UsageError(str(error.args[0])))
            return
        crawl = self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        self._report(crawl, crawler.spider)

    def _report(self, crawl: Awaitable[None], spider: Spider | None) -> None:
        failure = None
        if isinstance(crawl, asyncio.Task) and crawl.done() and not crawl.cancelled():
            failure = crawl.exception()
        if isinstance(failure, TinquanError):
            self._fail(failure)
        elif failure is not None:
            if isinstance(spider, OutletSpider):
                spider.closed("start_error")
            raise failure
        elif (
            not isinstance(spider, OutletSpider) or spider.recorder.run.outcome is not Outcome.DONE
        ):
            self._fail(TinquanError(_ending(spider)))

    def _fail(self, error: TinquanError) -> None:
        sys.stderr.write(f"Error: {error}\n")
        self.exitcode = error.exit_code


def _ending(spider: Spider | None) -> str:
    if not isinstance(spider, OutletSpider):
        return "the crawl did not start"
    run = spider.recorder.run
    return f"{run.outlet}: {run.outcome or 'no outcome'}: {run.error or 'no reason is known'}"
