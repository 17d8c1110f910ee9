"""Decide again which of an article's captures are one article, after one of them was re-read.

When pages were stored, the outlet id and URL that our code read then decided which article they
are; newer code may read others. Captures that share an id or a URL, by their newest readings, are
one article, unless their texts have nothing in common. Captures that share none with the others
leave the article; those that share one with another article move there. Captures without an outlet
id stay until they are re-read: an alias, which no reading shows, may have assigned them.
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

Identifiers = set[tuple[str, str]]
"""Outlet ids and URLs: ("id" or "url", value)."""


@dataclass(frozen=True, slots=True)
class ObservedCapture:
    """A capture with the article that it shows. url: as requested."""

    capture: int
    url: str
    captured_at: datetime
    article: Article

    @property
    def identifiers(self) -> Identifiers:
        """Its outlet id and URLs; captures that share one may be the same article."""
        found = {("url", self.url), ("url", self.article.url)}
        return found | {("id", self.article.article_id)} if self.article.article_id else found


def regroup_captures(conn: Connection, id_: int, reread: int, denied: Identifiers) -> set[int]:
    """Split and merge articles after a new reading of a capture; return the articles that changed.

    id_: short id of the article that the capture showed before. reread: the capture, which shows
    its new content already, or none. denied: the identifiers that the capture had before; those
    that no other capture shows either no longer lead to the article.
    """
    observed = _observed(conn, id_)
    if not observed:
        return {id_}
    _release(conn, id_, observed[0].article.outlet, denied - _identifiers(observed))
    groups = _groups(observed)
    stays = max(groups, key=len)  # the earliest of the largest, so that most keep their short id
    changed = {id_}
    for group in groups:
        named = any(one.capture == reread or one.article.article_id for one in group)
        if group is not stays and named:
            changed.add(_leave(conn, id_, group, _identifiers(stays)))
    for capture in stays:
        if capture.capture == reread:
            changed.add(_follow(conn, stays, capture))
    return changed


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
    """Return the captures in groups that share identifiers, directly or through others.

    The groups are in the order of their first captures. observed: earliest first.
    """
    groups: list[tuple[Identifiers, list[ObservedCapture]]] = []
    for capture in observed:
        identifiers, members = set(capture.identifiers), [capture]
        apart = []
        for group in groups:
            shares = group[0] & capture.identifiers
            if shares and any(_may_be_one(capture, member) for member in group[1]):
                identifiers |= group[0]
                members += group[1]
            else:
                apart.append(group)
        groups = [*apart, (identifiers, members)]
    found = [sorted(members, key=_age) for _, members in groups]
    return sorted(found, key=lambda group: _age(group[0]))


def _may_be_one(one: ObservedCapture, other: ObservedCapture) -> bool:
    """Return False for captures of different URLs whose texts are unrelated."""
    return one.url == other.url or not are_unrelated(one.article, other.article)


def _age(one: ObservedCapture) -> tuple[datetime, int]:
    return one.captured_at, one.capture


def _identifiers(group: Iterable[ObservedCapture]) -> Identifiers:
    return {identifier for capture in group for identifier in capture.identifiers}


def _release(conn: Connection, id_: int, outlet: str, identifiers: Identifiers) -> None:
    ids = [value for kind, value in identifiers if kind == "id"]
    urls = [value for kind, value in identifiers if kind == "url"]
    release(conn, id_, outlet, ids, urls)


def _leave(
    conn: Connection, id_: int, group: Collection[ObservedCapture], kept: Identifiers
) -> int:
    """Move captures to the article that they show, or to a new one; return its short id.

    kept: the identifiers of the captures that stay. Captures that share one leave because their
    texts are unrelated; they become an article to which only the requested URLs lead.
    """
    first, identifiers = next(iter(group)), _identifiers(group)
    _release(conn, id_, first.article.outlet, identifiers - kept)
    apart = bool(identifiers & kept)
    found = (find_article(conn, one.article, (one.url,)).article for one in group if not apart)
    target = next((known for known in found if known is not None), None)
    if target is None:
        target = add_article(conn, first.captured_at, first.article)
    _assign(conn, target, group, apart=apart)
    return target


def _follow(conn: Connection, group: Collection[ObservedCapture], reread: ObservedCapture) -> int:
    """Move captures to the article that the re-read one now belongs to; return its short id."""
    target = find_article(conn, reread.article, (reread.url,)).article
    own = sa.select(captures.c.article).where(captures.c.id == reread.capture)
    left = conn.execute(own).scalar_one()  # loaded again: `find_article` may have merged articles
    if target is None or target == left:
        _assign(conn, left, [reread])
        return int(left)
    _assign(conn, target, group)
    remaining = sa.select(captures.c.id).where(captures.c.article == left).limit(1)
    if conn.execute(remaining).first() is None:  # its short id must redirect to the target
        return join(conn, left, target)
    return target


def _assign(
    conn: Connection, target: int, group: Collection[ObservedCapture], *, apart: bool = False
) -> None:
    rows = [capture.capture for capture in group]
    conn.execute(sa.update(captures).where(captures.c.id.in_(rows)).values(article=target))
    for capture in group:
        claim(conn, target, capture.article, (capture.url,), apart=apart)
