"""Which articles hold a hash, on PostgreSQL: an index over the signatures themselves.

A row for each hash, as in SQLite, would cost 60 bytes there with its entry in an index. A GIN index
takes two or three bytes where its keys have several articles each, so a hash is cut to 22 bits as
a key; what else stands under a key is left out by the signatures that the look-up returns.

Nothing stops such an index after the latest 32 articles. So a hash that very many hold becomes a
row of `common_hashes` when a look-up meets it, and the index is not asked for it any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import ARRAY

from storage.signature import unpack
from storage.sql_sketch_rows import PER_HASH
from storage.tables_clusters import common_hashes, signatures

KEYS = 1 << 22
"""Keys of the index: at a million articles four share one, and a look-up returns 64 rows."""

COMMON = 2 * PER_HASH
"""Articles that make a hash common, and as many are kept: half of them may go before it is not."""

_ASKED = 64  # keys a statement: for each article it meets the index goes through all of them

# The lowest 22 bits of each hash. Costly, so that no plan asks it row by row.
SIGNATURE_KEYS = """
CREATE FUNCTION signature_keys(packed bytea) RETURNS int4[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS $$
SELECT array_agg((
    get_byte(packed, at)
    | (get_byte(packed, at + 1) << 8)
    | (get_byte(packed, at + 2) << 16)
) & @MASK)
FROM generate_series(0, length(packed) - 4, 4) AS at
$$
""".replace("@MASK", str(KEYS - 1))

_NUMBERS = ARRAY(sa.Integer)
_OF_ROW = sa.func.signature_keys(signatures.c.packed, type_=_NUMBERS)
_HOLDING = sa.select(signatures.c.article, signatures.c.packed).where(
    _OF_ROW.overlap(sa.bindparam("keys", type_=_NUMBERS))
)
_COMMON = sa.select(common_hashes).where(
    common_hashes.c.hash == sa.func.any(sa.bindparam("hashes", type_=_NUMBERS))
)
_SET = (
    sa.update(common_hashes)
    .where(common_hashes.c.hash == sa.bindparam("of_hash"))
    .values(latest=sa.bindparam("ids"))
)


def change(
    conn: Connection, gone: Mapping[int, Collection[int]], come: Mapping[int, Collection[int]]
) -> None:
    """Let these articles hold these hashes no more, and those now; their rows are written."""
    before = _common(conn, {hash_ for held in (*gone.values(), *come.values()) for hash_ in held})
    after = {hash_: set(latest) for hash_, latest in before.items()}
    for id_, held in gone.items():
        for hash_ in after.keys() & held:
            after[hash_].discard(id_)
    for id_, held in come.items():
        for hash_ in after.keys() & held:
            # Of those before the first that is kept not all are known.
            if id_ > min(after[hash_], default=id_):
                after[hash_].add(id_)
    _keep(conn, {hash_: ids for hash_, ids in after.items() if ids != set(before[hash_])})


def holders(conn: Connection, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return the latest articles that hold each of these hashes, as far as any does."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    found.update(_common(conn, hashes))
    rare = set(hashes).difference(found)
    for article, packed in _holding(conn, sorted({hash_ & (KEYS - 1) for hash_ in rare})):
        for hash_ in rare.intersection(unpack(packed)):
            found[hash_].append(article)
    for hash_ in rare.intersection(found):
        found[hash_].sort()
    rows = [
        {"hash": hash_, "latest": found[hash_][-COMMON:]}
        for hash_ in sorted(rare.intersection(found))
        if len(found[hash_]) >= COMMON
    ]
    if rows:
        conn.execute(sa.insert(common_hashes), rows)
    return {hash_: articles[-PER_HASH:] for hash_, articles in found.items()}


def _holding(conn: Connection, keys: Sequence[int]) -> Iterable[tuple[int, bytes]]:
    """Return articles, each once, that hold any of these keys, with their signatures."""
    found: dict[int, bytes] = {}
    for start in range(0, len(keys), _ASKED):
        rows = conn.execute(_HOLDING, {"keys": keys[start : start + _ASKED]})
        found.update((row[0], row[1]) for row in rows)
    return found.items()


def _common(conn: Connection, hashes: Iterable[int]) -> dict[int, list[int]]:
    wanted = list(hashes)
    rows = conn.execute(_COMMON, {"hashes": wanted}) if wanted else ()
    return {row.hash: list(row.latest) for row in rows}


def _keep(conn: Connection, latest: Mapping[int, Collection[int]]) -> None:
    """Write the latest holders of hashes, or leave those to the index that few are known of."""
    few = [hash_ for hash_, ids in latest.items() if len(ids) < PER_HASH]
    if few:
        conn.execute(sa.delete(common_hashes).where(common_hashes.c.hash.in_(few)))
    rows = [
        {"of_hash": hash_, "ids": sorted(ids)[-COMMON:]}
        for hash_, ids in latest.items()
        if len(ids) >= PER_HASH
    ]
    if rows:
        conn.execute(_SET, rows)
