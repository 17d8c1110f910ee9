"""An article's texts and filings as the string that `storage.search_codes` describes. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from storage.model import Article
from storage.search_codes import FIELD_END, VALUE_END
from storage.text import canonical_tone, normalize
from storage.words import RAW, spell

Codes = Mapping[str, str]
"""The two characters of each word: of a word as spelled, or of all in a chunk, in order."""

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


def chunked(article: Article) -> list[list[list[str]]]:
    """Return title, sapo, authors, tags and body as they are written: fields, values, chunks.

    A chunk is what stands between blanks; no word holds one. A text has six times as many
    characters as chunks, and most chunks were met before: so each is looked at once.
    """
    fields = [[article.title], [article.sapo or ""], article.authors, article.tags, [article.body]]
    return [[text.split() for text in texts] for texts in fields]


def words_in(chunk: str) -> list[str]:
    """Return the words of a chunk as spelled, in order."""
    return [word for raw in RAW.findall(chunk) if (word := spell(raw))]


def stream_of(
    filed: Iterable[str], fields: Iterable[Iterable[Iterable[str]]], codes: Codes, chunks: Codes
) -> str:
    """Return an article as its string.

    filed: words of its filings. codes: of those. chunks: each chunk's words as codes.
    """
    parts = ["".join(sorted(codes[word] for word in filed))]
    for texts in fields:
        values = ("".join(map(chunks.__getitem__, text)) for text in texts)
        parts.append(VALUE_END.join(value for value in values if value))
    return FIELD_END.join(parts)
