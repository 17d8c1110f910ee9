"""Which articles are copies of which: kept true in the transaction that writes them.

    rule   Go through all articles in order of publication. Each becomes a copy of the source that
           it is most like, among the sources before it that it is a copy of; where there is none
           it is a source itself.

Copies hang on sources only, never on copies, so that a cluster does not grow by chains. What the
rule gives does not depend on the order of storing: an article that arrives, changes or goes makes
only those later ones be asked again that it is a match for, or that hung on it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.matching import Likeness
from storage.model import Article, Stored, Verdict
from storage.signature import signature
from storage.sql_likeness import Texts, latest_texts
from storage.sql_open import lock
from storage.sql_rows import insert, rows_at
from storage.sql_sketches import (
    Candidate,
    Hashes,
    candidates,
    load_signatures,
    write_signatures,
)
from storage.sql_types import in_parts
from storage.tables import articles
from storage.tables_clusters import common_lines, copies

_COMPARED = 16  # candidates an article is compared with, those that share most first
_NEAR_IDENTICAL = 8  # hashes that near-identical texts share at least
_MOST = 0.75  # part of the longer text: then it is the same story throughout
_ASKED = 3  # copies of a source that a new one is compared with
_SOME = 0.2  # part of the shorter text that two copies of one story share at least
_BATCH = 500  # articles a step
_READ_AHEAD = 3  # candidates whose texts are read before they are asked for
_A_SERIES = 3  # look-alikes whose figures disagree make a series

Moment = tuple[datetime, str, int]
"""An article's place in the order of publication; URL and id only break ties."""


def cluster_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Work out anew of what these articles are copies, and what is a copy of them.

    latest: by short id, what the article's newest revision says, which is written already; None
    where it is no article today or about to be deleted.
    """
    hashes = {id_: signature(article) if article else None for id_, article in latest.items()}
    # Two copies stored at once by two processes would not see each other. The lock comes after
    # those of the outlets and nothing is locked after it, so no two wait for each other.
    lock(conn, "clusters")
    write_signatures(conn, hashes)
    loose = _detach(conn, list(latest))
    texts = {id_: article for id_, article in latest.items() if article}
    _Settling(conn, Texts(conn, texts), {i: h for i, h in hashes.items() if h}).settle(
        {id_ for id_, held in hashes.items() if held} | (loose - latest.keys())
    )


def forget_article(conn: Connection, id_: int) -> None:
    """Take away all that stands here of an article whose row is about to be deleted."""
    cluster_articles(conn, {id_: None})
    conn.execute(sa.delete(common_lines).where(common_lines.c.article == id_))


def with_sources(conn: Connection, answers: Sequence[Stored]) -> list[Stored]:
    """Return answers that say of new articles what they are copies of."""
    new = [one.id for one in answers if one.verdict is Verdict.NEW and one.id is not None]
    found = {
        row.article: row.source for row in rows_at(conn, sa.select(copies), copies.c.article, new)
    }
    return [replace(one, copy_of=found.get(one.id or 0)) if found else one for one in answers]


def cluster_all(conn: Connection) -> None:
    """Work out the copies among all stored articles, a few hundred at a time, for a migration."""
    last = 0
    while True:
        query = sa.select(articles.c.id).where(articles.c.id > last).order_by(articles.c.id)
        ids = list(conn.execute(query.limit(_BATCH)).scalars())
        if not ids:
            return
        cluster_articles(conn, latest_texts(conn, ids))
        last = ids[-1]


def _detach(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Take these articles out of their clusters; return the copies that hung on them."""
    loose: set[int] = set()
    for part in in_parts(ids):
        touched = copies.c.article.in_(part) | copies.c.source.in_(part)
        found = list(conn.execute(sa.select(copies.c.article).where(touched)).scalars())
        if found:
            conn.execute(sa.delete(copies).where(copies.c.article.in_(found)))
            loose.update(found)
    return loose


@dataclass
class _Settling:
    """One round of asking articles, earliest first, what they are copies of."""

    conn: Connection
    texts: Texts
    hashes: dict[int, Hashes]
    near: dict[int, list[Candidate]] = field(default_factory=dict)
    moments: dict[int, Moment] = field(default_factory=dict)
    held: dict[int, tuple[int, float] | None] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)

    def settle(self, dirty: Collection[int]) -> None:
        """Ask `dirty`, and whom that concerns, and write what came out."""
        self._look_up(dirty)
        queue = [self.moments[id_] for id_ in dirty]
        heapify(queue)
        waiting = set(dirty)
        while queue:
            id_ = heappop(queue)[-1]
            waiting.discard(id_)
            concerned = self._ask(id_) - waiting
            waiting |= concerned
            self._look_up(concerned)
            for one in concerned:
                heappush(queue, self.moments[one])
        self._write()
        self.texts.write_common()

    def _ask(self, id_: int) -> set[int]:
        """Make an article a copy or a source; return the later ones that must be asked again."""
        now = self.moments[id_]
        nearby = {one.article: one.shared for one in self.near[id_] if one.article in self.moments}
        sources: dict[int, int] = {}
        for one, shared in nearby.items():
            sources.setdefault(self._source(one), shared)
        earlier = {one: sources[one] for one in sources if self.moments[one] < now}
        found = self._compare(id_, earlier)
        matches = [one for one, like in found.items() if like.is_copy]
        for one in sorted(matches, key=lambda one: (-found[one].shared, self.moments[one])):
            if self._fits(id_, one, found[one]):
                self._set(id_, (one, found[one].similarity))
                return self._copies_of(id_)
        self._set(id_, None)
        later = {one: nearby[one] for one in nearby if self.moments[one] > now}
        return {one for one, like in self._compare(id_, later).items() if like.is_copy}

    def _compare(self, id_: int, others: Mapping[int, int]) -> dict[int, Likeness]:
        """Compare with others, of which the hashes they share are known, most first."""
        found: dict[int, Likeness] = {}
        for one, shared in list(others.items())[:_COMPARED]:
            in_series = sum(like.looks_alike for like in found.values()) >= _A_SERIES
            if in_series and shared < _NEAR_IDENTICAL:
                break
            self.texts.load([id_, one])
            found[one] = self.texts.compare(id_, one)
        if sum(like.looks_alike for like in found.values()) < _A_SERIES:
            return found
        copied = [one for one, like in found.items() if like.is_copy]
        return found | {one: self.texts.compare(id_, one, in_series=True) for one in copied}

    def _fits(self, id_: int, source: int, like: Likeness) -> bool:
        """True unless an article shares only that part with the source that its copies do not.

        A source may hold two stories, or quote another in full; it must not make them one.
        """
        if like.of_longer >= _MOST:
            return True
        copied = sorted(self._copies_of(source) - {id_})[:_ASKED]
        self.texts.load(copied)
        likes = (self.texts.compare(id_, one).similarity for one in copied)
        return not copied or any(similarity >= _SOME for similarity in likes)

    def _source(self, id_: int) -> int:
        while held := self.held.get(id_):
            id_ = held[0]
        return id_

    def _set(self, id_: int, held: tuple[int, float] | None) -> None:
        if self.held.get(id_) != held:
            self.changed.add(id_)
        self.held[id_] = held

    def _copies_of(self, id_: int) -> set[int]:
        """Return the copies that hang on an article which is now a copy itself."""
        stored = sa.select(copies.c.article).where(copies.c.source == id_)
        every = set(self.conn.execute(stored).scalars()) - self.held.keys()
        return every | {one for one, held in self.held.items() if held and held[0] == id_}

    def _look_up(self, ids: Collection[int]) -> None:
        """Read what is needed to ask `ids`: candidates, their sources, and all their moments."""
        fresh = [id_ for id_ in ids if id_ not in self.near]
        if not fresh:
            return
        unknown = [id_ for id_ in fresh if id_ not in self.hashes]
        self.hashes |= load_signatures(self.conn, unknown)
        self.near |= candidates(self.conn, {id_: self.hashes[id_] for id_ in fresh})
        nearby = {one.article for id_ in fresh for one in self.near[id_]}.union(fresh)
        self._load_sources(nearby - self.held.keys())
        every = nearby | {self._source(one) for one in nearby}
        self._load_moments(every - self.moments.keys())
        self.texts.load(self._first_compared(fresh))

    def _first_compared(self, ids: Iterable[int]) -> Iterator[int]:
        """Yield those that are compared in most cases, so that one statement reads them all."""
        for id_ in ids:
            nearby = [one.article for one in self.near[id_] if one.article in self.moments]
            if nearby:
                yield id_
            yield from list(dict.fromkeys(map(self._source, nearby)))[:_READ_AHEAD]
            yield from nearby[:_READ_AHEAD]

    def _load_sources(self, ids: Iterable[int]) -> None:
        wanted = list(ids)
        rows = rows_at(self.conn, sa.select(copies), copies.c.article, wanted)
        found = {row.article: (row.source, row.similarity) for row in rows}
        self.held |= {id_: found.get(id_) for id_ in wanted}

    def _load_moments(self, ids: Iterable[int]) -> None:
        query = sa.select(articles.c.id, articles.c.sort_at, articles.c.url)
        shown = query.where(articles.c.sort_at.is_not(None))
        for row in rows_at(self.conn, shown, articles.c.id, ids):
            self.moments[row.id] = (row.sort_at, row.url, row.id)

    def _write(self) -> None:
        if not self.changed:
            return
        for part in in_parts(sorted(self.changed)):
            self.conn.execute(sa.delete(copies).where(copies.c.article.in_(part)))
        rows = [
            {"article": id_, "source": held[0], "similarity": held[1]}
            for id_ in sorted(self.changed)
            if (held := self.held[id_]) is not None
        ]
        insert(self.conn, copies, rows)
