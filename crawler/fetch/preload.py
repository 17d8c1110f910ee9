"""Imports the modules that crawls need, once, in their warm parent.

Nothing here may start a thread, open a connection, install a reactor or read the configuration
(`crawler.settings` does): `crawler.jobs.warm` forks every crawl afterwards.
"""

from importlib import import_module

from scrapy.settings import default_settings
from scrapy.utils.misc import walk_modules_iter

from storage.archive import preload

_PACKAGES = (
    "crawler.fetch.extensions",
    "crawler.fetch.middlewares",
    "crawler.fetch.spiders",
    "scrapy.commands",
)
_MODULES = (
    "crawler.config.config",
    "crawler.extract.worker",
    "crawler.fetch.pipelines",
    "crawler.places.tag_articles",
    "itemadapter",
    "protego",
    "scrapy.cmdline",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.engine",
    "scrapy.core.scheduler",
    "scrapy.dupefilters",
    "scrapy.logformatter",
    "scrapy.squeues",
    "scrapy.statscollectors",
)
"""Our own modules, and those that Scrapy imports by a name in its settings."""

for module in _MODULES:
    import_module(module)
for package in _PACKAGES:
    list(walk_modules_iter(package))
for setting in ("EXTENSIONS_BASE", "DOWNLOADER_MIDDLEWARES_BASE", "SPIDER_MIDDLEWARES_BASE"):
    for name in getattr(default_settings, setting):
        import_module(name.rpartition(".")[0])
preload()
