"""A crawl job, and the command that runs it.

Each option is defined once, as a field of CrawlJob: the command's arguments are derived from the
fields, and the spider accepts no others. The command is the one that a user would type
(`scrapy crawl OUTLET -a …`).
"""

import json
import os
import sys
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from crawler.capture.private import make_folder, open_private
from crawler.config.config import Config
from crawler.config.variables import ARCHIVE_VARIABLE, CONFIG_VARIABLE
from storage.errors import CrawlError
from storage.model.runs import RunKind


def new_run_id() -> str:
    """Return a new run's random id: 12 hexadecimal digits."""
    return uuid4().hex[:12]


def run_kind(url: str | None, *, recheck: bool, backfill: bool) -> RunKind:
    """Return the kind of a run with these options; only a "crawl" looks for what is new."""
    if url is not None:
        return "address"
    if recheck:
        return "recheck"
    return "backfill" if backfill else "crawl"


@dataclass(frozen=True, slots=True)
class CrawlJob:
    """One crawl to run: of one outlet, live or from one recorded session.

    run_id: of the run's row, log and recordings. since, until: publication times with a zone.
    limit: articles. budget: requests. recheck: request known articles that are due, and no
    listings. recrawl, sitemaps, backfill, oldest_first, url: as in the spider's plan. replay: WARC
    files that answer instead of the network. site: the address of an ad hoc outlet, whose host no
    outlet file names.
    """

    outlet: str
    run_id: str = field(default_factory=new_run_id)
    sections: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    recrawl: bool = False
    sitemaps: bool = False
    backfill: bool = False
    budget: int | None = None
    oldest_first: bool = False
    url: str | None = None
    recheck: bool = False
    replay: tuple[Path, ...] = ()
    site: str | None = None

    @property
    def kind(self) -> RunKind:
        """The kind of its run."""
        return run_kind(self.url, recheck=self.recheck, backfill=self.backfill)


_SETTINGS = {"run_id": "TINQUAN_RUN_ID", "replay": "TINQUAN_REPLAY", "site": "TINQUAN_SITE"}
_ARGUMENTS = {
    option.name: {"sections": "section"}.get(option.name, option.name)
    for option in fields(CrawlJob)
    if option.name != "outlet" and option.name not in _SETTINGS
}
SPIDER_ARGUMENTS = tuple(_ARGUMENTS.values())
"""The names that the spider accepts in `-a name=value`."""


def crawl_argv(job: CrawlJob, config: Config) -> list[str]:
    """Return the command line of a crawl, as a list of arguments."""
    argv = [sys.executable, "-m", "scrapy", "crawl", job.outlet]
    for option, names in (("-a", _ARGUMENTS), ("-s", _SETTINGS)):
        for attribute, name in names.items():
            if value := getattr(job, attribute):
                argv += [option, f"{name}={_text(value)}"]
    return [*argv, "-s", "TINQUAN_SUPERVISED=1", "-s", f"LOG_FILE={log_file(job, config)}"]


def _text(value: object) -> str:
    """Return an option's value in the form that the spider and its settings expect."""
    match value:
        case True:
            return "1"
        case datetime():
            return value.isoformat()
        case (Path() as first, *others):
            return json.dumps([str(file) for file in (first, *others)])
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def child_environment(config: Config) -> dict[str, str]:
    """Return the environment of a crawl's process, or of a maintenance job's."""
    file = {CONFIG_VARIABLE: str(config.file)} if config.file else {}
    return {
        **os.environ,
        **file,
        ARCHIVE_VARIABLE: config.archive,
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
    }


def log_file(job: CrawlJob, config: Config) -> Path:
    """Return the path of a crawl's log; each run has its own file."""
    return config.logs / job.outlet / f"{job.run_id}.log"


def make_log(job: CrawlJob, config: Config) -> None:
    """Create a crawl's log, empty, and its folder. Raises CrawlError."""
    log = log_file(job, config)
    try:
        make_folder(log.parent)
        open_private(log, "ab").close()
    except OSError as error:
        raise CrawlError(
            f"{error.filename or log}: the log cannot be created: {error.strerror}; the logs folder"
            " needs space and write permission"
        ) from None
