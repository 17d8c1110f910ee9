"""How the archive spells the words of a query.

The index has words as they are spelled, and no others. What a query leaves open, a word without
diacritics or the beginning of one, stands for all the archive's words that it means.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import SearchQuery, Term, Word
from storage.sql.engine.bulk import insert
from storage.sql.schema.search import search_words
from storage.text.words import folded

_words = search_words.c
_LACKS = "SELECT value FROM {} WHERE NOT EXISTS (SELECT 1 FROM search_words WHERE word = value)"
_MISSING = {  # by how a driver writes a parameter
    "qmark": _LACKS.format("json_each(?)"),
    "pyformat": _LACKS.format("json_array_elements_text(CAST(%s AS json)) AS value"),
}
_LAST = "\U0010ffff"


class Spelled(NamedTuple):
    """A word of a query with the spellings that will do; one that nothing has where none does."""

    word: Word
    forms: tuple[str, ...]


Phrase = tuple[Spelled, ...]


class Asked(NamedTuple):
    """A query with what an article must say, a phrase of each group, and must not."""

    query: SearchQuery
    required: list[list[Phrase]]
    excluded: list[Phrase]

    def within(self, since: datetime | None, until: datetime | None) -> "Asked":
        """Return the same in another time."""
        return self._replace(query=replace(self.query, since=since, until=until))


def missing(conn: Connection, words: set[str]) -> list[str]:
    """Return those words that the archive does not know, in order."""
    listed = json.dumps(sorted(words), ensure_ascii=False)
    return list(conn.exec_driver_sql(_MISSING[conn.dialect.paramstyle], (listed,)).scalars())


def remember(conn: Connection, words: set[str]) -> None:
    """Know words of articles that are indexed. Two writers at once may both write a new word."""
    new = missing(conn, words)
    insert(conn, search_words, [{"word": word, "folded": folded(word)} for word in new])


def forget(conn: Connection, words: Iterable[str]) -> None:
    """Know these words no longer."""
    for word in words:
        conn.execute(sa.delete(search_words).where(_words.word == word))


def spelled(conn: Connection, query: SearchQuery) -> Asked:
    """Return a query with its words as the archive spells them."""
    words = query.words
    every: Iterable[Term] = (*chain.from_iterable(words.required), *words.excluded)
    forms = {word: Spelled(word, _forms(conn, word)) for term in every for word in term.words}

    def phrase(term: Term) -> Phrase:
        return tuple(forms[word] for word in term.words)

    required = [list(map(phrase, group)) for group in words.required]
    return Asked(query, required, list(map(phrase, words.excluded)))


def _forms(conn: Connection, word: Word) -> tuple[str, ...]:
    if not (word.loose or word.prefix):
        return (word.text,)
    plain = folded(word.text)
    meant = _words.folded.between(plain, plain + _LAST) if word.prefix else _words.folded == plain
    known_words = sa.select(_words.word).distinct().order_by(_words.word)
    found = conn.execute(known_words.where(meant)).scalars()
    return tuple(one for one in found if word.loose or one.startswith(word.text)) or (word.text,)
