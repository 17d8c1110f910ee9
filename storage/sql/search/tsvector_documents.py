"""What PostgreSQL indexes: https://www.postgresql.org/docs/current/datatype-textsearch.html.

A document's vector has each word without diacritics and, where it has any, as it is spelled, at
one position, so that a phrase may mix both; facet values are lexemes without a position. A vector
holds positions up to 16,383 and 255 of a lexeme: phrases beyond are not found, words are.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from storage.model.articles import Article
from storage.search.document import GAP, Document, both_forms, document_of
from storage.sql.engine.bulk import among
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import Entry, filed_text

_LAST_POSITION, _POSITIONS, _BYTES = 16_383, 255, 1_000_000
_ADD = """
INSERT INTO search_documents (article, content, sort_at, filed, vector)
VALUES (%s, %s, %s, %s, CAST(%s AS tsvector))
"""


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index."""
    made = [(one, document_of(one.text)) for one in entries]
    rows = [(*one[:3], filed_text(words.filed), vector_of(words)) for one, words in made]
    conn.exec_driver_sql(_ADD, rows)


def vector_of(document: Document) -> str:
    """Return an article's vector, as PostgreSQL reads it."""
    places: dict[str, list[str]] = {}
    size = sum(len(token.encode()) + 1 for token in document.tokens)
    for position, word in _positions(document):
        for form in both_forms((word,)):
            found = places.setdefault(form, [])
            size += 2 if found else len(form.encode()) + 6
            if len(found) < _POSITIONS and position:
                found.append(position)
        if size > _BYTES:
            break
    lexemes = (f"'{form}':{','.join(at)}" if at else f"'{form}'" for form, at in places.items())
    return " ".join([*lexemes, *(f"'{token}'" for token in document.tokens)])


def _positions(document: Document) -> Iterator[tuple[str, str]]:
    """Yield a document's words with their positions, if they can have any, and weights."""
    words = chain(((word, "A") for word in document.title), [(GAP, "")])
    for at, (word, weight) in enumerate(chain(words, ((word, "") for word in document.text)), 1):
        if word != GAP:
            yield f"{at}{weight}" if at <= _LAST_POSITION else "", word


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index."""
    gone = among(conn, documents.c.article, [entry.article for entry in entries])
    conn.execute(sa.delete(documents).where(gone))


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("TRUNCATE search_documents")


def is_sound(_conn: Connection) -> bool:
    """Return True: PostgreSQL keeps its indexes as it keeps all others."""
    return True


def differing(conn: Connection, texts: dict[int, Article]) -> list[int]:
    """Return those articles whose vectors are not those of their texts."""
    wanted = (
        sa.func.unnest(
            sa.cast(list(texts), ARRAY(sa.BigInteger)),
            sa.cast([vector_of(document_of(text)) for text in texts.values()], ARRAY(sa.Text)),
        )
        .table_valued("article", "vector", name="wanted")
        .render_derived()
    )
    vector = sa.cast(wanted.c.vector, TSVECTOR)
    asked = sa.select(documents.c.article).where(documents.c.article == wanted.c.article)
    return list(conn.execute(asked.where(documents.c.vector != vector)).scalars())
