"""Tags of contents as rows: the units that each content mentions and is about.

A content's tags are written and replaced as a whole. A mention's text is not stored: its offsets
select it from the content.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.errors import NotFoundError
from storage.model.articles import Article
from storage.model.places import Mention, Score, Tags
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.core import captures
from storage.sql.schema.places import mentions, scores, tags, units
from storage.sql.schema.types import AnyRow, in_parts

_Value = TypeVar("_Value")
Tagged = Mapping[int, Tags]
"""Tags by the row of their content."""
_UNITS = sa.select(units.c.id)


def write_tags(conn: Connection, tagged: Tagged) -> None:
    """Replace the tags of contents. Raises NotFoundError for an unknown unit."""
    if not tagged:
        return
    _check_units(conn, set().union(*map(_units, tagged.values())))
    for part in in_parts(list(tagged)):
        for table in (mentions, scores):
            conn.execute(sa.delete(table).where(table.c.content.in_(part)))
    conn.execute(
        sa.update(tags).where(tags.c.content == sa.bindparam("row")),
        [{"row": row, "version": new.version, "note": new.note} for row, new in tagged.items()],
    )
    mentioned = [row for content, new in tagged.items() for row in _mention_rows(content, new)]
    scored = [
        {"content": content, "number": number, **asdict(score)}
        for content, new in tagged.items()
        for number, score in enumerate(new.scores)
    ]
    insert(conn, mentions, mentioned)
    insert(conn, scores, scored)


def _mention_rows(content: int, new: Tags) -> Iterator[dict[str, object]]:
    for number, mention in enumerate(new.mentions):
        offsets = {"field": mention.field, "start_char": mention.start, "end_char": mention.end}
        yield {"content": content, "number": number, **offsets, "unit": mention.unit}


def load_tags(conn: Connection, texts: Iterable[tuple[AnyRow, Article]]) -> dict[int, Tags]:
    """Return the tags of those contents that have any, by row.

    texts: rows with `content` and the columns `TAGGED`, and what each content says.
    """
    tagged = {row.content: (row, article) for row, article in texts if row.tags_version is not None}
    mentioned = _by_content(rows_at(conn, _MENTIONS, mentions.c.content, tagged))
    scored = _by_content(rows_at(conn, _SCORES, scores.c.content, tagged))
    return {
        content: Tags(
            row.tags_version,
            tuple(_mentions(article, mentioned.get(content, ()))),
            tuple(Score(s.unit, s.score, s.confidence) for s in scored.get(content, ())),
            row.tags_note,
        )
        for content, (row, article) in tagged.items()
    }


TAGGED = (tags.c.version.label("tags_version"), tags.c.note.label("tags_note"))
"""The columns that `load_tags` reads; the version is null where a content is not tagged."""

_MENTIONS = sa.select(mentions).order_by(mentions.c.content, mentions.c.number)
_SCORES = sa.select(scores).order_by(scores.c.content, scores.c.number)


def forget_tags(conn: Connection, rows: Sequence[int]) -> None:
    """Delete the tags of those contents that no capture shows any longer."""
    delete_tags(conn, sorted(set(rows) - of_captures(conn, captures.c.content, rows)))


def delete_tags(conn: Connection, rows: Sequence[int]) -> None:
    """Delete the tags of contents."""
    for part in in_parts(rows):
        for table in (mentions, scores, tags):
            conn.execute(sa.delete(table).where(table.c.content.in_(part)))


def of_captures(conn: Connection, column: sa.Column[_Value], rows: Iterable[int]) -> set[_Value]:
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


def _units(own: Tags) -> set[str]:
    return {mention.unit for mention in own.mentions} | {score.unit for score in own.scores}


def _by_content(rows: Iterable[AnyRow]) -> dict[int, tuple[AnyRow, ...]]:
    return {content: tuple(group) for content, group in groupby(rows, lambda row: row.content)}


def _mentions(article: Article, rows: Iterable[AnyRow]) -> Iterable[Mention]:
    if not rows:
        return
    fields = {"title": article.title, "sapo": article.sapo or "", "body": article.body}
    for row in rows:
        text = fields[row.field][row.start_char : row.end_char]
        yield Mention(row.field, row.start_char, row.end_char, text, row.unit)
