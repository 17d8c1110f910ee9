"""What contents say of places, as rows: each content's tags are written whole, or replaced.

A mention's text is not stored: it is those characters of the content.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.errors import NotFoundError
from storage.model.articles import Article
from storage.model.places import Mention, Score, Tags
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.engine.connect import lock
from storage.sql.places.gazetteer import write_article_places
from storage.sql.schema.core import captures, contents
from storage.sql.schema.places import mentions, scores, tags, units
from storage.sql.schema.types import AnyRow, in_parts

_Value = TypeVar("_Value")
Tagged = Mapping[int, Tags]
"""Tags by the row of their content."""
_UNITS = sa.select(units.c.id)


def write_tags(conn: Connection, tagged: Tagged) -> None:
    """Put tags in place of what their contents had. Raises NotFoundError for an unknown unit."""
    if not tagged:
        return
    _check_units(conn, set().union(*map(_units, tagged.values())))
    for part in in_parts(list(tagged)):
        for table in (mentions, scores):
            conn.execute(sa.delete(table).where(table.c.content.in_(part)))
    conn.execute(
        sa.update(tags).where(tags.c.content == sa.bindparam("row")),
        [{"row": row, "version": made.version, "note": made.note} for row, made in tagged.items()],
    )
    named = [found for row, made in tagged.items() for found in _mention_rows(row, made)]
    scored = [score for row, made in tagged.items() for score in _score_rows(row, made)]
    insert(conn, mentions, named)
    insert(conn, scores, scored)


def tag(conn: Connection, tagged: Tagged) -> None:
    """Write the tags of many contents, and what the articles that show them are about.

    Contents that no capture shows (any more) are passed over.
    """
    outlets = _of_captures(conn, captures.c.outlet, tagged)
    for outlet in sorted(outlets):  # in one order, so that no two wait for each other
        lock(conn, outlet)
    shown = _of_captures(conn, captures.c.content, tagged)
    write_tags(conn, {row: tagged[row] for row in tagged if row in shown})
    write_article_places(conn, sorted(_of_captures(conn, captures.c.article, tagged)))


def load_tags(conn: Connection, articles: Mapping[int, Article]) -> dict[int, Tags]:
    """Return the tags of those contents that have any; `articles`: what each content says."""
    found: dict[int, Tags] = {}
    for part in in_parts(sorted(articles)):
        made = sa.select(tags).where(tags.c.content.in_(part), tags.c.version.is_not(None))
        named = _by_content(conn, mentions, part)
        scored = _by_content(conn, scores, part)
        for row in conn.execute(made):
            content = row.content
            found[content] = Tags(
                row.version,
                tuple(_mentions(articles[content], named.get(content, ()))),
                tuple(Score(s.unit, s.score, s.confidence) for s in scored.get(content, ())),
                row.note,
            )
    return found


def untagged(conn: Connection, version: str, limit: int) -> list[tuple[int, Article, datetime]]:
    """Return contents without tags of `version`, with the time of their first capture."""
    rows: list[int] = []
    # Three ranges of one index: what is done is never looked at again.
    for other in (tags.c.version.is_(None), tags.c.version < version, tags.c.version > version):
        query = sa.select(tags.c.content).where(other).order_by(tags.c.version, tags.c.content)
        rows += conn.execute(query.limit(limit - len(rows))).scalars()
    return [item for part in in_parts(rows) for item in _contents(conn, part)]


def count_untagged(conn: Connection, version: str) -> int:
    """Return how many contents have no tags of `version`."""
    query = sa.select(sa.func.count()).select_from(tags)
    done = query.where(tags.c.version == version)
    return int(conn.execute(query).scalar_one() - conn.execute(done).scalar_one())


def forget_tags(conn: Connection, rows: Sequence[int]) -> None:
    """Take away the tags of those contents that no capture shows any more."""
    shown = _of_captures(conn, captures.c.content, rows)
    gone = sorted(set(rows) - shown)
    for part in in_parts(gone):
        for table in (mentions, scores, tags):
            conn.execute(sa.delete(table).where(table.c.content.in_(part)))


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


def _of_captures(conn: Connection, column: sa.Column[_Value], rows: Iterable[int]) -> set[_Value]:
    """Return the distinct values of a column of the captures that show these contents."""
    found: set[_Value] = set()
    for part in in_parts(list(rows)):
        found |= set(conn.execute(sa.select(column).where(captures.c.content.in_(part))).scalars())
    return found


def _check_units(conn: Connection, wanted: set[str]) -> None:
    known = {row.id for row in rows_at(conn, _UNITS, units.c.id, sorted(wanted))}
    if wanted - known:
        raise NotFoundError(
            f"the archive's gazetteer has no unit {min(wanted - known)!r}:"
            " load the gazetteer that the tags were made with before storing them"
        )


def _units(made: Tags) -> set[str]:
    return {found.unit for found in made.mentions} | {score.unit for score in made.scores}


def _mention_rows(row: int, made: Tags) -> Iterable[dict[str, object]]:
    return (
        {
            "content": row,
            "number": number,
            "field": found.field,
            "start_char": found.start,
            "end_char": found.end,
            "unit": found.unit,
        }
        for number, found in enumerate(made.mentions)
    )


def _score_rows(row: int, made: Tags) -> Iterable[dict[str, object]]:
    return (
        {
            "content": row,
            "number": number,
            "unit": score.unit,
            "score": score.score,
            "confidence": score.confidence,
        }
        for number, score in enumerate(made.scores)
    )


def _by_content(
    conn: Connection, table: sa.Table, rows: Sequence[int]
) -> dict[int, tuple[AnyRow, ...]]:
    query = sa.select(table).where(table.c.content.in_(rows))
    found = conn.execute(query.order_by(table.c.content, table.c.number))
    return {content: tuple(group) for content, group in groupby(found, lambda row: row.content)}


def _mentions(article: Article, rows: Iterable[AnyRow]) -> Iterable[Mention]:
    if not rows:
        return
    fields = {"title": article.title, "sapo": article.sapo or "", "body": article.body}
    for row in rows:
        text = fields[row.field][row.start_char : row.end_char]
        yield Mention(row.field, row.start_char, row.end_char, text, row.unit)
