"""The gazetteer as rows, and what each article's latest state is about."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.articles import ArticleQuery
from storage.model.places import MonthCount, Succession, Unit
from storage.sql.engine.connect import lock
from storage.sql.schema.core import articles, captures, revisions
from storage.sql.schema.places import article_places, gazetteer, scores, successions, units
from storage.sql.schema.types import in_parts

_ZONE = "Asia/Ho_Chi_Minh"


def gazetteer_version(conn: Connection) -> str | None:
    """Return the version that was loaded last, if any."""
    return conn.execute(sa.select(gazetteer.c.version)).scalar()


def load_gazetteer(
    conn: Connection, version: str, rows: Sequence[Unit], became: Sequence[Succession]
) -> None:
    """Make the gazetteer this one; units that it lacks stay, no longer current."""
    _check(rows, became)
    lock(conn, "gazetteer")
    conn.execute(sa.delete(successions))
    _write_units(conn, {unit.id: _unit_row(unit) for unit in rows})
    if became:
        conn.execute(sa.insert(successions), [asdict(one) for one in became])
    conn.execute(sa.delete(gazetteer))
    conn.execute(sa.insert(gazetteer).values(version=version))


def _check(rows: Sequence[Unit], became: Sequence[Succession]) -> None:
    ids = {unit.id for unit in rows}
    if len(ids) < len(rows):
        raise ValueError("a gazetteer names two units by one id")
    named = {unit.parent for unit in rows if unit.parent is not None}
    named |= {id_ for one in became for id_ in (one.old, one.new)}
    if named - ids:
        raise ValueError(f"a gazetteer refers to a unit that it lacks: {min(named - ids)!r}")


def _unit_row(unit: Unit) -> dict[str, Any]:
    return {**asdict(unit), "level": unit.level, "current": True}


def _write_units(conn: Connection, wanted: dict[str, dict[str, Any]]) -> None:
    stored = {row.id: dict(row._mapping) for row in conn.execute(sa.select(units))}
    fresh = [row for id_, row in wanted.items() if id_ not in stored]
    changed = [
        {"unit": id_, **row} for id_, row in wanted.items() if id_ in stored and stored[id_] != row
    ]
    retired = [
        {"unit": id_, "current": False}
        for id_, row in stored.items()
        if id_ not in wanted and row["current"]
    ]
    if fresh:
        conn.execute(sa.insert(units), fresh)
    for rows in (changed, retired):
        if rows:
            conn.execute(sa.update(units).where(units.c.id == sa.bindparam("unit")), rows)


def write_article_places(conn: Connection, ids: Sequence[int]) -> None:
    """Rewrite what these articles' latest states are about; their outlets are locked."""
    later = revisions.alias()
    latest = (
        sa.select(sa.func.max(later.c.number)).where(later.c.article == articles.c.id)
    ).scalar_subquery()
    about = (
        sa.select(
            scores.c.unit, articles.c.sort_at, articles.c.id, articles.c.outlet, scores.c.confidence
        )
        .select_from(articles)
        .join(revisions, (revisions.c.article == articles.c.id) & (revisions.c.number == latest))
        .join(captures, captures.c.id == revisions.c.capture)
        .join(scores, scores.c.content == captures.c.content)
        .where(scores.c.confidence.is_not(None))
        .distinct()
    )
    for part in in_parts(ids):
        conn.execute(sa.delete(article_places).where(article_places.c.article.in_(part)))
        conn.execute(
            sa.insert(article_places).from_select(
                ["unit", "sort_at", "article", "outlet", "confidence"],
                about.where(articles.c.id.in_(part)),
            )
        )


def place_counts(conn: Connection, query: ArticleQuery) -> list[tuple[str, int]]:
    """Return how many of the query's articles are about each unit, most first."""
    counts = sa.select(article_places.c.unit, sa.func.count())
    counts = as_sure(counts, query)
    if query.places:
        asked = sa.select(article_places.c.article).where(article_places.c.unit.in_(query.places))
        counts = counts.where(article_places.c.article.in_(asked))
    if query.outlets:
        counts = counts.where(article_places.c.outlet.in_(query.outlets))
    counts = within(counts, article_places.c.sort_at, query)
    found = [(row[0], row[1]) for row in conn.execute(counts.group_by(article_places.c.unit))]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def unit_counts(conn: Connection, query: ArticleQuery) -> dict[str, int]:
    """Return how many of the query's articles are about each of its places, if any."""
    table = article_places
    counts = sa.select(table.c.unit, sa.func.count()).where(table.c.unit.in_(query.places))
    if query.outlets:
        counts = counts.where(table.c.outlet.in_(query.outlets))
    counts = as_sure(within(counts, table.c.sort_at, query), query).group_by(table.c.unit)
    return {row[0]: row[1] for row in conn.execute(counts)}


def month_counts(conn: Connection, query: ArticleQuery) -> list[MonthCount]:
    """Return how many articles about any of the query's places came out, by month and outlet."""
    table = article_places
    if conn.dialect.name == "sqlite":
        month = sa.func.strftime("%Y-%m", table.c.sort_at, "+7 hours")
    else:
        month = sa.func.to_char(sa.func.timezone(_ZONE, table.c.sort_at), "YYYY-MM")
    label = month.label("month")
    # Counted so, and not from a SELECT DISTINCT, SQLite sorts numbers and not whole rows.
    once = sa.func.count(table.c.article.distinct()) if len(query.places) > 1 else sa.func.count()
    counts = sa.select(label, table.c.outlet, once).where(table.c.unit.in_(query.places))
    if query.outlets:
        counts = counts.where(table.c.outlet.in_(query.outlets))
    counts = as_sure(within(counts, table.c.sort_at, query), query)
    found = conn.execute(counts.group_by(label, table.c.outlet))
    return sorted((MonthCount(*row) for row in found), key=lambda one: one.month)


def within(statement: Select[Any], time: sa.Column[datetime], query: ArticleQuery) -> Select[Any]:
    """Return `statement` with the query's bounds in time."""
    if query.since is not None:
        statement = statement.where(time >= query.since)
    if query.until is not None:
        statement = statement.where(time < query.until)
    return statement


def as_sure(statement: Select[Any], query: ArticleQuery) -> Select[Any]:
    """Return `statement`, which reads `article_places`, as sure as the query asks for."""
    certain = article_places.c.confidence == "certain"
    return statement.where(certain) if query.about == "certain" else statement
