"""An article as the words that both databases index. Pure."""

from dataclasses import dataclass
from functools import lru_cache

from storage.model.articles import Article
from storage.text.normalize import canonical_tone, normalize, storable
from storage.text.words import folded, lexemes

GAP = "_"
"""Stands between fields, and between values of one: never a word, so that no phrase spans it."""

EVERY = "§"
"""A token that every article has."""

_LONGEST_VALUE = 200  # characters of an author, tag or section that count
# SQLite's tokenizer splits at ASCII punctuation; its look-alikes from U+2400 on stay in the token.
_ONE_TOKEN = {char: chr(0x2400 + char) for char in range(128) if not chr(char).isalnum()}


@dataclass(frozen=True, slots=True)
class Document:
    """The lexemes of a title and of all other text, and the tokens of facet values, by blanks.

    filed: the facet values as written, a line each: kind, tab, value.
    """

    title: str
    text: str
    tokens: str
    filed: str


def document_of(article: Article) -> Document:
    """Return the words of an article."""
    fields = (article.sapo or "", article.body, *article.authors, *article.tags)
    text = f" {GAP} ".join(map(lexemes, fields))
    filed = facet_values(article)
    tokens = [facet_token(*value) for value in filed]
    every = dict.fromkeys([EVERY, *tokens, *map(_folded, tokens)])
    lines = "\n".join(map("\t".join, filed))
    return Document(lexemes(article.title), text, " ".join(every), lines)


def facet_token(kind: str, value: str) -> str:
    """Return the token of a facet value; no word is like it."""
    return f"§{kind}§{facet_key(value).translate(_ONE_TOKEN)}"


def _folded(token: str) -> str:
    return folded(token).translate(_ONE_TOKEN)  # "≠" without its stroke is ASCII


@lru_cache(maxsize=20_000)  # outlets, sections and authors come again and again
def facet_key(value: str) -> str:
    """Return a value as values are compared: case, blanks and tone placement do not count."""
    plain = " ".join(canonical_tone(normalize(value).lower()).split())
    return storable(plain[:_LONGEST_VALUE])


def facet_values(article: Article) -> list[tuple[str, str]]:
    """Return an article's facet values with their kinds, each once, as written."""
    values = [("outlet", article.outlet), ("kind", article.kind)]
    values += [("section", value) for value in article.section]
    values += [("author", value) for value in article.authors]
    values += [("tag", value) for value in article.tags]
    once: dict[tuple[str, str], str] = {}
    for kind, value in values:
        shown = storable(" ".join(value.split())[:_LONGEST_VALUE])
        once.setdefault((kind, facet_key(value)), shown)
    return [(kind, shown) for (kind, key), shown in once.items() if key]
