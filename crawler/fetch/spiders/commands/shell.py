"""`scrapy shell`: Scrapy's command, which neither needs nor changes an archive."""

import argparse

from scrapy.commands.shell import Command as ScrapyShell

from crawler.fetch.spiders.commands.scratch import use_scratch_archive


class Command(ScrapyShell):
    """Works on a scratch archive."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options, and put the archive out of reach."""
        super().process_options(args, opts)
        if self.settings is not None:
            use_scratch_archive(self.settings)
