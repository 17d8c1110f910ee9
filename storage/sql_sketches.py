"""Signatures as rows, and the articles that share hashes with one: its candidates."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql import ARRAY

from storage.signature import SHARED, SIGNATURE_VERSION, pack, unpack
from storage.sql_rows import rows_at
from storage.sql_types import in_parts
from storage.tables_clusters import copies, signatures, sketches

PER_HASH = 32
"""Articles that are looked at of those that hold a hash: the latest stored.

A hash that stands in more is boilerplate, a form's text or a story reprinted everywhere, and of the
last any few copies lead to the source.
"""

SPREAD = 12
"""Stories among these; a hash that stands in more is boilerplate or a form's text."""

Hashes = tuple[int, ...]


class Candidate(NamedTuple):
    """An article that may be a copy, and how many hashes it shares."""

    article: int
    shared: int


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
    rows = rows_at(conn, sa.select(signatures), signatures.c.article, ids)
    return {row.article: unpack(row.packed) for row in rows}


def candidates(conn: Connection, of: Mapping[int, Hashes]) -> dict[int, list[Candidate]]:
    """Return for each article those that share at least two hashes, most shared first.

    At least one of the two must tell stories apart. of: articles with their hashes.
    """
    holders: defaultdict[int, dict[int, int]] = defaultdict(dict)
    hashes = sorted({one for held in of.values() for one in held})
    statement = _LATEST[conn.dialect.name == "postgresql"]
    for part in in_parts(hashes):
        wanted = list(part) if conn.dialect.name == "postgresql" else json.dumps(list(part))
        for hash_, article, source in conn.execute(statement, {"hashes": wanted}):
            holders[hash_][article] = source
    telling = {hash_ for hash_, held in holders.items() if len(set(held.values())) <= SPREAD}
    return {id_: _candidates(id_, held, holders, telling) for id_, held in of.items()}


def _candidates(
    id_: int, held: Hashes, holders: Mapping[int, Mapping[int, int]], telling: Collection[int]
) -> list[Candidate]:
    known = [hash_ for hash_ in held if hash_ in holders]
    shared = Counter(article for hash_ in known for article in holders[hash_])
    told = {article for hash_ in known if hash_ in telling for article in holders[hash_]}
    enough = [one for one in told if one != id_ and shared[one] >= SHARED]
    return [Candidate(one, shared[one]) for one in sorted(enough, key=lambda i: (-shared[i], i))]


def _latest_on_postgresql() -> Select[Any]:
    hashes = sa.bindparam("hashes", type_=ARRAY(sa.Integer))
    wanted = sa.func.unnest(hashes).table_valued(sa.column("value", sa.Integer), name="wanted")
    wanted = wanted.render_derived()
    latest = (
        sa.select(sketches.c.article)
        .where(sketches.c.hash == wanted.c.value)
        .order_by(sketches.c.article.desc())
        .limit(PER_HASH)
        .lateral("latest")
    )
    joined = wanted.join(latest, sa.true())
    return sa.select(wanted.c.value, latest.c.article, _source(latest)).select_from(joined)


def _latest_on_sqlite() -> Select[Any]:
    """Return the same without a lateral join, which SQLite does not have."""
    wanted = sa.func.json_each(sa.bindparam("hashes")).table_valued("value", name="wanted")
    held = sketches.alias()
    oldest = (
        sa.select(held.c.article)
        .where(held.c.hash == wanted.c.value)
        .order_by(held.c.article.desc())
        .limit(1)
        .offset(PER_HASH - 1)
        .scalar_subquery()
    )
    near = (sketches.c.hash == wanted.c.value) & (sketches.c.article >= sa.func.coalesce(oldest, 0))
    joined = wanted.join(sketches, near)
    return sa.select(sketches.c.hash, sketches.c.article, _source(sketches)).select_from(joined)


def _source(of: sa.FromClause) -> sa.ColumnElement[int]:
    """Return the source of an article's cluster; not joined, lest a planner read all copies."""
    held = sa.select(copies.c.source).where(copies.c.article == of.c.article).scalar_subquery()
    return sa.func.coalesce(held, of.c.article)


_LATEST = (_latest_on_sqlite(), _latest_on_postgresql())
"""Statements for (hash, article, its source): of each hash the latest articles that hold it."""


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
