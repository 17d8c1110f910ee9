"""The articles that share hashes with one, its candidates, and the index that finds them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import SHARED, SIGNATURE_VERSION, pack, unpack
from storage.sql.clusters import candidates_postgresql as on_postgresql
from storage.sql.clusters import candidates_sqlite as on_sqlite
from storage.sql.clusters.signatures import SIGNATURES, Hashes
from storage.sql.engine.backend import choose
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.clusters import signatures
from storage.sql.schema.types import in_parts

MAX_STORIES_PER_HASH = 12
"""Stories among a hash's holders; a hash with more is boilerplate or a form's text."""

MIN_SHARED_HASHES = 10
"""Hashes of 16 that make a candidate of an article that shares no distinctive one."""

Holders = Mapping[int, Collection[int]]
"""Of each hash the articles that hold it, at most the 32 stored last."""


class CopyCandidate(NamedTuple):
    """An article that may be a copy, and how many hashes it shares."""

    article: int
    shared: int


class _Index(Protocol):
    """The functions that both modules have; each says there what it does."""

    def prepare(self, conn: Connection, /) -> None: ...
    def change(
        self,
        conn: Connection,
        rows: Sequence[Mapping[str, Any]],
        gone: Mapping[int, Collection[int]],
        come: Mapping[int, Collection[int]],
        /,
    ) -> None: ...
    def holders(self, conn: Connection, hashes: Sequence[int], /) -> Holders: ...
    def rebuild(self, conn: Connection, /) -> None: ...
    def stray(self, conn: Connection, /) -> list[tuple[str, str, int | None]]: ...
    def repair(self, conn: Connection, hash_: int | None, /) -> None: ...


def write_signatures(conn: Connection, wanted: Mapping[int, Hashes | None]) -> Collection[int]:
    """Make the signatures of these articles the given ones; None: no signature.

    Returns those articles that had one before. The caller holds the lock of the clusters.
    """
    rows = rows_at(conn, SIGNATURES, signatures.c.article, wanted)
    stored = {row.article: unpack(row.packed) for row in rows}
    current = {row.article for row in rows if row.version == SIGNATURE_VERSION}
    right = {id_ for id_ in current if stored[id_] == wanted[id_]}
    stale = {id_: hashes for id_, hashes in stored.items() if id_ not in right}
    fresh = {id_: new for id_, new in wanted.items() if new and id_ not in right}
    for part in in_parts(list(stale)):
        conn.execute(sa.delete(signatures).where(signatures.c.article.in_(part)))
    written = [
        {"article": id_, "version": SIGNATURE_VERSION, "packed": pack(hashes)}
        for id_, hashes in fresh.items()
    ]
    every = {*stale, *fresh}
    gone = {id_: set(stale.get(id_, ())).difference(fresh.get(id_, ())) for id_ in every}
    come = {id_: set(fresh.get(id_, ())).difference(stale.get(id_, ())) for id_ in every}
    if every:
        index_of(conn).change(conn, written, gone, come)
    return stored.keys()


def holders(conn: Connection, hashes: Iterable[int]) -> Holders:
    """Return the articles that hold each of these hashes, as far as any does.

    Of a hash that more than 32 hold only the latest stored: it is boilerplate, a form's text or a
    story reprinted everywhere, and of the last any few copies lead to the source.
    """
    return index_of(conn).holders(conn, sorted(set(hashes)))


def index_of(conn: Connection) -> _Index:
    """Return the functions for the index of the database behind a connection."""
    return choose(conn, sqlite=on_sqlite, postgresql=on_postgresql)


def find_candidates(
    id_: int, hashes: Mapping[int, Hashes], known: Holders, sources: Mapping[int, int]
) -> list[CopyCandidate]:
    """Return the articles that share at least two hashes with one, most shared first.

    At least one of the two must be distinctive, or nearly all must be shared: an issue of a
    series and its copy. hashes: those of the article and of all holders of its own; counted by
    holders alone, of which only the latest are known, a copy would share less than it does.
    sources: of each holder the source of its cluster; the article itself where it is no copy.
    """
    own, distinctive, common = set(hashes[id_]), set[int](), set[int]()
    for hash_ in own:
        of_hash = known.get(hash_, ())
        if len(of_hash) < 2:  # most are the article's own
            continue
        is_distinctive = len({sources[one] for one in of_hash}) <= MAX_STORIES_PER_HASH
        (distinctive if is_distinctive else common).update(of_hash)
    shared = {
        one: len(own.intersection(hashes.get(one, ())))
        for one in distinctive | common
        if one != id_
    }
    enough = [
        one
        for one, n in shared.items()
        if n >= (SHARED if one in distinctive else MIN_SHARED_HASHES)
    ]
    return [
        CopyCandidate(one, shared[one]) for one in sorted(enough, key=lambda i: (-shared[i], i))
    ]
