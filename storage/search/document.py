"""An article's texts and filings as the string that `storage.search.encoding` describes. Pure."""

from collections.abc import Iterable, Iterator

from storage.model.articles import Article
from storage.search.encoding import FIELD_END, VALUE_END
from storage.text.normalize import canonical_tone, normalize, storable

FILED = ("outlet", "section", "author", "tag", "kind")
_LONGEST_VALUE = 200  # characters; a database's index takes no text of any length


def value_word(kind: str, value: str) -> str:
    """Return what stands in the lexicon for a value that articles are filed under.

    Empty for a value that says nothing. No word of a text is like it: those hold no controls.
    """
    plain = " ".join(canonical_tone(normalize(value).lower()).split())[:_LONGEST_VALUE]
    return f"\x1f{kind}\x1f{storable(plain)}" if plain else ""


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


def fields_of(article: Article) -> list[list[str]]:
    """Return the values of title, sapo, authors, tags and body."""
    one_each = [article.title], [article.sapo or ""]
    return [*one_each, list(article.authors), list(article.tags), [article.body]]


def stream_of(filed: Iterable[str], fields: Iterable[Iterable[str]]) -> str:
    """Return an article as its string.

    filed: codes of its filings. fields: as of `fields_of`, with each text's words as codes.
    """
    parts = ["".join(sorted(filed))]
    parts += [VALUE_END.join(filter(None, values)) for values in fields]
    return FIELD_END.join(parts)
