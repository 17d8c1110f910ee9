"""An article's texts and filings as the string that `storage.search_codes` describes. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from storage.model import Article
from storage.search_codes import FIELD_END, VALUE_END
from storage.text import canonical_tone, normalize
from storage.words import RAW, spell

Codes = Mapping[str, str]
"""The two characters of each word, by the word as spelled."""

FILED = ("outlet", "section", "author", "tag", "kind")
_LONGEST_VALUE = 200  # characters; a database's index takes no text of any length
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def value_word(kind: str, value: str) -> str:
    """Return what stands in the lexicon for a value that articles are filed under.

    Empty for a value that says nothing. No word of a text is like it: those hold no controls.
    """
    plain = " ".join(canonical_tone(normalize(value).lower()).split())[:_LONGEST_VALUE]
    plain = _UNSTORABLE.sub("\ufffd", plain)
    return f"\x1f{kind}\x1f{plain}" if plain else ""


def filings(article: Article) -> Iterator[tuple[str, str]]:
    """Yield what the article is filed under: the word for it, and the value as it is written."""
    values: dict[str, Iterable[str]] = {
        "outlet": (article.outlet,),
        "section": article.section,
        "author": article.authors,
        "tag": article.tags,
        "kind": (article.kind,),
    }
    found: dict[str, str] = {}
    for kind, written in values.items():
        for value in written:
            found.setdefault(value_word(kind, value), " ".join(value.split())[:_LONGEST_VALUE])
    found.pop("", None)
    yield from found.items()


def raw_fields(article: Article) -> list[list[list[str]]]:
    """Return the words of title, sapo, authors, tags and body as written: fields, values, words."""
    fields = [[article.title], [article.sapo or ""], article.authors, article.tags, [article.body]]
    return [[RAW.findall(text) for text in texts] for texts in fields]


def spellings(fields: Iterable[Iterable[Iterable[str]]]) -> dict[str, str]:
    """Return how each word that is written in `fields` is spelled; what is no word is left out."""
    raws = {raw for texts in fields for text in texts for raw in text}
    return {raw: word for raw in raws if (word := spell(raw))}


def stream_of(
    filed: Iterable[str], fields: Iterable[Iterable[Iterable[str]]], codes: Codes, raw: Codes
) -> str:
    """Return an article as its string.

    filed: words of its filings. codes: of those. raw: of words as written in `fields`.
    """
    parts = ["".join(sorted(codes[word] for word in filed))]
    for texts in fields:
        values = ("".join([raw[word] for word in text if word in raw]) for text in texts)
        parts.append(VALUE_END.join(value for value in values if value))
    return FIELD_END.join(parts)
