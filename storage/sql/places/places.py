"""`archive.places`: the gazetteer in the archive, and the tags of contents with its units."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.codec.articles import article_from_json, check_window
from storage.model.articles import Article, ArticleQuery
from storage.model.places import MonthCount, Succession, Tags, Unit
from storage.sql.engine.backend import backend_of
from storage.sql.engine.bulk import insert, within
from storage.sql.engine.connect import lock
from storage.sql.engine.transactions import Part
from storage.sql.places.about import about_places, as_sure, write_article_places
from storage.sql.places.tags import of_captures, write_tags
from storage.sql.schema.core import captures, contents
from storage.sql.schema.places import article_places, gazetteer, tags
from storage.sql.schema.places import successions as successions_table
from storage.sql.schema.places import units as units_table
from storage.sql.schema.types import in_parts


class Places(Part):
    """The gazetteer's units, and which of them each content mentions and is about."""

    def gazetteer_version(self) -> str | None:
        """Return the version of the gazetteer that was loaded last; None if none was."""
        with self._database.reading() as conn:
            return conn.execute(sa.select(gazetteer.c.version)).scalar()

    def load_gazetteer(
        self, version: str, units: Sequence[Unit], successions: Sequence[Succession]
    ) -> None:
        """Replace the gazetteer, in one transaction.

        Units that the new one lacks stay, marked as not current, and so do their tags. Raises
        ValueError where it has an id twice or refers to a unit that it lacks.
        """
        _check(units, successions)
        with self._database.writing() as conn:
            lock(conn, "gazetteer")
            conn.execute(sa.delete(successions_table))
            _write_units(conn, {unit.id: _unit_row(unit) for unit in units})
            insert(conn, successions_table, [asdict(succession) for succession in successions])
            conn.execute(sa.delete(gazetteer))
            conn.execute(sa.insert(gazetteer).values(version=version))

    def untagged(self, version: str, limit: int) -> list[tuple[int, Article, datetime]]:
        """Return up to `limit` contents whose tags are missing or of another version.

        Each has its number, to pass to `tag`, and the time of its first capture. Tagged contents
        are left out, so that the next call continues where a killed process stopped; a content that
        cannot be tagged must get empty tags with a note, or it is returned again.
        """
        rows: list[int] = []
        # Three ranges of one index: rows of the current version are never read.
        other = (tags.c.version.is_(None), tags.c.version < version, tags.c.version > version)
        with self._database.reading() as conn:
            for is_other in other:
                query = sa.select(tags.c.content).where(is_other)
                query = query.order_by(tags.c.version, tags.c.content).limit(limit - len(rows))
                rows += conn.execute(query).scalars()
            return [item for part in in_parts(rows) for item in _contents(conn, part)]

    def count_untagged(self, version: str) -> int:
        """Return how many contents `untagged` would return without a limit."""
        query = sa.select(sa.func.count()).select_from(tags)
        done = query.where(tags.c.version == version)
        with self._database.reading() as conn:
            return int(conn.execute(query).scalar_one() - conn.execute(done).scalar_one())

    def tag(self, tagged: Mapping[int, Tags]) -> None:
        """Replace the tags of contents, by number, in one transaction.

        The places of their articles are updated too. Contents that no capture shows are skipped.
        About a thousand per call are quick and keep no crawl waiting for long. Raises
        NotFoundError for a unit that no gazetteer of this archive had.
        """
        with self._database.writing() as conn:
            outlets = of_captures(conn, captures.c.outlet, tagged)
            for outlet in sorted(outlets):  # in sorted order, so that no deadlock is possible
                lock(conn, outlet)
            shown = of_captures(conn, captures.c.content, tagged)
            write_tags(conn, {row: tagged[row] for row in tagged if row in shown})
            write_article_places(conn, sorted(of_captures(conn, captures.c.article, tagged)))

    def counts(self, query: ArticleQuery) -> list[tuple[str, int]]:
        """Return for each unit how many of the matching articles are about it, most first.

        Newest revisions count; `query.limit` is ignored. An article about two units counts for
        both; with `query.places` the other units of the matching articles are counted too.
        Raises ValueError for a time without a zone.
        """
        counts = _counted(query, article_places.c.unit, sa.func.count())
        if query.places:
            matching = article_places.alias()
            about = sa.select(matching.c.article).where(matching.c.unit.in_(query.places))
            counts = counts.where(article_places.c.article.in_(about))
        found = self._unit_counts(counts)
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))

    def unit_counts(self, query: ArticleQuery) -> dict[str, int]:
        """Return how many of the matching articles are about each of the query's places.

        Unlike `counts`, it ignores other units, and so takes only the time to scan the window.
        Raises ValueError for a time without a zone.
        """
        counts = _counted(query, article_places.c.unit, sa.func.count())
        about = about_places(self._database.engine, query.places)
        return self._unit_counts(counts.where(about))

    def _unit_counts(self, counts: Select[Any]) -> dict[str, int]:
        with self._database.reading() as conn:
            rows = conn.execute(counts.group_by(article_places.c.unit))
            return {row[0]: row[1] for row in rows}

    def months(self, query: ArticleQuery) -> list[MonthCount]:
        """Count the articles about any of the query's places by month and outlet.

        Months are in order. An article about two of the places counts once. Newest revisions count;
        `query.limit` is ignored. Raises ValueError for a time without a zone.
        """
        table = article_places.c
        # GROUP BY an id: for a SELECT DISTINCT of all three columns SQLite would sort whole rows.
        columns = (
            sa.func.min(column).label(column.name) for column in (table.sort_at, table.outlet)
        )
        about = about_places(self._database.engine, query.places)
        found = _counted(query, *columns).where(about)
        article = found.group_by(table.article).subquery().c
        month = backend_of(self._database.engine).month(article.sort_at).label("month")
        counts = sa.select(month, article.outlet, sa.func.count()).group_by(month, article.outlet)
        with self._database.reading() as conn:
            rows = [MonthCount(str(row[0])[:7], *row[1:]) for row in conn.execute(counts)]
        return sorted(rows, key=lambda row: row.month)


def _counted(query: ArticleQuery, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return a query over `article_places`, filtered by all of `query` except its places."""
    check_window(query)
    table = article_places.c
    counted = as_sure(sa.select(*columns).where(*within(table.sort_at, query)), query)
    return counted.where(table.outlet.in_(query.outlets)) if query.outlets else counted


def _check(rows: Sequence[Unit], changes: Sequence[Succession]) -> None:
    ids = {unit.id for unit in rows}
    if len(ids) < len(rows):
        raise ValueError("a gazetteer names two units by one id")
    named = {unit.parent for unit in rows if unit.parent is not None}
    named |= {id_ for change in changes for id_ in (change.old, change.new)}
    if named - ids:
        raise ValueError(f"a gazetteer refers to a unit that it lacks: {min(named - ids)!r}")


def _unit_row(unit: Unit) -> dict[str, Any]:
    return {**asdict(unit), "level": unit.level, "current": True}


def _write_units(conn: Connection, wanted: dict[str, dict[str, Any]]) -> None:
    stored = {row.id: dict(row._mapping) for row in conn.execute(sa.select(units_table))}
    fresh = [row for id_, row in wanted.items() if id_ not in stored]
    changed = [
        {"unit": id_, **row} for id_, row in wanted.items() if id_ in stored and stored[id_] != row
    ]
    retired = [
        {"unit": id_, "current": False}
        for id_, row in stored.items()
        if id_ not in wanted and row["current"]
    ]
    insert(conn, units_table, fresh)
    for rows in filter(None, (changed, retired)):
        conn.execute(sa.update(units_table).where(units_table.c.id == sa.bindparam("unit")), rows)


def _contents(conn: Connection, rows: Sequence[int]) -> list[tuple[int, Article, datetime]]:
    observed = captures.alias()
    first = (
        sa.select(observed.c.id)
        .where(observed.c.content == contents.c.id)
        .order_by(observed.c.captured_at, observed.c.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(contents.c.id, contents.c.json, captures.c.version, captures.c.captured_at)
        .select_from(contents.join(captures, captures.c.id == first))
        .where(contents.c.id.in_(rows))
    )
    found = {
        row.id: (row.id, article_from_json(row.json, row.version), row.captured_at)
        for row in conn.execute(query)
    }
    return [found[row] for row in rows]
