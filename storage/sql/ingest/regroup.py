"""Which of an article's captures are one article, decided again after one of them was re-read.

When pages were stored, what our code of that day read as their id and URL said which article they
are; newer code may read another. Captures that share an id or a URL, by their newest readings,
are one article, unless their texts have nothing in common; those that share none with the others
leave, and those that share one with another article go there. Captures without any outlet id stay
where they are until they are re-read: an alias, which no reading shows, may be what made them one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.dedup.similarity import are_unrelated
from storage.model.articles import Article
from storage.sql.ingest.batch import add_article
from storage.sql.ingest.identity import claim, find_article, join, release
from storage.sql.schema.core import captures, contents

Marks = set[tuple[str, str]]
"""Outlet ids and URLs: ("id" or "url", value)."""


@dataclass(frozen=True, slots=True)
class ObservedCapture:
    """A capture with what it shows."""

    capture: int
    url: str
    captured_at: datetime
    article: Article

    @property
    def marks(self) -> Marks:
        """What makes it the same article as another capture."""
        found = {("url", self.url), ("url", self.article.url)}
        return found | {("id", self.article.article_id)} if self.article.article_id else found


def regroup_captures(conn: Connection, id_: int, reread: int, denied: Marks) -> set[int]:
    """Part and join what the new reading of a capture says; return the articles it concerns.

    id_: short id of the article that the capture showed before. reread: the capture, which shows
    its new content already, or none. denied: what the capture was known by before; where no other
    capture shows it either, it no longer leads to the article.
    """
    observed = _observed(conn, id_)
    if not observed:
        return {id_}
    _release(conn, id_, observed[0].article.outlet, denied - _marks_of(observed))
    groups = _groups(observed)
    stays = max(groups, key=len)  # the earliest of the largest: so most keep their short id
    concerned = {id_}
    for group in groups:
        named = any(one.capture == reread or one.article.article_id for one in group)
        if group is not stays and named:
            concerned.add(_leave(conn, id_, group, _marks_of(stays)))
    for one in stays:
        if one.capture == reread:
            concerned.add(_follow(conn, stays, one))
    return concerned


def _observed(conn: Connection, id_: int) -> list[ObservedCapture]:
    query = (
        sa.select(
            captures.c.id,
            captures.c.url,
            captures.c.captured_at,
            captures.c.version,
            contents.c.json,
        )
        .select_from(captures.join(contents))
        .where(captures.c.article == id_)
        .order_by(captures.c.captured_at, captures.c.id)
    )
    return [
        ObservedCapture(row.id, row.url, row.captured_at, article_from_json(row.json, row.version))
        for row in conn.execute(query)
    ]


def _groups(observed: Iterable[ObservedCapture]) -> list[list[ObservedCapture]]:
    """Return the captures in groups that share marks, directly or through others.

    In order of their first captures; observed: earliest first.
    """
    groups: list[tuple[Marks, list[ObservedCapture]]] = []
    for one in observed:
        marks, members = set(one.marks), [one]
        apart = []
        for other in groups:
            if other[0] & one.marks and any(_may_be_one(one, member) for member in other[1]):
                marks |= other[0]
                members += other[1]
            else:
                apart.append(other)
        groups = [*apart, (marks, members)]
    found = [sorted(members, key=_age) for _, members in groups]
    return sorted(found, key=lambda group: _age(group[0]))


def _may_be_one(one: ObservedCapture, other: ObservedCapture) -> bool:
    """Return False where only an id or URL joins two captures whose texts are unrelated."""
    return one.url == other.url or not are_unrelated(one.article, other.article)


def _age(one: ObservedCapture) -> tuple[datetime, int]:
    return one.captured_at, one.capture


def _marks_of(group: Iterable[ObservedCapture]) -> Marks:
    return {mark for one in group for mark in one.marks}


def _release(conn: Connection, id_: int, outlet: str, marks: Marks) -> None:
    ids = [value for kind, value in marks if kind == "id"]
    urls = [value for kind, value in marks if kind == "url"]
    release(conn, id_, outlet, ids, urls)


def _leave(conn: Connection, id_: int, group: Collection[ObservedCapture], kept: Marks) -> int:
    """Give captures to the article that theirs is, or to a new one; return its short id.

    kept: what the captures that stay are known by. Captures that share it leave because their
    texts are unrelated, and are an article that only their addresses lead to.
    """
    first, marks = next(iter(group)), _marks_of(group)
    _release(conn, id_, first.article.outlet, marks - kept)
    apart = bool(marks & kept)
    found = (find_article(conn, one.article, (one.url,)).article for one in group if not apart)
    target = next((known for known in found if known is not None), None)
    if target is None:
        target = add_article(conn, first.captured_at, first.article)
    _give(conn, target, group, apart=apart)
    return target


def _follow(conn: Connection, group: Collection[ObservedCapture], reread: ObservedCapture) -> int:
    """Let an article be the one that a capture now says it is; return its short id."""
    target = find_article(conn, reread.article, (reread.url,)).article
    own = sa.select(captures.c.article).where(captures.c.id == reread.capture)
    left = conn.execute(own).scalar_one()  # asked again: finding may have joined articles
    if target is None or target == left:
        _give(conn, left, [reread])
        return int(left)
    _give(conn, target, group)
    shown = sa.select(captures.c.id).where(captures.c.article == left).limit(1)
    if conn.execute(shown).first() is None:  # then its short id leads to the other from now on
        return join(conn, left, target)
    return target


def _give(
    conn: Connection, target: int, group: Collection[ObservedCapture], *, apart: bool = False
) -> None:
    rows = [one.capture for one in group]
    conn.execute(sa.update(captures).where(captures.c.id.in_(rows)).values(article=target))
    for one in group:
        claim(conn, target, one.article, (one.url,), apart=apart)
