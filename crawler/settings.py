"""Scrapy's settings, each with its reason. Values of a deployment come from its tinquan.toml.

The tinquan command sets those of one run by `-s NAME=value`: TINQUAN_RUN_ID,
TINQUAN_CAPTURES, TINQUAN_REPLAY (a JSON list of WARC files), LOG_FILE.
"""

import os
import sys

from crawler.config.config import Config, load_config
from crawler.config.variables import ARCHIVE_VARIABLE
from storage.errors import ConfigError


def _config() -> Config:
    """Return the configuration, or exit with a one-line error message."""
    try:
        return load_config()
    except ConfigError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(error.exit_code) from None


_loaded = _config()

# Our own settings
TINQUAN_OUTLETS = [str(folder) for folder in _loaded.outlet_folders]
TINQUAN_CONFIG = str(_loaded.file or "")
TINQUAN_CONTACT = _loaded.contact
TINQUAN_ARCHIVE = os.environ.get(ARCHIVE_VARIABLE) or _loaded.archive
TINQUAN_CAPTURES = str(_loaded.captures)
TINQUAN_GAZETTEER = str(_loaded.gazetteer)
TINQUAN_RUN_SECONDS = _loaded.limits.run_seconds
TINQUAN_LOG_BYTES = _loaded.limits.log_bytes
TINQUAN_WARC_BYTES = _loaded.limits.warc_bytes
TINQUAN_VALIDATOR_HOURS = _loaded.limits.validator_hours
TINQUAN_REPLAY: list[str] = []  # WARC files to take responses from instead of the network
TINQUAN_SITE = ""  # a URL whose host no outlet file names: it becomes an ad hoc outlet for this run
TINQUAN_RESOLVE: dict[str, str] = {}  # tests only: host → address:port, bypasses the address guard

# The Scrapy project
BOT_NAME = "tinquan"
SPIDER_LOADER_CLASS = "crawler.fetch.spiders.loader.OutletLoader"  # spiders are outlet files
COMMANDS_MODULE = (
    "crawler.fetch.spiders.commands"  # `scrapy crawl` with one-line errors, exit codes
)

# How we identify ourselves: never as a browser, never as a search engine.
USER_AGENT = _loaded.user_agent
ROBOTSTXT_USER_AGENT = "tinquan"  # the product token that robots.txt groups are matched against
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "vi,en;q=0.5",
    "Accept-Encoding": "gzip",  # docs/archive.md says why no other
}

# Politeness
ROBOTSTXT_OBEY = (
    False  # crawler.fetch.middlewares.robots.StrictRobots replaces Scrapy's lenient middleware
)
CONCURRENT_REQUESTS = 1  # one outlet, one request at a time; a stop waits for one response only
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0  # seconds; each outlet's own `politeness` replaces it
DOWNLOAD_DELAY_JITTER = 0.5
AUTOTHROTTLE_ENABLED = False  # it may go faster than an outlet's delay, and starts with 5 s
RETRY_TIMES = 2
RETRY_HTTP_CODES = [
    500,
    502,
    503,
    504,
    522,
    524,
    408,
]  # 429 is handled by crawler.fetch.middlewares.retry_after.SlowDown
RETRY_GIVE_UP_LOG_LEVEL = "WARNING"  # the run's row records it
REDIRECT_MAX_TIMES = 5  # robots.txt may not be followed further either (RFC 9309)
COOKIES_ENABLED = False  # no session across pages
REFERER_ENABLED = True  # only so that redirects keep to this policy:
REFERRER_POLICY = "no-referrer"
METAREFRESH_ENABLED = False  # ePi pages carry a refresh of 1,800 s to themselves

# Bounds
DOWNLOAD_TIMEOUT = _loaded.limits.download_seconds  # for a whole response, however slow it drips
DOWNLOAD_MAXSIZE = _loaded.limits.response_bytes  # also after decompression; 1 GiB by default
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False  # crawler.fetch.middlewares.short_answers keeps what arrived
DNS_TIMEOUT = 20
REACTOR_THREADPOOL_MAXSIZE = 4  # only DNS lookups use threads
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # newest first, in the listings' order
CONCURRENT_ITEMS = 4  # the default of 100 costs a third of Scrapy's time per page
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # the default may drop a redirect silently
MEMUSAGE_ENABLED = True
MEMUSAGE_LIMIT_MB = 1024  # ten times an ordinary crawl's
URLLENGTH_LIMIT = 2083

# Security
DOWNLOAD_VERIFY_CERTIFICATES = True  # off by default
TWISTED_DNS_RESOLVER = (
    "crawler.fetch.middlewares.resolver.GuardedResolver"  # no address on the local network
)
HTTPPROXY_ENABLED = False  # a proxy would resolve names itself, bypassing the address guard
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # runs code for anyone who reaches localhost; on by default
DOWNLOAD_HANDLERS = {"file": None, "data": None, "ftp": None, "s3": None}

# Middlewares: requests pass them from top to bottom, responses from bottom to top
DOWNLOADER_MIDDLEWARES = {
    "crawler.fetch.middlewares.adoption.Adoption": 40,  # before robots.txt is requested
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.fetch.middlewares.offsite.StrictOffsite": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.fetch.middlewares.robots.StrictRobots": 100,
    "crawler.fetch.middlewares.retry_after.SlowDown": 560,  # before retries (550) see the response
    "crawler.fetch.middlewares.short_answers.ShortAnswers": 570,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.fetch.middlewares.decompression.Decompression": 590,
    "crawler.fetch.middlewares.offsite.OffsiteRedirects": 610,  # before redirects (600)
    # Before decompression (590) and redirects (600).
    "crawler.fetch.middlewares.capture.CaptureMiddleware": 650,
}
HTTPERROR_ALLOW_ALL = True  # the spider turns error responses into refusals
ITEM_PIPELINES = {
    "crawler.fetch.pipelines.ExtractPipeline": 100,
    "crawler.fetch.pipelines.StorePipeline": 300,
}
EXTENSIONS = {
    "crawler.fetch.extensions.lenient_headers.LenientHeaders": 0,
    "crawler.fetch.extensions.run_stats.RunStats": 0,
    "crawler.fetch.extensions.time_limit.Watchdog": 0,
    "crawler.fetch.extensions.hold_watch.HoldWatch": 0,
    "crawler.fetch.extensions.parent_watch.ParentWatch": 10,
    "crawler.fetch.extensions.log_limit.LogLimit": 10,
    "crawler.fetch.extensions.download_limit.OversizeStop": 20,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "crawler.fetch.extensions.feed.ArticleFeed": 30,
    "scrapy.extensions.spiderstate.SpiderState": None,
}

# The output of `-O FILE`
FEED_EXPORT_ENCODING = "utf-8"

# Logs
LOG_LEVEL = "INFO"
LOG_VERSIONS: list[str] = []  # the lock file lists them
STATS_DUMP = False  # the run's row has the counts that matter
