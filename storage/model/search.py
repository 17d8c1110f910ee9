"""The nouns of the search: what is asked, and what comes back.

`storage.search.query_syntax` makes a `Words` from what a user typed; docs/search.md says how it
reads.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from storage.model.articles import ArchivedArticle
from storage.model.places import Confidence, Field

Order = Literal["date", "relevance"]
FacetKind = Literal["outlet", "section", "author", "tag", "kind", "month", "place"]
FACETS: tuple[FacetKind, ...] = ("outlet", "month", "section", "author", "tag", "kind", "place")

MAX_LIMIT = 1000
"""Hits that one search can return; those after them are reached with `until`."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query, spelled as `storage.text.words` does.

    loose: it matches every word that is the same without diacritics.
    prefix: it matches every word that begins so.
    """

    text: str
    loose: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase, one right after the other in one field."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What a text must say: one term at least of each in `required`, and none of `excluded`."""

    required: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for. Every condition holds; within one, any of its values will do.

    The newest state of an article counts. `since` is inclusive, `until` exclusive, on publication
    time (the first capture's where a page gives none).
    sections: names, at any level of the path. authors, tags, sections: case and tone placement do
    not count, and neither do diacritics where the value has none.
    places: ids of units; wanted are articles about any of them (primary).
    about: "certain" leaves out the likely ones of them.
    one_per_cluster: of articles that are copies of one story only the first in the order.
    limit: hits, at most MAX_LIMIT.
    """

    words: Words = field(default_factory=Words)
    outlets: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    one_per_cluster: bool = False
    order: Order = "relevance"
    limit: int = 20
    about: Confidence = "likely"

    @property
    def facets(self) -> dict[FacetKind, tuple[str, ...]]:
        """The values that it asks for, by kind, but for places."""
        named: dict[FacetKind, tuple[str, ...]] = {
            "outlet": self.outlets,
            "section": self.sections,
            "author": self.authors,
            "tag": self.tags,
            "kind": self.kinds,
        }
        return {kind: values for kind, values in named.items() if values}


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters [start, end) of a field as given that a word of the query finds.

    "body" is `Article.body`. They are whole words, with their combining marks.
    """

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a field, with the characters [start, end) of the piece that were found."""

    field: Field
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One article that was found. score: 0 where the order is by date."""

    article: ArchivedArticle
    score: float
    marks: tuple[Mark, ...]
    snippet: Snippet | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    total: matching articles; at least so many where `total_is_exact` is false.
    complete: False where too many match to rank them all; then only those since `ranked_since`
    were, and no article before it is among the hits.
    """

    hits: tuple[SearchHit, ...]
    total: int
    total_is_exact: bool
    complete: bool = True
    ranked_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """How the matching articles spread, most frequent value first.

    counts: for each kind the values with their number of articles; a month is "2026-03", in
    Việt Nam's time, and months come in order; a place is a unit's id. An article with two tags
    counts for both.
    total, complete, counted_since: as `total`, `complete` and `ranked_since` of SearchResult.
    """

    counts: dict[FacetKind, tuple[tuple[str, int], ...]]
    total: int
    complete: bool = True
    counted_since: datetime | None = None
