"""Start a crawl as a process of its own, watch it, and end it when its time is up.

The process is the command a person would type (`scrapy crawl OUTLET -a …`), in its own process
group. Its standard input is a line to us: when it closes, we are gone, and the crawl ends too.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from crawler.config.config import ARCHIVE_VARIABLE, CONFIG_VARIABLE, Config
from storage.errors import CrawlError
from storage.model.runs import Run, RunKind

TERM_SECONDS = 10.0
"""How long a process has to end cleanly after TERM before it is killed."""
STOPPED_CODES = frozenset({128 + signal.SIGINT, 128 + signal.SIGTERM})
"""Exit codes of a command that a signal ended, as shells give them."""


@dataclass(frozen=True, slots=True)
class Order:
    """One crawl to be done: of one outlet, live or from one recorded session.

    since, until: ISO texts as the spider takes them. limit: articles. budget: requests.
    backfill, oldest_first, url: as in the spider's plan. site: an address whose host no outlet
    file names; the outlet is then made from it.
    recheck: known articles that are due for another look, in place of listings.
    """

    outlet: str
    run_id: str
    sections: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    recrawl: bool = False
    sitemaps: bool = False
    recheck: bool = False
    replay: tuple[Path, ...] = ()
    backfill: bool = False
    budget: int | None = None
    oldest_first: bool = False
    url: str | None = None
    site: str | None = None

    @property
    def kind(self) -> RunKind:
        """What its run is called."""
        if self.url is not None:
            return "address"
        return "backfill" if self.backfill else "crawl"


def command(order: Order, config: Config) -> list[str]:
    """Return the words of the crawl's command."""
    arguments = {
        "section": ",".join(order.sections),
        "since": order.since,
        "until": order.until,
        "limit": order.limit,
        "recrawl": "1" if order.recrawl else None,
        "sitemaps": "1" if order.sitemaps else None,
        "backfill": "1" if order.backfill else None,
        "budget": order.budget,
        "oldest_first": "1" if order.oldest_first else None,
        "url": order.url,
        "recheck": "1" if order.recheck else None,
    }
    settings = {
        "TINQUAN_RUN_ID": order.run_id,
        "TINQUAN_REPLAY": json.dumps([str(path) for path in order.replay])
        if order.replay
        else None,
        "TINQUAN_SUPERVISED": "1",
        "TINQUAN_SITE": order.site,
        "LOG_FILE": str(log_file(order, config)),
    }
    words = [sys.executable, "-m", "scrapy", "crawl", order.outlet]
    words += [w for key, value in arguments.items() if value for w in ("-a", f"{key}={value}")]
    return words + [w for key, value in settings.items() if value for w in ("-s", f"{key}={value}")]


def crawl_environment(config: Config) -> dict[str, str]:
    """Return the environment of a crawl's process, or of another command's."""
    return {
        **os.environ,
        CONFIG_VARIABLE: str(config.file),
        ARCHIVE_VARIABLE: config.archive,
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
    }


def log_file(order: Order, config: Config) -> Path:
    """Return where the crawl's log goes: one file a run."""
    return config.logs / order.outlet / f"{order.run_id}.log"


def make_log(order: Order, config: Config) -> None:
    """Make a crawl's log, empty, with its folder. Raises CrawlError."""
    log = log_file(order, config)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.open("ab").close()
    except OSError as error:
        raise CrawlError(
            f"{error.filename or log}: no log can be made: {error.strerror}; the logs folder"
            " needs space and write permission"
        ) from None


class CrawlProcess:
    """A crawl that has been started. How it ended shows in `code` and `last_words`."""

    def __init__(self, order: Order, config: Config) -> None:
        """Start the crawl. Raises CrawlError where its log cannot be made."""
        self.order = order
        self._was_told_to_end = False
        make_log(order, config)
        self._process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            command(order, config),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=crawl_environment(config),
            start_new_session=True,
        )
        # Read as it comes, or a crawl that prints much would wait for us for ever.
        self._tail: deque[bytes] = deque(maxlen=20)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - PIPE was asked for
        while line := self._process.stderr.readline(4096):
            self._tail.append(line)

    @property
    def pid(self) -> int:
        """The process's id, which is also its group's."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, negative where a signal ended it; None while it runs."""
        return self._process.poll()

    @property
    def was_stopped(self) -> bool:
        """True where it ended at once when we asked it to, without winding up."""
        return self._was_told_to_end and self.code == -signal.SIGTERM

    def last_words(self) -> str | None:
        """Return the error that an ended crawl printed, if it did: one line."""
        self._reader.join(1.0)
        lines = [line.decode("utf-8", "replace").strip() for line in self._tail]
        errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        said = errors or [line for line in lines if line]
        return said[-1] if said else None

    def terminate(self) -> None:
        """Ask the crawl to end; it stores what is in flight and closes its run."""
        self._signal(signal.SIGTERM)

    def end(self) -> None:
        """End the crawl and everything it started: TERM, then KILL after TERM_SECONDS."""
        self.terminate()
        try:
            self._process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
        self._process.wait()
        self.close()

    def close(self) -> None:
        """Release the pipes of a crawl that has ended; its last words stay."""
        self._reader.join(1.0)  # a child of the crawl's may still hold the other end
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe is not None and not self._reader.is_alive():
                pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._was_told_to_end = True
            os.killpg(self.pid, number)


def raise_on_term() -> None:
    """Let SIGTERM unwind this process like Ctrl-C does, so that its crawls are ended too."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, interrupt)


def is_alive(run: Run, limit_seconds: int, now: datetime) -> bool:
    """True while an open run may still be at work.

    A run on this machine lives as long as its process; of one on another machine only its age
    can tell. None outlives its time limit by more than an hour, whatever its process id says
    (ids are used again).
    """
    if now - run.started_at > timedelta(seconds=limit_seconds + 3600):
        return False
    if run.host != socket.gethostname() or run.pid is None:
        return True
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        pass
    return True
