"""Assign articles to clusters; docs/clusters.md states the rule."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from storage.dedup.similarity import MOST, Similarity
from storage.sql.clusters.candidates import CopyCandidate, find_candidates, holders
from storage.sql.clusters.compare import Texts
from storage.sql.clusters.membership import Membership
from storage.sql.clusters.signatures import Hashes, load_signatures

_MAX_COMPARED = 16  # candidates per article, those that share most hashes first
_NEAR_IDENTICAL = 8  # hashes that near-identical texts share at least
_MAX_MEMBERS = 3  # further articles of a cluster with which a new one is compared
_MIN_SIMILARITY = 0.2  # share of the shorter text that two articles of one story have in common
_READ_AHEAD = 3  # candidates whose texts are read in advance
_MIN_SERIES = 3  # similar texts with different figures that make a series

Similarities = dict[int, Similarity]


@dataclass
class ClusterAssigner:
    """One round of assigning articles to clusters, in one transaction."""

    conn: Connection
    texts: Texts
    hashes: dict[int, Hashes]
    candidates: dict[int, list[CopyCandidate]] = field(default_factory=dict)
    membership: Membership = field(init=False)

    def __post_init__(self) -> None:
        self.membership = Membership(self.conn)

    def assign_clusters(self, loose: Collection[int]) -> None:
        """Assign articles that are in no cluster, in order of publication, and write the result.

        Articles of other clusters that are tied to one of them are assigned again, once.
        """
        self.load_candidates(loose)
        with_candidates = [id_ for id_ in loose if self.candidates[id_]]
        self.membership.load_alone(with_candidates)
        queue = sorted(self.membership.moments[id_] for id_ in with_candidates)
        waiting = set(with_candidates)
        for *_, id_ in queue:
            waiting.discard(id_)
            elsewhere = self._assign(id_, waiting)
            self.load_candidates(elsewhere)
            for tied in elsewhere:
                self.membership.leave(tied)
                self._assign(tied, waiting)
        self.membership.write(self.texts)
        self.texts.write_common()

    def _assign(self, id_: int, waiting: Collection[int]) -> list[int]:
        """Put a single article into a cluster; return those it is tied to in other clusters."""
        found = self._compare_all(id_, waiting)
        ties = self._best_first(found)
        nearest: dict[int, int] = {}
        for tied in ties:
            nearest.setdefault(self.membership.source(tied), tied)
        fitting = [tied for source, tied in nearest.items() if self._fits(id_, source, tied, found)]
        for tied in fitting[1:]:
            if self._share_text(*map(self.membership.source, (tied, fitting[0]))):
                self.membership.merge(tied, fitting[0])
        if fitting:
            self.membership.merge(id_, fitting[0])
        source = self.membership.source(id_)
        return [tied for tied in ties if self.membership.source(tied) != source]

    def _compare_all(self, id_: int, waiting: Collection[int]) -> Similarities:
        """Compare an article with its candidates' sources; if none has most of it, with all."""
        found: Similarities = {}
        candidates = {
            candidate.article: candidate.shared
            for candidate in self.candidates[id_]
            if candidate.article in self.membership.moments and candidate.article not in waiting
        }
        sources: dict[int, int] = {}
        for candidate, shared in candidates.items():
            if (source := self.membership.source(candidate)) in self.membership.moments:
                sources.setdefault(source, shared)
        self._compare(id_, sources, found)
        enough = MOST * self.texts.size(id_)
        if not any(similar.is_tie and similar.shared >= enough for similar in found.values()):
            self._compare(id_, candidates, found)
        return found

    def _compare(self, id_: int, others: dict[int, int], found: Similarities) -> None:
        """Compare an article with others, and add the results to `found`.

        others: the number of shared hashes by article, the highest first.
        """
        for other, shared in list(others.items())[:_MAX_COMPARED]:
            in_series = sum(similar.looks_alike for similar in found.values()) >= _MIN_SERIES
            if in_series and shared < _NEAR_IDENTICAL:
                break
            if other not in found:
                self.texts.load([id_, other])
                found[other] = self.texts.compare(id_, other)
        if sum(similar.looks_alike for similar in found.values()) >= _MIN_SERIES:
            for tied in self._best_first(found):
                found[tied] = self.texts.compare(id_, tied, in_series=True)

    def _best_first(self, found: Similarities) -> list[int]:
        ties = [id_ for id_, similar in found.items() if similar.is_tie]
        return sorted(ties, key=lambda id_: (-found[id_].shared, self.membership.moments[id_]))

    def _fits(self, id_: int, source: int, nearest: int, found: Similarities) -> bool:
        """Return False for an article that shares text only with `nearest` of a cluster.

        `nearest` may hold two stories, or quote another in full; it must not make them one.
        """
        if nearest != source:
            self.texts.load([source])
            similar = found.get(source) or self.texts.compare(id_, source)
            return similar.similarity >= _MIN_SIMILARITY and not similar.looks_alike
        members = sorted(self.membership.members(source) - {source})[:_MAX_MEMBERS]
        return not members or any(self._share_text(id_, member) for member in members)

    def _share_text(self, one: int, other: int) -> bool:
        self.texts.load([one, other])
        return self.texts.compare(one, other).similarity >= _MIN_SIMILARITY

    def load_candidates(self, ids: Collection[int]) -> None:
        """Load the candidates of `ids`, with their clusters, publication times and first texts."""
        fresh = [id_ for id_ in ids if id_ not in self.candidates]
        if not fresh:
            return
        unknown = [id_ for id_ in fresh if id_ not in self.hashes]
        self.hashes |= load_signatures(self.conn, unknown)
        self.hashes |= {id_: () for id_ in fresh if id_ not in self.hashes}
        known = holders(self.conn, (hash_ for id_ in fresh for hash_ in self.hashes[id_]))
        sharing = {id_ for of_hash in known.values() if len(of_hash) > 1 for id_ in of_hash}
        self.hashes |= load_signatures(self.conn, sharing - self.hashes.keys())
        self.membership.load(sharing)
        sources = {id_: self.membership.source(id_) for id_ in sharing}
        self.candidates |= {id_: find_candidates(id_, self.hashes, known, sources) for id_ in fresh}
        found = [id_ for id_ in fresh if self.candidates[id_]]
        self.membership.load(
            {sources[candidate.article] for id_ in found for candidate in self.candidates[id_]}
            | set(found)
        )
        self.texts.load(self._first_compared(found))

    def _first_compared(self, ids: Iterable[int]) -> Iterator[int]:
        """Yield the articles that are compared in most cases, so that one statement reads them."""
        for id_ in ids:
            candidates = [
                candidate.article
                for candidate in self.candidates[id_]
                if candidate.article in self.membership.moments
            ]
            if candidates:
                yield id_
            yield from list(dict.fromkeys(map(self.membership.source, candidates)))[:_READ_AHEAD]
            yield from candidates[:_READ_AHEAD]
