"""What both engines' modules index and find."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from storage.model.search import SearchQuery
from storage.search.document import Document, facet_token
from storage.sql.engine import bulk
from storage.sql.schema.places import article_places
from storage.sql.schema.search import search_documents as documents


class Entry(NamedTuple):
    """An article to index. content: the row that holds its text. sort_at: its time."""

    article: int
    content: int
    sort_at: datetime
    document: Document


class Match(NamedTuple):
    """An article that a search finds. filed: its facet values. score: the better the higher.

    meets: whether it matches the query; else it has the words but not the phrases.
    """

    sort_at: datetime
    article: int
    content: int
    filed: str
    score: float = 0.0
    meets: bool = True


MATCH = (documents.c.sort_at, documents.c.article, documents.c.content, documents.c.filed)
"""The first columns of a match."""


def facet_tokens(query: SearchQuery) -> list[list[str]]:
    """Return for each facet that the query names the tokens of which a document has one."""
    return [[facet_token(kind, one) for one in values] for kind, values in query.facets.items()]


def within(query: SearchQuery) -> list[ColumnElement[bool]]:
    """Return the query's conditions that the index does not know: time and places."""
    bounds = bulk.within(documents.c.sort_at, query)
    if query.places:
        about = article_places.c
        here = about.article == documents.c.article
        if query.about == "certain":
            here &= about.confidence == "certain"
        bounds.append(sa.exists().where(here, about.unit.in_(query.places)))
    return bounds
