"""A naive search of every article, word by word, as the oracle for tests of the real one."""

from collections.abc import Iterable, Sequence
from typing import Any

from storage.archive import Archive
from storage.model.articles import ArchivedArticle, Article, ArticleQuery
from storage.model.search import SearchQuery, Term, Word
from storage.search.query_syntax import parse_words
from storage.text.normalize import canonical_tone, fold, normalize
from storage.text.words import spelled
from tests.support.samples import article
from tests.support.tagging import put


def filled(archive: Archive, *texts: str) -> None:
    """Store articles with these texts, numbered from 1, each newer than the one before."""
    for number, text in enumerate(texts, start=1):
        put(archive, 0, article(number, text, title=f"Bài {number}"))


def ids(archive: Archive, text: str, *, fold: bool = False, **wanted: Any) -> list[str]:
    """Return the outlet ids of the articles that a search finds, best first."""
    query = SearchQuery(parse_words(text, fold=fold), **wanted)
    hits = archive.search.find(query).hits
    return [hit.article.latest.article.article_id or "" for hit in hits]


def by_hand(archive: Archive, query: SearchQuery) -> list[int]:
    """Return the short ids of the articles that match, newest first."""
    plain = ArticleQuery(query.outlets, query.places, query.since, query.until)
    return [found.id for found in archive.articles.find(plain) if _matches(found, query)]


def _matches(found: ArchivedArticle, query: SearchQuery) -> bool:
    article = found.latest.article
    texts = _texts(article)
    return (
        all(any(_says(texts, term) for term in group) for group in query.words.required)
        and not any(_says(texts, term) for term in query.words.excluded)
        and _is_any(article.section, query.sections)
        and _is_any(article.authors, query.authors)
        and _is_any(article.tags, query.tags)
        and _is_any([article.kind], query.kinds)
    )


def _texts(article: Article) -> list[list[str]]:
    fields = [article.title, article.sapo or "", *article.authors, *article.tags, article.body]
    return [[word for _, _, word in spelled(field)] for field in fields]


def _says(texts: Iterable[Sequence[str]], term: Term) -> bool:
    length = len(term.words)
    return any(
        all(map(means, term.words, text[at : at + length]))
        for text in texts
        for at in range(len(text) - length + 1)
    )


def means(word: Word, spelling: str) -> bool:
    """Return whether a word of a query matches a spelled word of a text."""
    wanted, found = (fold(word.text), fold(spelling)) if word.loose else (word.text, spelling)
    # "hoà" and "hòa" are the same word, and both are prefixes of "hoàng".
    begun = found.startswith(wanted) or canonical_tone(found[: len(wanted)]) == wanted
    return begun if word.prefix else found == wanted


def _is_any(values: Iterable[str], wanted: Iterable[str]) -> bool:
    wanted = [_plain(value) for value in wanted]
    held = {_plain(value) for value in values}
    loosely = {fold(value) for value in held}
    return not wanted or any(
        value in held or (fold(value) == value and value in loosely) for value in wanted
    )


def _plain(value: str) -> str:
    return " ".join(canonical_tone(normalize(value).lower()).split())
