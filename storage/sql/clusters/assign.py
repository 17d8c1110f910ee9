"""Assign articles to clusters; docs/clusters.md states the rule."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from storage.dedup.similarity import MOST, Similarity
from storage.sql.clusters.candidates import CopyCandidate, find_candidates, holders
from storage.sql.clusters.compare import Texts
from storage.sql.clusters.membership import Membership
from storage.sql.clusters.signatures import Hashes, load_signatures

_COMPARED = 16  # candidates an article is compared with, those that share most first
_NEAR_IDENTICAL = 8  # hashes that near-identical texts share at least
_ASKED = 3  # articles of a cluster that a new one is compared with besides
_SOME = 0.2  # part of the shorter text that two articles of one story share at least
_READ_AHEAD = 3  # candidates whose texts are read before they are asked for
_A_SERIES = 3  # look-alikes whose figures disagree make a series

Similarities = dict[int, Similarity]


@dataclass
class ClusterAssigner:
    """One round of assigning articles to clusters."""

    conn: Connection
    texts: Texts
    hashes: dict[int, Hashes]
    candidates: dict[int, list[CopyCandidate]] = field(default_factory=dict)
    membership: Membership = field(init=False)

    def __post_init__(self) -> None:
        self.membership = Membership(self.conn)

    def assign_clusters(self, loose: Collection[int]) -> None:
        """Assign articles that are in no cluster, in order of publication, and write the result.

        Those that resemble one of them and are in another cluster are assigned again, once.
        """
        self.look_up(loose)
        alike = [id_ for id_ in loose if self.candidates[id_]]
        self.membership.load_alone(alike)
        queue = sorted(self.membership.moments[id_] for id_ in alike)
        waiting = set(alike)
        for *_, id_ in queue:
            waiting.discard(id_)
            elsewhere = self._assign(id_, waiting)
            self.look_up(elsewhere)
            for one in elsewhere:
                self.membership.leave(one)
                self._assign(one, waiting)
        self.membership.write(self.texts)
        self.texts.write_common()

    def _assign(self, id_: int, waiting: Collection[int]) -> list[int]:
        """Put an article that is alone in a cluster; return what it is tied to in others."""
        found = self._compare_all(id_, waiting)
        ties = self._best_first(found)
        nearest: dict[int, int] = {}
        for one in ties:
            nearest.setdefault(self.membership.source(one), one)
        fitting = [one for source, one in nearest.items() if self._fits(id_, source, one, found)]
        for one in fitting[1:]:
            if self._share_text(*map(self.membership.source, (one, fitting[0]))):
                self.membership.merge(one, fitting[0])
        if fitting:
            self.membership.merge(id_, fitting[0])
        source = self.membership.source(id_)
        return [one for one in ties if self.membership.source(one) != source]

    def _compare_all(self, id_: int, waiting: Collection[int]) -> Similarities:
        """Compare an article with the sources near it and, if none tells all, with their copies."""
        found: Similarities = {}
        nearby = {
            one.article: one.shared
            for one in self.candidates[id_]
            if one.article in self.membership.moments and one.article not in waiting
        }
        sources: dict[int, int] = {}
        for one, shared in nearby.items():
            if (source := self.membership.source(one)) in self.membership.moments:
                sources.setdefault(source, shared)
        self._compare(id_, sources, found)
        enough = MOST * self.texts.size(id_)
        if not any(like.is_tie and like.shared >= enough for like in found.values()):
            self._compare(id_, nearby, found)
        return found

    def _compare(self, id_: int, others: dict[int, int], found: Similarities) -> None:
        """Add to `found` others, of which the hashes they share are known, most first."""
        for one, shared in list(others.items())[:_COMPARED]:
            in_series = sum(like.looks_alike for like in found.values()) >= _A_SERIES
            if in_series and shared < _NEAR_IDENTICAL:
                break
            if one not in found:
                self.texts.load([id_, one])
                found[one] = self.texts.compare(id_, one)
        if sum(like.looks_alike for like in found.values()) >= _A_SERIES:
            for one in self._best_first(found):
                found[one] = self.texts.compare(id_, one, in_series=True)

    def _best_first(self, found: Similarities) -> list[int]:
        ties = [one for one, like in found.items() if like.is_tie]
        return sorted(ties, key=lambda one: (-found[one].shared, self.membership.moments[one]))

    def _fits(self, id_: int, source: int, nearest: int, found: Similarities) -> bool:
        """True unless an article shares only that part with one of a cluster that others do not.

        That one may hold two stories, or quote another in full; it must not make them one.
        """
        if nearest != source:
            self.texts.load([source])
            like = found.get(source) or self.texts.compare(id_, source)
            return like.similarity >= _SOME and not like.looks_alike
        others = sorted(self.membership.members(source) - {source})[:_ASKED]
        return not others or any(self._share_text(id_, one) for one in others)

    def _share_text(self, one: int, other: int) -> bool:
        self.texts.load([one, other])
        return self.texts.compare(one, other).similarity >= _SOME

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
        self.membership.load(nearby)
        sources = {one: self.membership.source(one) for one in nearby}
        self.candidates |= {id_: find_candidates(id_, self.hashes, known, sources) for id_ in fresh}
        alike = [id_ for id_ in fresh if self.candidates[id_]]
        self.membership.load(
            {sources[one.article] for id_ in alike for one in self.candidates[id_]}.union(alike)
        )
        self.texts.load(self._first_compared(alike))

    def _first_compared(self, ids: Iterable[int]) -> Iterator[int]:
        """Yield those that are compared in most cases, so that one statement reads them all."""
        for id_ in ids:
            nearby = [
                one.article
                for one in self.candidates[id_]
                if one.article in self.membership.moments
            ]
            if nearby:
                yield id_
            yield from list(dict.fromkeys(map(self.membership.source, nearby)))[:_READ_AHEAD]
            yield from nearby[:_READ_AHEAD]
