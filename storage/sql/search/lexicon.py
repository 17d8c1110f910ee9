"""The lexicon as rows: every word of the archive's texts with its family and variant.

Writers number words under one lock, which they take after those of their outlets. Common words
are remembered with the connection, spelled and as written, as they never change; what a
rolled-back transaction numbered is forgotten (`watch`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, ExceptionContext, event

from storage.errors import QueryError
from storage.model.search import Word
from storage.search.encoding import code, numbers
from storage.search.matcher import Meant
from storage.search.tokens import NO_WORD, tell_apart
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.engine.connect import lock
from storage.sql.schema.search import lexicon
from storage.sql.schema.types import in_parts
from storage.text.words import folded, spell

MAX_PREFIXED = 1_000
"""Words that one prefix may stand for."""

_REMEMBERED = "tinquan lexicon"
_MOST_REMEMBERED = 100_000  # words, and as many as written: about 40 MB
_LONGEST_SYLLABLE = 7  # "nghiêng"
_LASTING_VALUES = tuple(f"\x1f{kind}\x1f" for kind in ("outlet", "section", "kind"))
_PAIR = sa.tuple_(lexicon.c.family, lexicon.c.variant)
_AFTER_ALL = "\U0010ffff"


_WORDS = sa.select(lexicon.c.word, lexicon.c.family, lexicon.c.variant)
_VALUES = sa.select(lexicon.c.family, lexicon.c.variant, lexicon.c.word, lexicon.c.shown)
_FAMILIES = sa.select(
    lexicon.c.folded, lexicon.c.family, sa.func.max(lexicon.c.variant) + 1
).group_by(lexicon.c.folded, lexicon.c.family)


@dataclass(frozen=True, slots=True)
class _Memory:
    """Codes that a connection remembers: of words, and of words as they are written."""

    words: dict[str, str] = field(default_factory=dict)
    raws: dict[str, str] = field(default_factory=dict)


def watch(engine: Engine) -> None:
    """Forget what connections remember where a transaction is rolled back, wholly or in part."""
    event.listen(engine, "rollback", forget_codes)
    event.listen(engine, "rollback_savepoint", forget_codes)
    event.listen(engine, "handle_error", _forget_failed)


def _forget_failed(failed: ExceptionContext) -> None:
    # A COMMIT that fails is no rollback to SQLAlchemy: this event alone tells of it.
    if failed.connection is not None:
        forget_codes(failed.connection)


def forget_codes(conn: Connection, *_: object) -> None:
    """Forget what the connection remembers."""
    if not conn.invalidated:  # a lost connection takes its memory along
        conn.info.pop(_REMEMBERED, None)


def is_lasting(word: str) -> bool:
    """True for words that stay in the lexicon, though no article should hold them any more.

    They are short and of letters, as syllables are: they say nothing of anybody. Others (authors,
    tags, numbers, long words) go with the last article that has them, and are not remembered.
    """
    if word.startswith(_LASTING_VALUES):
        return True
    return len(word) <= _LONGEST_SYLLABLE and word.isalpha()


def number_texts(
    conn: Connection, texts: Sequence[str], values: Mapping[str, str | None]
) -> tuple[list[str], dict[str, str]]:
    """Return the texts with each word as its code, and the codes of values.

    values: what articles are filed under: by word, how it is shown.
    """
    memory = _memory(conn)
    words = tell_apart(texts)
    found = list(map(memory.raws.get, words.raws))
    met = {raw: spell(raw) for raw, code in zip(words.raws, found, strict=True) if code is None}
    codes = number_words(conn, {**dict.fromkeys(filter(None, met.values())), **values})
    fresh = {raw: codes[word] if word else NO_WORD for raw, word in met.items()}
    lasting = (raw for raw, word in met.items() if word in memory.words)
    _remember(memory.raws, {raw: fresh[raw] for raw in lasting})
    pairs = zip(words.raws, found, strict=True)
    coded = words.coded([fresh[raw] if code is None else code for raw, code in pairs])
    return list(coded), codes


def number_words(conn: Connection, wanted: Mapping[str, str | None]) -> dict[str, str]:
    """Return the code of every word, after numbering those that are new.

    wanted: by word, how it is shown (of values only).
    """
    known = _memory(conn).words
    found = {word: known[word] for word in wanted if word in known}
    found |= _held(conn, [word for word in wanted if word not in found])
    missing = sorted(word for word in wanted if word not in found)
    if missing:
        lock(conn, "lexicon")
        if conn.dialect.name != "sqlite":  # where another writer may have been faster
            found |= _held(conn, missing)
        found |= _add(conn, {word: wanted[word] for word in missing if word not in found})
    fresh = (word for word in wanted if word not in known and is_lasting(word))
    _remember(known, {word: found[word] for word in fresh})
    return found


def _memory(conn: Connection) -> _Memory:
    memory: _Memory = conn.info.setdefault(_REMEMBERED, _Memory())
    return memory


def _remember(known: dict[str, str], fresh: Mapping[str, str]) -> None:
    if len(known) > _MOST_REMEMBERED:
        known.clear()
    known.update(fresh)


def texts_as_numbered(
    conn: Connection, texts: Sequence[str], values: Collection[str]
) -> tuple[list[str], dict[str, str]]:
    """Return what `number_texts` does, with words left out that have no number."""
    words = tell_apart(texts)
    spelled = [spell(raw) for raw in words.raws]
    codes = _held(conn, {*spelled, *values})
    return list(words.coded([codes.get(word, NO_WORD) for word in spelled])), codes


def _held(conn: Connection, words: Collection[str]) -> dict[str, str]:
    rows = rows_at(conn, _WORDS, lexicon.c.word, words)
    return {word: code(family, variant) for word, family, variant in rows}


def _add(conn: Connection, fresh: Mapping[str, str | None]) -> dict[str, str]:
    if not fresh:
        return {}
    last = conn.execute(sa.select(sa.func.max(lexicon.c.family))).scalar()
    unused = 0 if last is None else last + 1
    families: dict[str, list[int]] = {}  # family, and its next variant
    of_new = {folded(word) for word in fresh}
    for name, family, next_variant in rows_at(conn, _FAMILIES, lexicon.c.folded, of_new):
        families[name] = [family, next_variant]
    rows: list[dict[str, Any]] = []
    for word, shown in fresh.items():
        if folded(word) not in families:
            families[folded(word)] = [unused, 0]
            unused += 1
        own = families[folded(word)]
        rows.append(_row(word, own[0], own[1], shown))
        own[1] += 1
    insert(conn, lexicon, rows)
    return {row["word"]: code(row["family"], row["variant"]) for row in rows}


def _row(word: str, family: int, variant: int, shown: str | None) -> dict[str, Any]:
    named: dict[str, Any] = {"word": word, "folded": folded(word), "shown": shown}
    return named | {"family": family, "variant": variant}


def meaning(conn: Connection, word: Word) -> Meant:
    """Return what a word stands for, no codes where no article has it. Raises QueryError."""
    column = lexicon.c.folded if word.loose else lexicon.c.word
    text = folded(word.text) if word.loose else word.text
    query = sa.select(lexicon.c.family, lexicon.c.variant).order_by(lexicon.c.word)
    if not word.prefix:
        rows = conn.execute(query.where(column == text))
        return Meant(tuple(code(*row) for row in rows), word.loose)
    within = query.where(column >= text, column < text + _AFTER_ALL).limit(MAX_PREFIXED + 1)
    many = conn.execute(within).all()
    if len(many) > MAX_PREFIXED:
        raise QueryError(
            f"{word.text + '*'!r} stands for more than {MAX_PREFIXED:,} words of the archive:"
            " expected more letters before the *"
        )
    return Meant(tuple(code(*row) for row in many), word.loose)


def words_of(conn: Connection, codes: Collection[str]) -> dict[str, str]:
    """Return the words with these codes that go with the last article that has them."""
    found = {}
    for part in in_parts([numbers(code_) for code_ in codes]):
        query = sa.select(lexicon.c.family, lexicon.c.variant, lexicon.c.word)
        for family, variant, word in conn.execute(query.where(_PAIR.in_(part))):
            if not is_lasting(word):
                found[code(family, variant)] = word
    return found


def value_codes(conn: Connection, words: Collection[str]) -> tuple[str, ...]:
    """Return the codes of values that articles are filed under.

    One without diacritics stands for those with them too, as a word of a query does.
    """
    found: list[str] = []
    for word in words:
        found += meaning(conn, Word(word, loose=folded(word) == word)).codes
    return tuple(dict.fromkeys(found))


def shown(conn: Connection, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the kind of the values with these codes, and how they are written."""
    families = sorted({numbers(code_)[0] for code_ in codes})
    rows = rows_at(conn, _VALUES, lexicon.c.family, families)
    found = ((code(family, variant), word, text) for family, variant, word, text in rows)
    return {code_: (word.split("\x1f")[1], text) for code_, word, text in found if code_ in codes}


def drop_words(conn: Connection, words: Collection[str]) -> None:
    """Take words out of the lexicon that no article holds any more."""
    for part in in_parts(list(words)):
        conn.execute(sa.delete(lexicon).where(lexicon.c.word.in_(part)))
