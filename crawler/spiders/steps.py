"""Which listings a plan asks for, and where a listing's next page lies. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from crawler.discover import Child, Form
from crawler.families.base import Paging
from crawler.outlets import Outlet, Section
from crawler.spiders.frontier import Chain
from crawler.spiders.plan import Plan

_PAGES = 10  # of one listing, in a crawl that nothing else bounds: some 200 articles
_PAGES_SINCE = 200  # with `since`, which ends it
_MAX_MONTHS = 240
_MAX_DEPTH = 2  # an index may name indexes, once


@dataclass(frozen=True, slots=True)
class Step:
    """One listing to ask for.

    number: 1 for a listing's first page. chain: what decides on its further pages, if any.
    section: whose listing it is; None for sitemaps. depth: of sitemap indexes above it.
    """

    url: str
    form: Form
    section: Section | None = None
    number: int = 1
    chain: Chain | None = None
    depth: int = 0

    @property
    def can_be_conditional(self) -> bool:
        """True for feeds and section pages: what changes whenever an article is added."""
        return self.number == 1 and self.form in {"feed", "html"}


def first_steps(
    outlet: Outlet, plan: Plan, paging: Paging | None, now: datetime, *, trusts_known: bool
) -> Iterator[Step]:
    """Yield the listings of a plan: each section's feed and page, then sitemaps.

    Sitemaps know no sections: they are used where `since` is given and no section was named.
    now: UTC. trusts_known: see Chain.
    """
    cap = _PAGES if plan.since is None else _PAGES_SINCE
    for section in plan.sections:
        if section.feed:
            yield Step(urljoin(f"https://{outlet.host}/", section.feed), "feed", section)
        chain = Chain(plan.since, trusts_known, cap)
        url = f"https://{outlet.host}{section.path}"
        yield Step(url, "html", section, chain=chain if _pages(paging, section) else None)
    if outlet.sitemap and plan.since and not plan.named:
        yield from _sitemaps(outlet, plan.since, plan.until or now)


def _pages(paging: Paging | None, section: Section) -> bool:
    return paging is not None and ("{zone}" not in paging.template or section.zone is not None)


def next_step(step: Step, outlet: Outlet, paging: Paging | None) -> Step | None:
    """Return the next page of a listing, None where there is no way to page."""
    if paging is None or step.section is None or step.chain is None:
        return None
    size = outlet.page_size or paging.step
    by = size if paging.step > 1 else paging.step
    first = size if paging.step > 1 else paging.first
    url = paging.template.format(
        host=outlet.host,
        path=step.section.path.rstrip("/"),
        zone=step.section.zone,
        page=first + (step.number - 1) * by,
    )
    return replace(step, url=url, form=paging.form, number=step.number + 1)


def _sitemaps(outlet: Outlet, since: datetime, until: datetime) -> Iterator[Step]:
    """Yield the sitemaps of each period from `since` to `until`, the newest first."""
    if outlet.sitemap is None:
        return
    zone = ZoneInfo(outlet.timezone)
    day, first = until.astimezone(zone).date(), since.astimezone(zone).date()
    seen: set[str] = set()
    for _ in range(_MAX_MONTHS * 31):
        if day < first:
            break
        path = outlet.sitemap.template.format(year=day.year, month=day.month, day=day.day)
        if path not in seen:
            seen.add(path)
            yield Step(f"https://{outlet.host}{path}", "sitemap")
        day -= timedelta(days=1)


def child_steps(step: Step, children: tuple[Child, ...], since: datetime | None) -> list[Step]:
    """Return the sitemaps of an index that can hold articles since `since`.

    A child without a date, or last changed after `since`, can. Newest first.
    """
    if step.depth >= _MAX_DEPTH:
        return []
    wanted = [c for c in children if not (c.modified_at and since and c.modified_at < since)]
    wanted.sort(key=lambda c: c.modified_at.timestamp() if c.modified_at else 0, reverse=True)
    return [Step(child.url, "sitemap", depth=step.depth + 1) for child in wanted]
