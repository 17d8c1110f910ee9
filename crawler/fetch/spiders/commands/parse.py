"""`scrapy parse`: Scrapy's command, which neither needs nor changes an archive."""

import argparse

from scrapy.commands.parse import Command as ScrapyParse

from crawler.fetch.spiders.commands.scratch import use_scratch_archive


class Command(ScrapyParse):
    """Works on a scratch archive."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options, and put the archive out of reach."""
        super().process_options(args, opts)
        if self.settings is not None:
            use_scratch_archive(self.settings)
