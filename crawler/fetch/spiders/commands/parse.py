"""`scrapy parse` on a scratch archive: it neither needs nor changes the configured one."""

import argparse

from scrapy.commands.parse import Command as ScrapyParse

from crawler.fetch.spiders.commands.scratch import use_scratch_archive


class Command(ScrapyParse):
    """Scrapy's command on a scratch archive."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Process the options, and point the settings to a scratch archive."""
        super().process_options(args, opts)
        if self.settings is not None:
            use_scratch_archive(self.settings)
