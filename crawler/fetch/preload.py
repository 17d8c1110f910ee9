"""What crawls import, imported once by their warm parent.

Nothing here may start a thread, open a connection, install a reactor or read the configuration
(`crawler.settings` does): `crawler.jobs.warm` forks every crawl afterwards.
"""

import crawler.extract.reader
import crawler.fetch.extensions.feed
import crawler.fetch.extensions.time_limit
import crawler.fetch.middlewares.capture
import crawler.fetch.pipelines
import crawler.fetch.spiders.commands.crawl
import crawler.fetch.spiders.loader
import crawler.places.tag_articles  # noqa: F401 - all of these are imported to be there
from storage.archive import preload

preload()
