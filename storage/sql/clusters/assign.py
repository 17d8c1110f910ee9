"""Assign articles to clusters, earliest first; `storage.sql.clusters.cluster` states the rule."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from sqlalchemy import Connection

from storage.dedup.similarity import Reason, Similarity
from storage.sql.clusters.candidates import (
    CopyCandidate,
    find_candidates,
    holders,
)
from storage.sql.clusters.compare import Texts
from storage.sql.clusters.parents import ParentLink, Parents
from storage.sql.clusters.signatures import Hashes, load_signatures

MIN_CONTAINMENT = 0.75
"""Part of the shorter text that copies share which neither mix two stories nor lack much."""

_COMPARED = 16  # candidates an article is compared with, those that share most first
_NEAR_IDENTICAL = 8  # hashes that near-identical texts share at least
_PATIENCE = 5  # times an article is assigned in one round: two could change places for ever
_ASKED = 3  # copies of a source that a new one is compared with
_SOME = 0.2  # part of the shorter text that two copies of one story share at least
_READ_AHEAD = 3  # candidates whose texts are read before they are asked for
_A_SERIES = 3  # look-alikes whose figures disagree make a series


@dataclass
class ClusterAssigner:
    """One round of assigning articles to clusters, earliest first."""

    conn: Connection
    texts: Texts
    hashes: dict[int, Hashes]
    candidates: dict[int, list[CopyCandidate]] = field(default_factory=dict)
    asked: Counter[int] = field(default_factory=Counter)
    parents: Parents = field(init=False)

    def __post_init__(self) -> None:
        self.parents = Parents(self.conn)

    def assign_clusters(self, dirty: Collection[int]) -> None:
        """Assign `dirty` and the articles that this affects, and write the result.

        dirty: articles without a parent. Most resemble no other, and keep none.
        """
        self.look_up(dirty)
        queue = [self.parents.moments[id_] for id_ in dirty if self.candidates[id_]]
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
                    heappush(queue, self.parents.moments[one])
                else:
                    self.parents.replace(one, None)
        self.parents.write()
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
        if parent and (parent[0] in concerned or id_ in self.parents.chain(parent[0])):
            self.parents.replace(parent[0], None)  # the two change places
            concerned = concerned | {parent[0]}
        self.parents.replace(id_, parent)
        return concerned

    def _choose(self, id_: int) -> tuple[ParentLink | None, dict[int, Similarity]]:
        """Return an article's parent, if any, and what the article was compared with."""
        now, found = self.parents.moments[id_], dict[int, Similarity]()
        nearby = {
            one.article: one.shared
            for one in self.candidates[id_]
            if one.article in self.parents.moments
        }
        sources: dict[int, int] = {}
        for one, shared in nearby.items():
            source = self.parents.source(one)
            if source != id_ and source in self.parents.moments:
                sources.setdefault(source, shared)
        self._compare(
            id_, {one: sources[one] for one in sources if self.parents.moments[one] < now}, found
        )
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
            source = self.parents.source(one)
            competing.setdefault(one if source == id_ else source, one)
        return competing

    def _second(self, id_: int, sources: Iterable[int], found: dict[int, Similarity]) -> None:
        """Let a source's copies also say how much of an article is in its cluster.

        Two copies of one story that both changed much resemble each other less than a third, and
        one of them may be the source.
        """
        for source in sources:
            like = found[source]
            little = like.reason is Reason.LITTLE and like.similarity >= _SOME
            if not little and not (like.is_copy and like.similarity < MIN_CONTAINMENT):
                continue
            copied = [
                one.article
                for one in self.candidates[id_]
                if self.parents.source(one.article) == source
            ]
            others = [one for one in copied if one not in (id_, source)][:_ASKED]
            self.texts.load([id_, *others])
            likes = [self.texts.compare(id_, one) for one in others]
            if seconds := [one.shared for one in likes if one.is_copy]:
                shared = max(like.shared, *seconds)
                found[source] = replace(like, reason=Reason.COPY, shared=shared)

    def _first_alike(self, sources: Sequence[int]) -> int:
        """Return the earliest of the sources, best first, that share text with the best."""
        alike = [one for one in sources[1:] if self._share_text(one, sources[0])]
        return min([sources[0], *alike], key=lambda one: self.parents.moments[one])

    def _share_text(self, one: int, other: int) -> bool:
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
        elsewhere = {one for one in others if self.parents.source(one) not in (one, id_, source)}
        later = {
            one
            for one in others - elsewhere
            if self.parents.moments[one] > self.parents.moments[source]
        }
        seconded = {
            one for one in later if not self.parents.get(one) and self._share_text(one, source)
        }
        return self.parents.copies_of(id_) | elsewhere | seconded

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
        return sorted(matches, key=lambda one: (-found[one].shared, self.parents.moments[one]))

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
        copied = sorted(self.parents.copies_of(source) - {id_})[:_ASKED]
        self.texts.load(copied)
        likes = (self.texts.compare(id_, one).similarity for one in copied)
        return not copied or any(similarity >= _SOME for similarity in likes)

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
        self.parents.load(nearby)
        sources = {one: self.parents.source(one) for one in nearby}
        self.candidates |= {id_: find_candidates(id_, self.hashes, known, sources) for id_ in fresh}
        alike = [id_ for id_ in fresh if self.candidates[id_]]
        self.parents.load(
            {sources[one.article] for id_ in alike for one in self.candidates[id_]}.union(alike)
        )
        self.texts.load(self._first_compared(alike))

    def _first_compared(self, ids: Iterable[int]) -> Iterator[int]:
        """Yield those that are compared in most cases, so that one statement reads them all."""
        for id_ in ids:
            nearby = [
                one.article for one in self.candidates[id_] if one.article in self.parents.moments
            ]
            if nearby:
                yield id_
            yield from list(dict.fromkeys(map(self.parents.source, nearby)))[:_READ_AHEAD]
            yield from nearby[:_READ_AHEAD]
