"""Signatures as rows, and the articles that share hashes with one: its candidates."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql import ARRAY

from storage.signature import SHARED, SIGNATURE_VERSION, pack, unpack
from storage.sql_types import in_parts
from storage.tables_clusters import signatures, sketches

PER_HASH = 32
"""Articles that are looked at of those that hold a hash: the latest stored.

A hash that stands in more is boilerplate, a form's text or a story reprinted everywhere; the first
two prove nothing, and of the third any few copies lead to the source.
"""

Hashes = tuple[int, ...]


def write_signatures(conn: Connection, wanted: Mapping[int, Hashes | None]) -> None:
    """Make the signatures of these articles the given ones; None: no signature."""
    stored = load_signatures(conn, wanted)
    stale = {id_: held for id_, held in stored.items() if held != wanted[id_]}
    if stale:
        _delete(conn, stale)
    fresh = {id_: new for id_, new in wanted.items() if new and new != stored.get(id_)}
    if fresh:
        _insert(conn, fresh)


def load_signatures(conn: Connection, ids: Iterable[int]) -> dict[int, Hashes]:
    """Return the signatures of those articles that have one."""
    found: dict[int, Hashes] = {}
    for part in in_parts(list(ids)):
        query = sa.select(signatures.c.article, signatures.c.packed)
        for row in conn.execute(query.where(signatures.c.article.in_(part))):
            found[row.article] = unpack(row.packed)
    return found


def candidates(conn: Connection, of: Mapping[int, Hashes]) -> dict[int, list[int]]:
    """Return for each article those that share at least two hashes, most shared first.

    of: articles with their hashes. An article is no candidate of itself.
    """
    holders: defaultdict[int, list[int]] = defaultdict(list)
    hashes = sorted({one for held in of.values() for one in held})
    for part in in_parts(hashes):
        for hash_, article in conn.execute(_holders(conn, part)):
            holders[hash_].append(article)
    found = {}
    for id_, held in of.items():
        shared = Counter(article for one in held for article in holders[one] if article != id_)
        enough = [article for article, number in shared.items() if number >= SHARED]
        found[id_] = sorted(enough, key=lambda article: (-shared[article], article))
    return found


def _holders(conn: Connection, hashes: Iterable[int]) -> Select[Any]:
    """Return a statement for (hash, article): of each hash the latest articles that hold it."""
    if conn.dialect.name == "postgresql":
        values = sa.cast(list(hashes), ARRAY(sa.Integer))
        keys = sa.func.unnest(values).table_valued("value", name="wanted")
        latest = (
            sa.select(sketches.c.article)
            .where(sketches.c.hash == keys.c.value)
            .order_by(sketches.c.article.desc())
            .limit(PER_HASH)
            .lateral()
        )
        return sa.select(keys.c.value, latest.c.article).select_from(keys.join(latest, sa.true()))
    keys = sa.func.json_each(json.dumps(list(hashes))).table_valued("value", name="wanted")
    held = sketches.alias()
    oldest = (  # SQLite has no lateral joins
        sa.select(held.c.article)
        .where(held.c.hash == keys.c.value)
        .order_by(held.c.article.desc())
        .limit(1)
        .offset(PER_HASH - 1)
        .scalar_subquery()
    )
    near = (sketches.c.hash == keys.c.value) & (sketches.c.article >= sa.func.coalesce(oldest, 0))
    return sa.select(sketches.c.hash, sketches.c.article).select_from(keys.join(sketches, near))


def _delete(conn: Connection, stale: Mapping[int, Hashes]) -> None:
    one = (sketches.c.hash == sa.bindparam("of_hash"), sketches.c.article == sa.bindparam("id"))
    rows = [{"of_hash": hash_, "id": id_} for id_, held in stale.items() for hash_ in held]
    conn.execute(sa.delete(sketches).where(*one), rows)
    conn.execute(sa.delete(signatures).where(signatures.c.article.in_(list(stale))))


def _insert(conn: Connection, fresh: Mapping[int, Hashes]) -> None:
    conn.execute(
        sa.insert(signatures),
        [
            {"article": id_, "version": SIGNATURE_VERSION, "packed": pack(held)}
            for id_, held in fresh.items()
        ],
    )
    # Two of an article's hashes may be equal in the 32 bits that are kept.
    rows = sorted({(hash_, id_) for id_, held in fresh.items() for hash_ in held})
    hashes, ids = [row[0] for row in rows], [row[1] for row in rows]
    if conn.dialect.name == "postgresql":  # one statement: a sixth of the time of executemany
        columns = (sa.cast(hashes, ARRAY(sa.Integer)), sa.cast(ids, ARRAY(sa.BigInteger)))
        values = sa.select(*(sa.func.unnest(column) for column in columns))
        conn.execute(sa.insert(sketches).from_select(["hash", "article"], values))
    else:
        conn.execute(sa.insert(sketches), [{"hash": hash_, "article": id_} for hash_, id_ in rows])
