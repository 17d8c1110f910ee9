"""Contents of captures as rows: each distinct content once, with a row for its tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_to_json
from storage.dedup.fingerprint import fingerprint
from storage.model.articles import Article
from storage.model.places import Tags
from storage.sql.engine.bulk import insert, next_ids, rows_at
from storage.sql.schema.core import captures, contents
from storage.sql.schema.places import tags
from storage.sql.schema.types import hashed


@dataclass(frozen=True, slots=True)
class Content:
    """A row of `contents`. fresh: just written, so no stored capture shows it yet."""

    row: int
    fingerprint: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class TaggedObservation:
    """A capture's content, when it was captured, and the tags that came with it, if any."""

    content: int
    captured_at: datetime
    tags: Tags | None


_STORED = sa.select(
    contents.c.digest, contents.c.id, contents.c.fingerprint, tags.c.content
).select_from(contents.outerjoin(tags))
_TAGS = sa.select(tags)
_FIRST_CAPTURED = sa.select(
    captures.c.content, sa.func.min(captures.c.captured_at, type_=captures.c.captured_at.type)
).group_by(captures.c.content)


def add_contents(conn: Connection, shown: Sequence[Article]) -> list[Content]:
    """Return the rows of these contents, in order; insert those that are new."""
    texts = [article_to_json(article) for article in shown]
    digests = [hashed(text) for text in texts]
    found, tagged = _stored(conn, digests)
    fresh = {
        digest: (article, text)
        for digest, article, text in zip(digests, shown, texts, strict=True)
        if digest not in found
    }
    numbers = next_ids(conn, contents, len(fresh))
    rows = []
    for row, (digest, (article, text)) in zip(numbers, fresh.items(), strict=True):
        print_ = fingerprint(article)
        rows.append({"id": row, "digest": digest, "fingerprint": print_, "json": text})
        found[digest] = Content(row, print_, fresh=True)
    insert(conn, contents, rows)
    rows_shown = dict.fromkeys(found[digest].row for digest in digests)  # new, or shown again
    insert(conn, tags, [{"content": row} for row in rows_shown if row not in tagged])
    return [found[digest] for digest in digests]


def _stored(conn: Connection, digests: Sequence[bytes]) -> tuple[dict[bytes, Content], set[int]]:
    """Return the stored contents by digest, and the ids of those that have a row of tags."""
    rows = rows_at(conn, _STORED, contents.c.digest, digests)
    found = {row.digest: Content(row.id, row.fingerprint) for row in rows}
    return found, {row.id for row in rows if row.content is not None}


def tags_to_write(conn: Connection, observed: Sequence[TaggedObservation]) -> dict[int, Tags]:
    """Return the tags that replace those of contents, by row; call it before writing captures.

    New tags replace a content's tags where they have another version, or where they were made for
    an earlier capture than all before: a page without a date is tagged for the day of its capture,
    and the earliest capture counts, whichever was stored first.
    """
    if all(observation.tags is None for observation in observed):
        return {}
    rows = {observation.content for observation in observed}
    versions = {row.content: row.version for row in rows_at(conn, _TAGS, tags.c.content, rows)}
    earliest = _first_captured(conn, rows)
    new: dict[int, Tags] = {}
    for observation in observed:
        row, moment = observation.content, observation.captured_at
        is_first = row not in earliest or moment < earliest[row]
        if observation.tags is not None and (is_first or versions[row] != observation.tags.version):
            new[row] = observation.tags
            versions[row] = observation.tags.version
        if is_first:
            earliest[row] = moment
    return new


def _first_captured(conn: Connection, rows: set[int]) -> dict[int, datetime]:
    return {row[0]: row[1] for row in rows_at(conn, _FIRST_CAPTURED, captures.c.content, rows)}
