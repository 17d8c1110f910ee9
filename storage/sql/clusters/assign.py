"""Assign articles to clusters, earliest first; `storage.sql.clusters.cluster` states the rule."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.similarity import Reason, Similarity
from storage.sql.clusters.candidates import (
    CopyCandidate,
    Hashes,
    find_candidates,
    holders,
    load_signatures,
)
from storage.sql.clusters.compare import Texts
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles
from storage.sql.schema.types import in_parts

MIN_CONTAINMENT = 0.75
"""Part of the shorter text that copies share which neither mix two stories nor lack much."""

_COMPARED = 16  # candidates an article is compared with, those that share most first
_NEAR_IDENTICAL = 8  # hashes that near-identical texts share at least
_PATIENCE = (
    5  # times an article is assigned in one round; with more, two would go on changing places
)
_ASKED = 3  # copies of a source that a new one is compared with
_SOME = 0.2  # part of the shorter text that two copies of one story share at least
_READ_AHEAD = 3  # candidates whose texts are read before they are asked for
_A_SERIES = 3  # look-alikes whose figures disagree make a series

_ROWS = sa.select(
    articles.c.id, articles.c.sort_at, articles.c.url, copies.c.source, copies.c.similarity
).select_from(articles.outerjoin(copies, copies.c.article == articles.c.id))

Moment = tuple[datetime, str, int]
"""An article's sort key in order of publication; URL and id only break ties."""

ParentLink = tuple[int, float]
"""The source that an article is a copy of, and their similarity."""


@dataclass
class ClusterAssigner:
    """One round of assigning articles to clusters, earliest first."""

    conn: Connection
    texts: Texts
    hashes: dict[int, Hashes]
    candidates: dict[int, list[CopyCandidate]] = field(default_factory=dict)
    moments: dict[int, Moment] = field(default_factory=dict)
    parents: dict[int, ParentLink | None] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    asked: Counter[int] = field(default_factory=Counter)

    def assign_clusters(self, dirty: Collection[int]) -> None:
        """Assign `dirty` and the articles that this affects, and write the result.

        dirty: articles without a parent. Most resemble no other, and keep none.
        """
        self.look_up(dirty)
        queue = [self.moments[id_] for id_ in dirty if self.candidates[id_]]
        heapify(queue)
        waiting = {moment[-1] for moment in queue}
        while queue:
            id_ = heappop(queue)[-1]
            waiting.discard(id_)
            concerned = self._ask(id_) - waiting
            waiting |= concerned
            self.look_up(concerned)
            for one in concerned:
                if self.candidates[one]:
                    heappush(queue, self.moments[one])
                else:
                    self._set(one, None)
        self._write()
        self.texts.write_common()

    def _ask(self, id_: int) -> set[int]:
        """Make an article a copy or a source; return those that must be assigned again."""
        before, again = self.parents.get(id_), id_ in self.asked
        self.asked[id_] += 1
        if self.asked[id_] > _PATIENCE:
            return set()
        parent, found = self._choose(id_)
        if again and parent == before:
            return set()
        concerned = self._follow(id_, parent[0], found) if parent else set(self._best_first(found))
        if parent and (parent[0] in concerned or id_ in self._chain(parent[0])):
            self._set(parent[0], None)  # the two change places
            concerned = concerned | {parent[0]}
        self._set(id_, parent)
        return concerned

    def _choose(self, id_: int) -> tuple[ParentLink | None, dict[int, Similarity]]:
        """Return an article's parent, if any, and what the article was compared with."""
        now, found = self.moments[id_], dict[int, Similarity]()
        nearby = {
            one.article: one.shared for one in self.candidates[id_] if one.article in self.moments
        }
        sources: dict[int, int] = {}
        for one, shared in nearby.items():
            source = self._source(one)
            if source != id_ and source in self.moments:
                sources.setdefault(source, shared)
        self._compare(id_, {one: sources[one] for one in sources if self.moments[one] < now}, found)
        self._second(id_, list(found), found)
        earlier = [one for one in self._best_first(found) if self._fits(id_, one, found[one])]
        if earlier and self._covers(id_, found[earlier[0]]):
            return self._parent(self._first_alike(earlier), found), found
        asked = list(found)
        self._compare(id_, sources | nearby, found)
        self._second(id_, (sources.keys() & found.keys()).difference(asked), found)
        competing = self._competing_sources(id_, found)
        covered = any(self._covers(id_, found[one]) for one in competing.values())
        if not covered and self._are_two_stories(list(competing.values())):
            source, best = next(iter(competing.items()))
            return (source, found[best].similarity), found
        return (self._parent(self._first_alike(earlier), found) if earlier else None), found

    def _covers(self, id_: int, like: Similarity) -> bool:
        """True where hardly anything of an article is not in what it was compared with."""
        return like.shared >= MIN_CONTAINMENT * self.texts.size(id_)

    def _competing_sources(self, id_: int, found: Mapping[int, Similarity]) -> dict[int, int]:
        """Return, by source, the article of each cluster that is most similar, best first.

        The article's own copies count one by one: they may belong to several stories.
        """
        competing: dict[int, int] = {}
        for one in self._best_first(found):
            source = self._source(one)
            competing.setdefault(one if source == id_ else source, one)
        return competing

    def _second(self, id_: int, sources: Iterable[int], found: dict[int, Similarity]) -> None:
        """Let a source's copies also say how much of an article stands in its cluster.

        Two copies of one story that both changed much resemble each other less than a third, and
        one of them may be the source.
        """
        for source in sources:
            like = found[source]
            little = like.reason is Reason.LITTLE and like.similarity >= _SOME
            if not little and not (like.is_copy and like.similarity < MIN_CONTAINMENT):
                continue
            copied = [
                one.article for one in self.candidates[id_] if self._source(one.article) == source
            ]
            others = [one for one in copied if one not in (id_, source)][:_ASKED]
            self.texts.load([id_, *others])
            likes = [self.texts.compare(id_, one) for one in others]
            if seconds := [one.shared for one in likes if one.is_copy]:
                shared = max(like.shared, *seconds)
                found[source] = replace(like, reason=Reason.COPY, shared=shared)

    def _first_alike(self, sources: Sequence[int]) -> int:
        """Return the earliest of the sources, best first, that share text with the best."""
        alike = [one for one in sources[1:] if self._tell_one_story(one, sources[0])]
        return min([sources[0], *alike], key=lambda one: self.moments[one])

    def _tell_one_story(self, one: int, other: int) -> bool:
        """True for sources that have something in common, though too little to be copies."""
        self.texts.load([one, other])
        like = self.texts.compare(one, other)
        return like.reason is Reason.LITTLE and like.similarity >= _SOME

    def _follow(self, id_: int, source: int, found: Mapping[int, Similarity]) -> set[int]:
        """Return what has to be assigned again where an article becomes a copy.

        These are its own copies, the sources that it now links to its parent, and similar
        articles with another parent.
        """
        others = {one for one, like in found.items() if like.is_copy} - {id_, source}
        elsewhere = {one for one in others if self._source(one) not in (one, id_, source)}
        later = {one for one in others - elsewhere if self.moments[one] > self.moments[source]}
        seconded = {
            one for one in later if not self.parents.get(one) and self._tell_one_story(one, source)
        }
        return self._copies_of(id_) | elsewhere | seconded

    def _are_two_stories(self, competing: Sequence[int]) -> bool:
        """True where any of these, best first, has nothing in common with the first."""
        self.texts.load(competing)
        others = (self.texts.compare(competing[0], one).similarity for one in competing[1:])
        return any(similarity < _SOME for similarity in others)

    @staticmethod
    def _parent(source: int, found: Mapping[int, Similarity]) -> ParentLink:
        return source, found[source].similarity

    def _best_first(self, found: Mapping[int, Similarity]) -> list[int]:
        matches = [one for one, like in found.items() if like.is_copy]
        return sorted(matches, key=lambda one: (-found[one].shared, self.moments[one]))

    def _compare(self, id_: int, others: Mapping[int, int], found: dict[int, Similarity]) -> None:
        """Add to `found` others, of which the hashes they share are known, most first."""
        for one, shared in list(others.items())[:_COMPARED]:
            in_series = sum(like.looks_alike for like in found.values()) >= _A_SERIES
            if in_series and shared < _NEAR_IDENTICAL:
                break
            if one not in found:
                self.texts.load([id_, one])
                found[one] = self.texts.compare(id_, one)
        if sum(like.looks_alike for like in found.values()) >= _A_SERIES:
            for one in [one for one, like in found.items() if like.is_copy]:
                found[one] = self.texts.compare(id_, one, in_series=True)

    def _fits(self, id_: int, source: int, like: Similarity) -> bool:
        """True unless an article shares only that part with the source that its copies do not.

        A source may hold two stories, or quote another in full; it must not make them one.
        """
        if like.of_longer >= MIN_CONTAINMENT:
            return True
        copied = sorted(self._copies_of(source) - {id_})[:_ASKED]
        self.texts.load(copied)
        likes = (self.texts.compare(id_, one).similarity for one in copied)
        return not copied or any(similarity >= _SOME for similarity in likes)

    def _source(self, id_: int) -> int:
        """Return the root of an article's parents: itself where it has none."""
        return [id_, *self._chain(id_)][-1]

    def _chain(self, id_: int) -> Iterator[int]:
        """Yield an article's parent, that one's, and so on: within a round there are chains."""
        passed = {id_}
        while True:
            if id_ not in self.parents:  # chains grow beyond what was looked up
                self._load_rows({id_})
            parent = self.parents.get(id_)
            if parent is None:
                return
            id_ = parent[0]
            if id_ in passed:  # an error rolls back; a loop would keep all other writers waiting
                raise AssertionError(f"article {id_} is its own ancestor")
            passed.add(id_)
            yield id_

    def _set(self, id_: int, parent: ParentLink | None) -> None:
        if self.parents.get(id_) != parent:
            self.changed.add(id_)
        self.parents[id_] = parent

    def _copies_of(self, id_: int) -> set[int]:
        """Return the copies of an article which is now a copy itself."""
        stored = sa.select(copies.c.article).where(copies.c.source == id_)
        every = set(self.conn.execute(stored).scalars()) - self.parents.keys()
        return every | {one for one, parent in self.parents.items() if parent and parent[0] == id_}

    def look_up(self, ids: Collection[int]) -> None:
        """Read what `ids` are assigned by: candidates, their sources, and all their moments."""
        fresh = [id_ for id_ in ids if id_ not in self.candidates]
        if not fresh:
            return
        unknown = [id_ for id_ in fresh if id_ not in self.hashes]
        self.hashes |= load_signatures(self.conn, unknown)
        self.hashes |= {id_: () for id_ in fresh if id_ not in self.hashes}
        known = holders(self.conn, (hash_ for id_ in fresh for hash_ in self.hashes[id_]))
        nearby = {one for of_hash in known.values() if len(of_hash) > 1 for one in of_hash}
        self.hashes |= load_signatures(self.conn, nearby - self.hashes.keys())
        self._load_rows(nearby)
        sources = {one: self._source(one) for one in nearby}
        self.candidates |= {id_: find_candidates(id_, self.hashes, known, sources) for id_ in fresh}
        alike = [id_ for id_ in fresh if self.candidates[id_]]
        self._load_rows(
            {sources[one.article] for id_ in alike for one in self.candidates[id_]}.union(alike)
        )
        self.texts.load(self._first_compared(alike))

    def _first_compared(self, ids: Iterable[int]) -> Iterator[int]:
        """Yield those that are compared in most cases, so that one statement reads them all."""
        for id_ in ids:
            nearby = [one.article for one in self.candidates[id_] if one.article in self.moments]
            if nearby:
                yield id_
            yield from list(dict.fromkeys(map(self._source, nearby)))[:_READ_AHEAD]
            yield from nearby[:_READ_AHEAD]

    def _load_rows(self, ids: set[int]) -> None:
        """Read when articles were published, and their parents."""
        for row in rows_at(self.conn, _ROWS, articles.c.id, ids - self.parents.keys()):
            self.parents[row.id] = (row.source, row.similarity) if row.source else None
            if row.sort_at is not None:
                self.moments[row.id] = (row.sort_at, row.url, row.id)

    def _write(self) -> None:
        if not self.changed:
            return
        for part in in_parts(sorted(self.changed)):
            self.conn.execute(sa.delete(copies).where(copies.c.article.in_(part)))
        rows = [
            {"article": id_, "source": parent[0], "similarity": parent[1]}
            for id_ in sorted(self.changed)
            if (parent := self.parents[id_]) is not None
        ]
        insert(self.conn, copies, rows)
