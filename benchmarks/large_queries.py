"""The cost of the main queries and writes on a large archive (`benchmarks.large_archive`).

    python -m benchmarks.large_queries URL CAPTURES

Each runs twice; the statements of the second run are explained by auto_explain, as by EXPLAIN
(ANALYZE, BUFFERS). Prints statements, milliseconds on the server, pages of 8 kB read, rows scanned,
and the tables that were scanned sequentially, or from an index alone.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import event

from storage.archive import Archive, open_archive
from storage.model.articles import (
    Arrival,
    Article,
    ArticleQuery,
    Block,
    Capture,
    Extraction,
    RefusalQuery,
)
from storage.model.clusters import ClusterQuery
from storage.model.edits import EditQuery
from storage.model.links import DiscoveredLink
from storage.model.runs import Outcome, Run
from storage.model.search import SearchQuery
from storage.model.watches import ArrivalCursor, ArrivalQuery
from storage.search.query_syntax import parse_words

_SETTINGS = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_buffers = on",
    "SET auto_explain.log_timing = off",
    "SET auto_explain.log_format = json",
    "SET client_min_messages = log",
)
_SMALL = 2_000  # rows of a table of which a sequential scan is not reported
DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(days=365) / 20_000_000  # from one article to the next


@dataclass
class Cost:
    """The cost of some statements."""

    statements: int = 0
    ms: float = 0.0
    pages: int = 0
    rows: float = 0.0
    whole: set[str] = field(default_factory=set)
    index_only: set[str] = field(default_factory=set)

    def add(self, message: str) -> None:
        """Add the cost of a plan, as logged by the server."""
        duration, _, text = message.partition("plan:")
        plan = json.loads(text)["Plan"]
        self.statements += 1
        self.ms += float(duration.split()[1])
        self.pages += plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
        for node in _nodes(plan):
            if "Relation Name" in node:
                rows = node["Actual Rows"] * node["Actual Loops"]
                rows += node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
                self.rows += rows
                if node["Node Type"] == "Seq Scan" and rows > _SMALL:
                    self.whole.add(node["Relation Name"])
                if node["Node Type"] == "Index Only Scan" and rows > _SMALL:
                    self.index_only.add(node["Relation Name"])

    def __str__(self) -> str:
        read = f"  whole: {', '.join(sorted(self.whole))}" if self.whole else ""
        read += f"  index only: {', '.join(sorted(self.index_only))}" if self.index_only else ""
        return (
            f"{self.statements:>4} statements {self.ms:>9.2f} ms {self.pages:>9,} pages"
            f" {self.rows:>11,.0f} rows{read}"
        )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def measure(archive: Archive, count: int, now: datetime) -> None:
    """Print the cost of each query and write. count: articles; now: the newest article's time."""
    cost = Cost()

    def add_plan(notice: Any) -> None:
        if "plan:" in notice.message_primary:
            cost.add(notice.message_primary)

    def explain_all(connection: Any, _record: Any) -> None:
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.commit()
        connection.add_notice_handler(add_plan)

    event.listen(archive.database.engine, "connect", explain_all)
    archive.database.engine.dispose()
    for name, run in {**queries(archive, count, now), **writes(archive, now)}.items():
        for _ in range(2):
            cost = Cost()
            run()
        print(f"  {name:<34} {cost}", flush=True)
    event.remove(archive.database.engine, "connect", explain_all)
    archive.database.engine.dispose()


def queries(archive: Archive, count: int, now: datetime) -> dict[str, Callable[[], object]]:
    """Return the queries of readers, commands, the schedule and the alarms, by name."""
    big, small = "bao000", "bao299"
    with archive.database.reading() as conn:
        frequent = "SELECT unit FROM article_places GROUP BY unit ORDER BY count(*) DESC LIMIT 1"
        unit = conn.exec_driver_sql(frequent).scalar_one()
    urls = [f"https://{big}.vn/bai-{n}.html" for n in range(count - 300, count)]
    words = {name: parse_words(text) for name, text in _WORDS.items()}
    find, articles, runs = archive.search.find, archive.articles, archive.runs

    def listed(**filters: Any) -> Callable[[], object]:
        return lambda: list(articles.find(ArticleQuery(limit=50, **filters)))

    return {
        "newest 50": listed(),
        "newest 50 of a large outlet": listed(outlets=(big,)),
        "newest 50 of a small outlet": listed(outlets=(small,)),
        "newest 50 about a place": listed(places=(unit,)),
        "50 after the 5,000th": listed(offset=5000),
        "50 whose page is gone": listed(removed=True, since=now - DAY),
        "an article": lambda: articles.get(str(count // 2)),
        "count of a day": lambda: articles.count(ArticleQuery(since=now - DAY)),
        "places of a day": lambda: archive.places.counts(ArticleQuery(since=now - DAY)),
        "months of a place": lambda: archive.places.months(ArticleQuery(places=(unit,))),
        "edits, newest 50": lambda: list(articles.edits(EditQuery(limit=50))),
        "refusals of a day, counted": lambda: articles.count_refusals(
            RefusalQuery(since=now - DAY)
        ),
        "stories of a day": lambda: list(archive.clusters.find(ClusterQuery(now - DAY, limit=20))),
        **{
            f"search, {name}, {order}": partial(find, SearchQuery(wanted, order=order, limit=20))
            for name, wanted in words.items()
            for order in ("date", "relevance")
        },
        "facets of a common word": lambda: archive.search.facets(
            SearchQuery(words["a common word"])
        ),
        "facets of a rare word": lambda: archive.search.facets(SearchQuery(words["a rare word"])),
        "300 addresses seen": lambda: articles.seen(big, urls),
        "addresses due": lambda: archive.links.due(big, now, 50),
        "articles due for a look": lambda: archive.schedule.due_checks(big, now, 60),
        "runs of an outlet, a day": lambda: runs.find(big, since=now - DAY),
        "open runs": runs.at_work,
        "start of a schedule": lambda: runs.published(now - 28 * DAY),
        "articles by outlet, a day": lambda: articles.count_by_outlet(now - DAY, now),
        "newest by outlet": lambda: articles.newest_by_outlet(now),
        "cursor of a watch": lambda: archive.watches.cursor_at(now - DAY),
        "ten watches, 5,000 articles": lambda: archive.watches.arrivals(
            [
                ArrivalQuery(
                    SearchQuery(words["a common word"]),
                    ArrivalCursor(count + count // 4 - 6250, count - 5000),
                    frozenset(("new", "edits", "removed")),
                )
            ]
            * 10,
            ArrivalCursor(count + count // 4, count),
        ),
        "promises of two weeks": lambda: archive.links.promises(
            big, (now - 14 * DAY).date(), None, "day"
        ),
        "stamp of the archive": articles.stamp,
        "tinquan archive stats": archive.maintenance.stats,
    }


_WORDS = {
    "a common word": "bà",
    "a rare word": "hiếm",
    "two words": "bà cà",
    "a phrase": '"bà bá"',
    "a seldom word": "xươi",
}


def writes(archive: Archive, now: datetime) -> dict[str, Callable[[], object]]:
    """Return the writes of a crawl, by name; each call writes something new."""
    done = iter(range(1_000_000))
    mark = f"m{os.getpid()}-{now:%m%d%H%M%S}"
    outlet = "bao000"

    def run() -> None:
        started = Run(f"{mark}-{next(done)}", outlet, now, sections=("tin",))
        archive.runs.start(started)
        archive.runs.finish(Run(started.id, outlet, now, outcome=Outcome.DONE, ended_at=now))

    archive.runs.start(Run(mark, outlet, now))

    def arrivals(begin: int, at: datetime) -> list[Arrival]:
        return [_arrival(outlet, f"{mark}-{n}", at) for n in range(begin, begin + 20)]

    def links() -> None:
        begin = next(done) * 100
        urls = (f"https://{outlet}.vn/{mark}-link-{n}.html" for n in range(begin, begin + 100))
        found = [DiscoveredLink(url, None, "sitemap", "2026-01-05") for url in urls]
        archive.links.record(outlet, found, now)

    return {
        "20 new articles stored": lambda: archive.articles.store_many(
            mark, arrivals(20 * next(done), now)
        ),
        "20 known articles stored edited": lambda: archive.articles.store_many(
            mark, arrivals(0, now + next(done) * timedelta(minutes=1))
        ),
        "100 new links recorded": links,
        "a run started and ended": run,
    }


def _arrival(outlet: str, name: str, at: datetime) -> Arrival:
    url = f"https://{outlet}.vn/{name}.html"
    words = " ".join(f"{name} câu {n}" for n in range(40))
    article = Article(
        outlet=outlet,
        url=url,
        title=f"Tin {name}",
        blocks=(Block("paragraph", words),),
        extraction=Extraction("bench", "1", "page", 9),
        published_at=at,
    )
    id_ = f"{name}-{at.isoformat()}"
    return Arrival(Capture(url, at, 200, "a.warc.gz", 1, id_, f"sha1:{id_}"), article)


if __name__ == "__main__":
    size = int(sys.argv[2]) * 4 // 5
    with open_archive(sys.argv[1]) as opened:
        measure(opened, size, BEGIN + size * STEP)
