"""Load arrivals in full, as a digest shows them: a limited number of each topic, and counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import ArchivedArticle
from storage.model.edits import Edit
from storage.model.search import Mark, SearchQuery
from storage.model.watches import Arrivals, ArrivedEdit, Report, Story
from storage.search.highlight import find_marks
from storage.sql.clusters.read import load_clusters, sources_of
from storage.sql.engine.bulk import rows_at
from storage.sql.read.articles import load_articles
from storage.sql.schema.core import articles, captures, runs
from storage.sql.schema.types import AnyRow, in_parts

_SHOWN = sa.select(articles.c.id, articles.c.outlet, articles.c.sort_at).where(
    articles.c.sort_at.is_not(None)
)
_LEARNED = sa.select(
    captures.c.article, captures.c.id, captures.c.captured_at, runs.c.started_at
).select_from(captures.join(runs, runs.c.id == captures.c.run))


def load_report(conn: Connection, arrivals: Arrivals, query: SearchQuery, most: int) -> Report:
    """Return arrivals in full, at most `most` of each topic."""
    new, new_count = _stories(conn, arrivals.new, query, most)
    copies, copies_count = _stories(conn, arrivals.copies, query, most)
    edits = load_edits(conn, arrivals.edits[: -most - 1 : -1])  # the latest, last first
    last = _load(conn, arrivals.removed[: -most - 1 : -1])
    gone = [article for article in last.values() if article.removed_at]
    return Report(
        new=new,
        copies=copies,
        edits=_learned_edits(conn, edits),
        removed=tuple(gone),
        new_count=new_count,
        copies_count=copies_count,
        edits_count=len(edits) + max(0, len(arrivals.edits) - most),
        removed_count=len(gone) + max(0, len(arrivals.removed) - most),
    )


def load_edits(conn: Connection, pairs: Iterable[tuple[int, int]]) -> list[Edit]:
    """Return edits by article and number of the new revision; skip those that no longer exist."""
    wanted = list(pairs)
    found = _load(conn, dict.fromkeys(id_ for id_, _ in wanted))
    return [
        Edit(id_, *found[id_].revisions[number - 2 : number])
        for id_, number in wanted
        if id_ in found and 2 <= number <= len(found[id_].revisions)
    ]


def _load(conn: Connection, ids: Iterable[int]) -> dict[int, ArchivedArticle]:
    """Return articles that have a revision, in the order given."""
    wanted = list(ids)
    existing = {row.id for row in rows_at(conn, _SHOWN, articles.c.id, wanted)}
    shown = [id_ for id_ in wanted if id_ in existing]
    return {
        article.id: article for part in in_parts(shown) for article in load_articles(conn, part)
    }


def _stories(
    conn: Connection, ids: Sequence[int], query: SearchQuery, most: int
) -> tuple[tuple[Story, ...], int]:
    """Return the stories of new articles, those in most outlets first, and how many there are."""
    rows = {row.id: row for row in rows_at(conn, _SHOWN, articles.c.id, ids)}
    groups: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for id_, source in sources_of(conn, rows).items():
        groups[source].append(rows[id_])
    ordered = sorted(groups.items(), key=lambda group: _rank(group[1]))[:most]
    first = [source if source in rows else _earliest(of_story).id for source, of_story in ordered]
    loaded = load_articles(conn, first)
    clusters = load_clusters(conn, first)
    learned = learned_at(conn, {article.id: None for article in loaded})
    stories = (
        Story(article, cluster, _marks(article, query), learned[article.id])
        for article, cluster in zip(loaded, clusters, strict=True)
    )
    return tuple(stories), len(groups)


def _rank(of_story: Sequence[AnyRow]) -> tuple[int, float]:
    newest = max(row.sort_at for row in of_story)
    return -len({row.outlet for row in of_story}), -newest.timestamp()


def _earliest(of_story: Iterable[AnyRow]) -> AnyRow:
    return min(of_story, key=lambda row: (row.sort_at, row.id))


def _marks(found: ArchivedArticle, query: SearchQuery) -> tuple[Mark, ...]:
    """Return where an article matches the query: its words, or else its places."""
    if query.words.required:
        return find_marks(query.words, found.latest.article)
    tags = found.latest.tags
    places = set(query.places)
    named = [mention for mention in (tags.mentions if tags else ()) if mention.unit in places]
    return tuple(Mark(mention.field, mention.start, mention.end) for mention in named)


def learned_at(
    conn: Connection, ids: Mapping[int, tuple[datetime, datetime] | None]
) -> dict[int, datetime]:
    """Return when the archive learned of articles.

    ids: articles, each with the bounds of the captures that count, or None for all. The archive
    learns of a capture when it is made, or when the run that replays it starts.
    """
    first: dict[int, AnyRow] = {}
    for row in rows_at(conn, _LEARNED, captures.c.article, ids):
        within = ids[row.article]
        if within and not within[0] <= row.captured_at <= within[1]:
            continue
        if row.article not in first or row.id < first[row.article].id:
            first[row.article] = row
    return {id_: max(row.captured_at, row.started_at) for id_, row in first.items()}


def _learned_edits(conn: Connection, edits: Iterable[Edit]) -> tuple[ArrivedEdit, ...]:
    found = []
    for edit in edits:
        times = edit.after.first_seen_at, edit.after.last_seen_at
        found.append(ArrivedEdit(edit, learned_at(conn, {edit.id: times})[edit.id]))
    return tuple(found)
