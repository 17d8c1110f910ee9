"""Which articles hold a hash, on PostgreSQL: an index over the signatures themselves.

A row for each hash, as in SQLite, would cost 60 bytes there with its entry in an index. A GIN index
takes two or three bytes where its keys have several articles each, so a hash is cut to 22 bits as
a key; other hashes under it are left out by the signatures that the look-up returns.

Nothing stops such an index after the latest 32 articles. So a hash that very many hold becomes a
row of `common_hashes` when a look-up meets it, and the index is not asked for it any more.
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
"""Keys of the index: at a million articles four share one, and a look-up returns 64 rows."""

COMMON = 2 * PER_HASH
"""Articles that make a hash common, and as many are kept: half of them may go before it is not."""

_ASKED = 128  # hashes a statement: for each article it meets, the index goes through all of them

# The lowest 22 bits of each hash. Costly, so that no plan asks it row by row; not "parallel safe",
# so that none starts processes for the few rows of a look-up. In plpgsql it takes half the time.
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

# Both in one statement: a round trip takes longer than either.
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
    """Let no plan read all signatures: it is never the shorter way."""
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")


def change(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    gone: Mapping[int, Collection[int]],
    come: Mapping[int, Collection[int]],
) -> None:
    """Write rows of signatures; their articles no longer hold some hashes, and hold others."""
    given = {
        "ids": [row["article"] for row in rows],
        "versions": [row["version"] for row in rows],
        "packed": [row["packed"] for row in rows],
        "hashes": list({hash_ for some in (*gone.values(), *come.values()) for hash_ in some}),
    }
    before = {row.hash: set(row.latest) for row in conn.execute(_WRITE, given)}
    if not before:
        return
    after = {hash_: set(latest) for hash_, latest in before.items()}
    for id_, hashes in gone.items():
        for hash_ in after.keys() & hashes:
            after[hash_].discard(id_)
    for id_, hashes in come.items():
        for hash_ in after.keys() & hashes:
            # Of those before the first that is kept not all are known.
            if id_ > min(after[hash_], default=id_):
                after[hash_].add(id_)
    _keep(conn, {hash_: ids for hash_, ids in after.items() if ids != before[hash_]})


def _keep(conn: Connection, latest: Mapping[int, Collection[int]]) -> None:
    """Write the latest holders of hashes, or leave those to the index of which few are known."""
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
    """Return the latest articles that hold each of these hashes, as far as any does."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(hashes), _ASKED):
        part = hashes[start : start + _ASKED]
        common, rare = _holders(conn, part)
        _become_common(conn, {one: ids for one, ids in rare.items() if len(ids) >= COMMON})
        found |= {one: ids[-PER_HASH:] for one, ids in (common | rare).items()}
    return found


def _holders(
    conn: Connection, hashes: Sequence[int]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the latest holders of those hashes that are common, and all of the others."""
    rows = conn.execute(_HOLDING, {"hashes": list(hashes), "mask": KEYS - 1}).all()
    common = {row.hash: list(row.latest) for row in rows if row.article is None}
    wanted = set(hashes).difference(common)
    rare: defaultdict[int, list[int]] = defaultdict(list)
    for _, _, article, packed in rows:
        if article is not None:
            for hash_ in wanted.intersection(unpack(packed)):
                rare[hash_].append(article)
    return common, {hash_: sorted(articles) for hash_, articles in rare.items()}


def _become_common(conn: Connection, latest: Mapping[int, Sequence[int]]) -> None:
    rows = [{"hash": hash_, "latest": ids[-COMMON:]} for hash_, ids in sorted(latest.items())]
    if rows:
        conn.execute(sa.insert(common_hashes), rows)


def rebuild(_conn: Connection) -> None:
    """Do nothing: the server keeps the index itself."""


def stray(conn: Connection) -> list[tuple[str, str, int | None]]:
    """Return a fault, its repair and the hash for each hash whose latest holders are wrong."""
    kept = {row.hash: list(row.latest) for row in conn.execute(sa.select(common_hashes))}
    latest: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=COMMON))
    for page in signature_pages(conn) if kept else ():
        for row in page:
            for hash_ in kept.keys() & set(unpack(row.packed)):
                latest[hash_].append(row.article)
    return [
        (
            f"the latest articles that hold hash {hash_} are others",
            "let the index be asked for it",
            hash_,
        )
        for hash_, ids in sorted(kept.items())
        if len(ids) < PER_HASH or ids != list(latest[hash_])[-len(ids) :]
    ]


def repair(conn: Connection, hash_: int | None) -> None:
    """Let the index be asked for a hash."""
    conn.execute(sa.delete(common_hashes).where(common_hashes.c.hash == hash_))
