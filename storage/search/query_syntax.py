"""From what a user typed to the words of a query. Pure.

    cháy "chung cư" -"diễn tập" quận OR huyện ngu*

- Words side by side must all be there; OR between two means one of them (it binds closer).
- "…" is a phrase, -… must not be there, …* stands for every word that begins so.
- A word with diacritics means just that word; one without stands for those with them too.
- What a blank does not part but punctuation does ("covid-19", "TP.HCM") is a phrase.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from storage.errors import QueryError
from storage.model.search import Term, Word, Words
from storage.text.words import is_plain, spelled

MAX_CHARS = 2_000
MAX_WORDS = 64

_QUOTES = '"“”„‟＂'
_TOKEN = re.compile(rf"(?P<minus>-?)(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?P<end>[{_QUOTES}]?)"
                    rf"|(?P<bare>[^\s{_QUOTES}]+))|(?P<dash>-)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """A term, or OR where there is none; `at`: its first character, from 1."""

    at: int
    term: Term | None
    excluded: bool = False


def parse_words(text: str, *, fold: bool = False) -> Words:
    """Return what a query asks for; no words at all ask for nothing.

    fold: diacritics do not count, in no word. Raises QueryError, which names the character.
    """
    if len(text) > MAX_CHARS:
        raise QueryError(
            f"the query has {len(text):,} characters: expected at most {MAX_CHARS:,};"
            " search for fewer words"
        )
    parts = list(_parts(text, fold))
    count = sum(len(part.term.words) for part in parts if part.term)
    if count > MAX_WORDS:
        raise QueryError(f"the query has {count} words: expected at most {MAX_WORDS}")
    required = _required(parts)
    excluded = tuple(part.term for part in parts if part.excluded and part.term)
    if excluded and not required:
        at = next(part.at for part in parts if part.excluded)
        raise QueryError(
            f"the query only excludes, at character {at}: expected a word to look for too"
        )
    return Words(required, excluded)


def _parts(text: str, fold: bool) -> Iterator[_Part]:
    for match in _TOKEN.finditer(text):
        at = match.start() + 1
        bare, phrase = match["bare"], match["phrase"]
        if bare == "OR" and not match["minus"]:
            yield _Part(at, None)
            continue
        if phrase is not None and not match["end"]:
            raise QueryError(f"the phrase at character {at} has no end: expected a closing quote")
        words = tuple(_words(phrase if bare is None else bare, fold))
        starred = bare is not None and bare.endswith("*")
        if not words:
            _check_empty(match.group(), at)
            continue
        if starred:
            words = (*words[:-1], replace(words[-1], prefix=True))
        yield _Part(at, Term(words), bool(match["minus"]))


def _words(text: str | None, fold: bool) -> Iterator[Word]:
    for _, _, word in spelled(text or ""):
        yield Word(word, loose=fold or is_plain(word))


def _check_empty(token: str, at: int) -> None:
    """Pass over punctuation, but not what somebody meant something by."""
    if token.strip("-") == "*":
        raise QueryError(f"a lone * at character {at}: expected the beginning of a word before it")
    if token.startswith("-"):
        raise QueryError(f"a lone - at character {at}: expected a word to exclude right after it")
    if token[0] in _QUOTES:
        raise QueryError(f"the phrase at character {at} is empty: expected words in it")


def _required(parts: list[_Part]) -> tuple[tuple[Term, ...], ...]:
    """Return what must be there: each a term, or those that OR joins."""
    groups: list[tuple[Term, ...]] = []
    before: _Part | None = None
    for part in parts:
        joins = before is not None and before.term is None
        if part.term is None:
            if before is None or joins or before.excluded:
                raise QueryError(f"an OR at character {part.at} has no word before it")
        elif part.excluded:
            if joins:
                raise QueryError(
                    f"an excluded word at character {part.at} after OR: expected a word to find"
                )
        elif joins:
            groups[-1] += (part.term,)
        else:
            groups.append((part.term,))
        before = part
    if before is not None and before.term is None:
        raise QueryError(f"an OR at character {before.at} has no word after it")
    return tuple(groups)
