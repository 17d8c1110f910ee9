"""Find the articles that have a hash, on PostgreSQL: by a GIN index over the signatures.

A row per hash, as on SQLite, would cost 60 bytes with its index entry. A GIN entry takes two or
three bytes where a key has several articles, so the key is the hash cut to 22 bits; other hashes
with the same key are filtered out by the signatures that the query returns.

A GIN index cannot stop after the latest 32 articles. So a hash that very many articles have becomes
a row of `common_hashes` when a query finds it, and later queries do not use the index for it.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import unpack
from storage.sql.clusters.signatures import PER_HASH, signature_pages
from storage.sql.schema.clusters import common_hashes

KEYS = 1 << 22
"""Keys of the index: with a million articles four share one, and a query returns 64 rows."""

COMMON = 2 * PER_HASH
"""Articles that make a hash common; as many are stored, and it stays so until half are deleted."""

_HASHES = 128  # per statement: for each article that it finds, the index checks all of them

# The lowest 22 bits of each hash. COST is high so that no plan calls it for each row; it is not
# PARALLEL SAFE so that no plan starts workers for few rows. In plpgsql it takes half the time.
SIGNATURE_KEYS = """
CREATE FUNCTION signature_keys(packed bytea) RETURNS int4[]
LANGUAGE plpgsql IMMUTABLE STRICT COST 1000 AS $$
DECLARE
    keys int4[] := '{}';
BEGIN
    FOR at IN 0 .. length(packed) - 4 BY 4 LOOP
        keys := keys || ((
            get_byte(packed, at)
            | (get_byte(packed, at + 1) << 8)
            | (get_byte(packed, at + 2) << 16)
        ) & @MASK);
    END LOOP;
    RETURN keys;
END
$$
""".replace("@MASK", str(KEYS - 1))

# Both in one statement: a round trip takes longer than either part.
_WRITE = sa.text("""
WITH written AS (
    INSERT INTO signatures (article, version, packed)
    SELECT * FROM unnest(CAST(:ids AS int8[]), CAST(:versions AS int2[]), CAST(:packed AS bytea[]))
)
SELECT hash, latest FROM common_hashes WHERE hash = ANY(CAST(:hashes AS int4[]))
""")
_HOLDING = sa.text("""
WITH known AS MATERIALIZED (
    SELECT hash, latest FROM common_hashes WHERE hash = ANY(CAST(:hashes AS int4[]))
)
SELECT hash, latest, NULL AS article, NULL AS packed FROM known
UNION ALL
SELECT NULL, NULL, article, packed FROM signatures
WHERE signature_keys(packed) && ARRAY(
    SELECT asked & :mask FROM unnest(CAST(:hashes AS int4[])) AS asked
    WHERE asked NOT IN (SELECT hash FROM known)
)
""")
_KEEP = (
    sa.update(common_hashes)
    .where(common_hashes.c.hash == sa.bindparam("of_hash"))
    .values(latest=sa.bindparam("ids"))
)


def prepare(conn: Connection) -> None:
    """Keep the planner from scanning all signatures, which is never faster."""
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")


def change(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    removed: Mapping[int, Collection[int]],
    added: Mapping[int, Collection[int]],
) -> None:
    """Insert rows of signatures. removed, added: the hashes that changed, by article."""
    changed = (*removed.values(), *added.values())
    parameters = {
        "ids": [row["article"] for row in rows],
        "versions": [row["version"] for row in rows],
        "packed": [row["packed"] for row in rows],
        "hashes": list({hash_ for hashes in changed for hash_ in hashes}),
    }
    before = {row.hash: set(row.latest) for row in conn.execute(_WRITE, parameters)}
    if not before:
        return
    after = {hash_: set(latest) for hash_, latest in before.items()}
    for id_, hashes in removed.items():
        for hash_ in after.keys() & hashes:
            after[hash_].discard(id_)
    for id_, hashes in added.items():
        for hash_ in after.keys() & hashes:
            # Not all articles before the first stored one are known.
            if id_ > min(after[hash_], default=id_):
                after[hash_].add(id_)
    _keep(conn, {hash_: ids for hash_, ids in after.items() if ids != before[hash_]})


def _keep(conn: Connection, latest: Mapping[int, Collection[int]]) -> None:
    """Store the latest holders of common hashes; delete the rows of those with too few left."""
    few = [hash_ for hash_, ids in latest.items() if len(ids) < PER_HASH]
    if few:
        conn.execute(sa.delete(common_hashes).where(common_hashes.c.hash.in_(few)))
    rows = [
        {"of_hash": hash_, "ids": sorted(ids)[-COMMON:]}
        for hash_, ids in sorted(latest.items())
        if len(ids) >= PER_HASH
    ]
    if rows:
        conn.execute(_KEEP, rows)


def holders(conn: Connection, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return the latest articles that have each of these hashes, by hash."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(hashes), _HASHES):
        part = hashes[start : start + _HASHES]
        common, rare = _holders(conn, part)
        _add_common(conn, {hash_: ids for hash_, ids in rare.items() if len(ids) >= COMMON})
        found |= {hash_: ids[-PER_HASH:] for hash_, ids in (common | rare).items()}
    return found


def _holders(
    conn: Connection, hashes: Sequence[int]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the latest holders of the common hashes, and all holders of the others."""
    rows = conn.execute(_HOLDING, {"hashes": list(hashes), "mask": KEYS - 1}).all()
    common = {row.hash: list(row.latest) for row in rows if row.article is None}
    wanted = set(hashes).difference(common)
    rare: defaultdict[int, list[int]] = defaultdict(list)
    for _, _, article, packed in rows:
        if article is not None:
            for hash_ in wanted.intersection(unpack(packed)):
                rare[hash_].append(article)
    return common, {hash_: sorted(articles) for hash_, articles in rare.items()}


def _add_common(conn: Connection, latest: Mapping[int, Sequence[int]]) -> None:
    rows = [{"hash": hash_, "latest": ids[-COMMON:]} for hash_, ids in sorted(latest.items())]
    if rows:
        conn.execute(sa.insert(common_hashes), rows)


def rebuild(_conn: Connection) -> None:
    """Do nothing: the server maintains the index."""


def faults(conn: Connection) -> list[tuple[str, str, int | None]]:
    """Return (fault, repair, hash) for each common hash whose stored holders are wrong."""
    kept = {row.hash: list(row.latest) for row in conn.execute(sa.select(common_hashes))}
    latest: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=COMMON))
    for page in signature_pages(conn) if kept else ():
        for row in page:
            for hash_ in kept.keys() & set(unpack(row.packed)):
                latest[hash_].append(row.article)
    return [
        (
            f"the articles listed for common hash {hash_} are not the latest that have it",
            "delete the list, so that the index is used for this hash",
            hash_,
        )
        for hash_, ids in sorted(kept.items())
        if len(ids) < PER_HASH or ids != list(latest[hash_])[-len(ids) :]
    ]


def repair(conn: Connection, hash_: int | None) -> None:
    """Delete the row of a common hash, so that queries use the index for it again."""
    conn.execute(sa.delete(common_hashes).where(common_hashes.c.hash == hash_))
