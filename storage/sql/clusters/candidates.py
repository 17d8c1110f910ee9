"""Find the candidates for copies of an article, which share hashes with it, by an index."""

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
"""Stories of the articles with a hash; a hash with more is boilerplate or the text of a form."""

MIN_SHARED_HASHES = 10
"""Shared hashes, of 16, that make a candidate of an article that shares no distinctive hash."""

Holders = Mapping[int, Collection[int]]
"""The articles that have a hash, by hash; at most the 32 stored last."""


class CopyCandidate(NamedTuple):
    """An article that may be a copy, and the number of hashes that it shares."""

    article: int
    shared: int


class _Index(Protocol):
    """The functions that both modules implement; they are documented there."""

    def prepare(self, conn: Connection, /) -> None: ...
    def change(
        self,
        conn: Connection,
        rows: Sequence[Mapping[str, Any]],
        removed: Mapping[int, Collection[int]],
        added: Mapping[int, Collection[int]],
        /,
    ) -> None: ...
    def holders(self, conn: Connection, hashes: Sequence[int], /) -> Holders: ...
    def rebuild(self, conn: Connection, /) -> None: ...
    def faults(self, conn: Connection, /) -> list[tuple[str, str, int | None]]: ...
    def repair(self, conn: Connection, hash_: int | None, /) -> None: ...


def write_signatures(conn: Connection, wanted: Mapping[int, Hashes | None]) -> Collection[int]:
    """Write the signatures of these articles; None deletes one.

    Returns the articles that had one before. The caller holds the lock of the clusters.
    """
    rows = rows_at(conn, SIGNATURES, signatures.c.article, wanted)
    stored = {row.article: unpack(row.packed) for row in rows}
    current = {row.article for row in rows if row.version == SIGNATURE_VERSION}
    unchanged = {id_ for id_ in current if stored[id_] == wanted[id_]}
    stale = {id_: hashes for id_, hashes in stored.items() if id_ not in unchanged}
    fresh = {id_: new for id_, new in wanted.items() if new and id_ not in unchanged}
    for part in in_parts(list(stale)):
        conn.execute(sa.delete(signatures).where(signatures.c.article.in_(part)))
    inserted = [
        {"article": id_, "version": SIGNATURE_VERSION, "packed": pack(hashes)}
        for id_, hashes in fresh.items()
    ]
    changed = {*stale, *fresh}
    removed = {id_: set(stale.get(id_, ())).difference(fresh.get(id_, ())) for id_ in changed}
    added = {id_: set(fresh.get(id_, ())).difference(stale.get(id_, ())) for id_ in changed}
    if changed:
        index_of(conn).change(conn, inserted, removed, added)
    return stored.keys()


def holders(conn: Connection, hashes: Iterable[int]) -> Holders:
    """Return the articles that have each of these hashes; hashes that none has are left out.

    At most 32 per hash, the latest stored: a hash of more is boilerplate, the text of a form or a
    story reprinted everywhere, and any few copies of that lead to its source.
    """
    return index_of(conn).holders(conn, sorted(set(hashes)))


def index_of(conn: Connection) -> _Index:
    """Return the index functions for the database behind a connection."""
    return choose(conn, sqlite=on_sqlite, postgresql=on_postgresql)


def find_candidates(
    id_: int, hashes: Mapping[int, Hashes], known: Holders, sources: Mapping[int, int]
) -> list[CopyCandidate]:
    """Return the articles that share at least two hashes with an article, most shared first.

    At least one of the two must be distinctive, or nearly all must be shared, as by an issue of a
    series and its copy. hashes: signatures of the article and of all holders of its hashes; shared
    hashes cannot be counted from `known`, which has only the latest holders.
    sources: each holder's cluster, by its source; the holder itself where it is no copy.
    """
    own, distinctive, common = set(hashes[id_]), set[int](), set[int]()
    for hash_ in own:
        of_hash = known.get(hash_, ())
        if len(of_hash) < 2:  # most hashes are only in the article itself
            continue
        is_distinctive = len({sources[holder] for holder in of_hash}) <= MAX_STORIES_PER_HASH
        (distinctive if is_distinctive else common).update(of_hash)
    shared = {
        other: len(own.intersection(hashes.get(other, ())))
        for other in distinctive | common
        if other != id_
    }
    found = [
        CopyCandidate(other, count)
        for other, count in shared.items()
        if count >= (SHARED if other in distinctive else MIN_SHARED_HASHES)
    ]
    return sorted(found, key=lambda candidate: (-candidate.shared, candidate.article))
