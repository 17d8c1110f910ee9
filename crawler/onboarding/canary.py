"""A canary: what still matches of an outlet, judged by one small crawl. Pure.

The crawl is an ordinary one, of one section and two articles, into an archive that is thrown away.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawler.health.signals import HealthSignal, family_change
from crawler.outlets.model import Outlet
from storage.model.articles import Article, Refusal
from storage.model.runs import Run

ARTICLES = 2
_SHORT = 250  # characters of text, under which a news article is doubtful


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at. found: what was there, in a few words."""

    name: str
    passed: bool
    found: str


def points_of(
    outlet: Outlet, run: Run, articles: Sequence[Article], refusals: Iterable[Refusal]
) -> list[Point]:
    """Return what was looked at, in the order in which a crawl comes upon it."""
    points = list(_points_of_run(run))
    points += [_refused(refusal) for refusal in refusals]
    for article in articles:
        points += _points_of_article(outlet, article)
    if not articles:
        points.append(Point("articles", passed=False, found="none could be read"))
    return points


def _points_of_run(run: Run) -> Iterator[Point]:
    signals = {signal: run.counts.signals.get(signal.value, 0) for signal in HealthSignal}
    cut = [
        (HealthSignal.UNREACHABLE, "host", "answers"),
        (HealthSignal.TIMEOUTS, "time", "in time"),
        (HealthSignal.ROBOTS, "robots.txt", "allows"),
        (HealthSignal.BLOCKED, "block", "none"),
    ]
    for signal, name, well in cut:
        if signals[signal]:
            urls = ", ".join(run.evidence.get(signal.value, ()))
            yield Point(name, passed=False, found=run.error or urls)
        elif run.counts.fetched:  # else nothing is known of it
            yield Point(name, passed=True, found=well)
    listings, empty = (
        signals[HealthSignal.LISTINGS],
        run.evidence.get(HealthSignal.NO_LINKS.value, ()),
    )
    found = f"{listings} answered, {run.counts.links} articles linked"
    if empty:
        found += f"; without links: {', '.join(empty)}"
    yield Point("listings", run.counts.links > 0 and not empty, found)


def _refused(refusal: Refusal) -> Point:
    return Point("page", passed=False, found=f"{refusal.url}: {refusal.reason}: {refusal.evidence}")


def _points_of_article(outlet: Outlet, article: Article) -> Iterator[Point]:
    yield Point("article", passed=True, found=article.url)
    read_as, change = article.extraction.family, family_change(article)
    yield Point(
        "family", change is None, f"{read_as}, the file says {outlet.family}" if change else read_as
    )
    yield Point("title", bool(article.title), article.title or "none")
    published = article.published_at
    time = f"{article.published_raw} ({article.published_rule})" if published else "none"
    yield Point("time", published is not None, time)
    by = ", ".join(article.authors) or article.credit
    yield Point("author", bool(by), by or "none, nor a credit")
    length = len(article.body)
    way = "where the family keeps it" if article.extraction.path == "subtree" else "whole page"
    passed = length >= _SHORT and article.extraction.path == "subtree"
    yield Point("text", passed, f"{length:,} characters, {way}")
    section = " › ".join(article.section)
    yield Point("section", bool(section), section or "none")
