"""A canary: checks by a small crawl whether an outlet's file still fits its site. Pure.

The crawl is an ordinary one, of one section and two articles, into a temporary archive.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawler.health.signals import HealthSignal, family_change
from crawler.outlets.model import Outlet
from storage.model.articles import Article, Refusal
from storage.model.runs import Run

ARTICLES = 2
_SHORT = 250  # characters; a news article with less text is doubtful


@dataclass(frozen=True, slots=True)
class Point:
    """The result of one check. found: what it found, in a few words."""

    name: str
    passed: bool
    found: str


def points_of(
    outlet: Outlet, run: Run, articles: Sequence[Article], refusals: Iterable[Refusal]
) -> list[Point]:
    """Return the results of all checks, in the order of a crawl's steps."""
    points = list(_points_of_run(run))
    points += [_point_of_refusal(refusal) for refusal in refusals]
    for article in articles:
        points += _points_of_article(outlet, article)
    if not articles:
        points.append(Point("articles", passed=False, found="none could be read"))
    return points


def _points_of_run(run: Run) -> Iterator[Point]:
    signals = {signal: run.counts.signals.get(signal.value, 0) for signal in HealthSignal}
    checks = [
        (HealthSignal.UNREACHABLE, "host", "answers"),
        (HealthSignal.TIMEOUTS, "time", "in time"),
        (HealthSignal.ROBOTS, "robots.txt", "allows"),
        (HealthSignal.BLOCKED, "block", "none"),
    ]
    for signal, name, well in checks:
        if signals[signal]:
            urls = ", ".join(run.evidence.get(signal.value, ()))
            yield Point(name, passed=False, found=run.error or urls)
        elif run.counts.fetched:  # otherwise nothing was checked
            yield Point(name, passed=True, found=well)
    listings = signals[HealthSignal.LISTINGS]
    empty = run.evidence.get(HealthSignal.NO_LINKS.value, ())
    found = f"{listings} answered, {run.counts.links} articles linked"
    if empty:
        found += f"; without links: {', '.join(empty)}"
    yield Point("listings", run.counts.links > 0 and not empty, found)


def _point_of_refusal(refusal: Refusal) -> Point:
    found = f"{refusal.url}: {refusal.reason}: {refusal.evidence}"
    return Point("page", passed=False, found=found)


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
    in_container = article.extraction.path == "subtree"
    source = "from the family's container" if in_container else "from the whole page"
    yield Point("text", length >= _SHORT and in_container, f"{length:,} characters, {source}")
    section = " › ".join(article.section)
    yield Point("section", bool(section), section or "none")
