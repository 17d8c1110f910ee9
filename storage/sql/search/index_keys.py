"""A plan as a condition for each database's index: what cannot match is left out by it."""

from collections.abc import Iterable
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects.postgresql import ARRAY

from storage.search.encoding import array_pair, array_word, fts_pair
from storage.search.matcher import Meant, Needle, Plan
from storage.sql.schema.search import search_keys

_KEYS = sa.func.search_keys_of(search_keys.c.article, type_=ARRAY(sa.Integer))


def may_match(plan: Plan) -> ColumnElement[bool]:
    """Return a condition on PostgreSQL's `search_keys`, which all articles meet that `plan` wants.

    Few others do. The plan must require something.
    """
    wanted = [_array_any(group) for group in plan.filed]
    return sa.and_(*map(_array_group, plan.required), *wanted)


def held_ids(conn: Connection, plan: Plan) -> list[int]:
    """Return the ids of articles that `may_match` finds, ascending, out of SQLite's index."""
    keys = [*map(_fts_group, plan.required), *map(_fts_any, plan.filed)]
    return list(conn.execute(_found(" AND ".join(keys))).scalars())


def is_held(conn: Connection, code: str) -> bool:
    """Return whether any article has the word with this code."""
    if conn.dialect.name == "sqlite":
        return conn.execute(_found(_fts_any([code]))).first() is not None
    any_of_them = sa.select(search_keys.c.article).where(_array_any([code])).limit(1)
    return conn.execute(any_of_them).first() is not None


def _neighbours(needle: Needle) -> list[tuple[str, str]]:
    """Return the families of neighbours, where each is of one family."""
    found = []
    for one, other in pairwise(needle.words):
        if len(one.families) == len(other.families) == 1:
            found.append((one.families[0], other.families[0]))
    return found


def _found(keys: str) -> sa.TextualSelect:
    found = sa.text("SELECT rowid FROM search_keys WHERE search_keys MATCH :keys ORDER BY rowid")
    return found.bindparams(keys=keys).columns(sa.column("rowid", sa.Integer))


def _fts_any(codes: Iterable[str]) -> str:
    return "(" + " OR ".join(f'"{code}"' for code in codes) + ")"


def _fts_needle(needle: Needle) -> str:
    pairs = [f'"{fts_pair(*pair)}"' for pair in _neighbours(needle)]
    words = [_fts_any(word.codes) for word in _worth_asking(needle, bool(pairs))]
    return "(" + " AND ".join([*pairs, *words]) + ")"


def _fts_group(group: Iterable[Needle]) -> str:
    return "(" + " OR ".join(map(_fts_needle, group)) + ")"


def _array_any(codes: Iterable[str]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _KEYS.overlap([array_word(code) for code in codes])
    return found


def _array_needle(needle: Needle) -> ColumnElement[bool]:
    """Its words are asked for too: each pair has its key in common with some thousand others."""
    keys = [array_pair(*pair) for pair in _neighbours(needle)]
    keys += [array_word(word.codes[0]) for word in needle.words if len(word.codes) == 1]
    all_of = [_KEYS.contains(keys)] if keys else []
    several = (word.codes for word in needle.words if len(word.codes) > 1)
    return sa.and_(*all_of, *map(_array_any, several))


def _array_group(group: Iterable[Needle]) -> ColumnElement[bool]:
    return sa.or_(*map(_array_needle, group))


def _worth_asking(needle: Needle, has_pairs: bool) -> list[Meant]:
    """Return the words to ask for besides pairs.

    A pair stands for both its families, so a loose word in one says nothing more.
    """
    if not has_pairs:
        return list(needle.words)
    paired = {at for at, _ in enumerate(needle.words)}
    for at, word in enumerate(needle.words):
        if len(word.families) > 1:  # neither it nor, perhaps, its neighbours are in any pair
            paired -= {at - 1, at, at + 1}
    return [word for at, word in enumerate(needle.words) if at not in paired or not word.loose]
