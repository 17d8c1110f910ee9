"""An article as the words that both databases index. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage.model.articles import Article
from storage.text.normalize import canonical_tone, normalize, storable
from storage.text.words import RAW, folded, spell

GAP = "_"
"""Stands between fields, and between values of one: never a word, so that no phrase spans it."""

_LONGEST_VALUE = 200  # characters of an author, tag or section that count
# SQLite's tokenizer splits at ASCII punctuation; its look-alikes from U+2400 on stay in the token.
_ONE_TOKEN = {char: chr(0x2400 + char) for char in range(128) if not chr(char).isalnum()}


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a title and of all other text, and the facet values with their tokens."""

    title: list[str]
    text: list[str]
    tokens: list[str]
    filed: list[tuple[str, str]]


def document_of(article: Article) -> Document:
    """Return the words of an article."""
    text: list[str] = []
    for field in (article.sapo or "", article.body, *article.authors, *article.tags):
        text += words_of(field)
        text.append(GAP)
    filed = facet_values(article)
    tokens = both_forms(facet_token(kind, value) for kind, value in filed)
    return Document(words_of(article.title), text, list(dict.fromkeys(tokens)), filed)


def words_of(text: str) -> list[str]:
    """Return the words of a text, spelled."""
    return list(filter(None, map(spell, RAW.findall(text))))


def both_forms(words: Iterable[str]) -> Iterator[str]:
    """Yield each word, and the word without diacritics where that is another one."""
    for word in words:
        plain = folded(word)
        yield plain
        if word != plain:
            yield word


def facet_token(kind: str, value: str) -> str:
    """Return the token of a value that articles are filed under; no word is like it."""
    return f"§{kind}§{facet_key(value).translate(_ONE_TOKEN)}"


def facet_key(value: str) -> str:
    """Return a value as values are compared: case, blanks and tone placement do not count."""
    plain = " ".join(canonical_tone(normalize(value).lower()).split())
    return storable(plain[:_LONGEST_VALUE])


def facet_values(article: Article) -> list[tuple[str, str]]:
    """Return the kinds and values that an article is filed under, each value once, as written."""
    values = [("outlet", article.outlet), ("kind", article.kind)]
    values += [("section", value) for value in article.section]
    values += [("author", value) for value in article.authors]
    values += [("tag", value) for value in article.tags]
    once: dict[tuple[str, str], str] = {}
    for kind, value in values:
        shown = storable(" ".join(value.split())[:_LONGEST_VALUE])
        once.setdefault((kind, facet_key(value)), shown)
    return [(kind, shown) for (kind, key), shown in once.items() if key]
