"""The plan of one crawl, from its spider arguments. Pure."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from crawler.jobs.crawl_job import SPIDER_ARGUMENTS, run_kind
from crawler.outlets.model import Outlet, Section
from crawler.page.times import parse_moment
from storage.errors import UsageError
from storage.model.runs import RunKind

_YES = {"1", "true", "yes"}
_NO = {"", "0", "false", "no"}


@dataclass(frozen=True, slots=True)
class Plan:
    """One crawl's scope.

    sections: the sections to crawl.
    since, until: bounds on publication time (inclusive, exclusive), UTC.
    limit: the most article pages to request.
    recrawl: request known articles again.
    sitemaps: also request what the window's sitemaps list, whatever its section.
    backfill: request only what the window's sitemaps, day archives or paging list.
    budget: the most requests, listings and robots.txt included.
    oldest_first: go through a backfill from the oldest articles on, if its listings allow it.
    url: request only this address: an article, or a page that links to some.
    recheck: request known articles that are due for a recheck, and no listings.
    """

    sections: tuple[Section, ...]
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

    @property
    def is_bounded(self) -> bool:
        """True if the plan covers less than everything new."""
        bounds = (self.since, self.until, self.limit, self.budget, self.url)
        return any(bound is not None for bound in bounds)

    @property
    def kind(self) -> RunKind:
        """The run's kind; only a "crawl" looks for what is new."""
        return run_kind(self.url, recheck=self.recheck, backfill=self.backfill)


def parse_plan(outlet: Outlet, arguments: dict[str, str]) -> Plan:
    """Return the plan that a spider's arguments (`-a name=value`) describe.

    Raises UsageError that names the argument and what it may be.
    """
    if unknown := sorted(set(arguments) - set(SPIDER_ARGUMENTS)):
        raise UsageError(
            f"unknown argument {unknown[0]!r}; there are: {', '.join(SPIDER_ARGUMENTS)}"
        )
    zone = ZoneInfo(outlet.timezone)
    names = [name.strip() for name in arguments.get("section", "").split(",") if name.strip()]
    since = parse_moment("since", arguments["since"], zone) if arguments.get("since") else None
    until = parse_moment("until", arguments["until"], zone) if arguments.get("until") else None
    if since and until and since >= until:
        raise UsageError(f"since {arguments['since']!r} is not before until {arguments['until']!r}")
    sitemaps = _parse_switch("sitemaps", arguments.get("sitemaps", ""))
    if sitemaps and since is None:
        raise UsageError("sitemaps reach back to the outlet's first day: say since when")
    backfill = _parse_switch("backfill", arguments.get("backfill", ""))
    if backfill and (since is None or until is None):
        raise UsageError("a backfill fills a window: say since when and until when")
    sections = [outlet.section(name) for name in dict.fromkeys(names)]
    return Plan(
        sections=tuple(sections or [s for s in outlet.sections if s.crawl] or outlet.sections),
        since=since,
        until=until,
        limit=_parse_count("limit", arguments.get("limit")),
        recrawl=_parse_switch("recrawl", arguments.get("recrawl", "")),
        sitemaps=sitemaps,
        backfill=backfill,
        budget=_parse_count("budget", arguments.get("budget")),
        oldest_first=_parse_switch("oldest_first", arguments.get("oldest_first", "")),
        url=arguments.get("url") or None,
        recheck=_parse_switch("recheck", arguments.get("recheck", "")),
    )


def _parse_count(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UsageError(f"{name}: {text!r} is not a whole number of at least 1")
    return int(text)


def _parse_switch(name: str, text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise UsageError(f"{name}: {text!r} is neither 1 nor 0")
    return text.lower() in _YES
