"""What PostgreSQL indexes: https://www.postgresql.org/docs/current/datatype-textsearch.html.

Facet values are lexemes without a position. A vector holds positions up to 16,383 and 255 of a
lexeme: phrases beyond are not found, words are.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.search.document import GAP, Document
from storage.sql.engine.bulk import among
from storage.sql.schema.search import search_documents
from storage.sql.search.entry import Entry

_LAST_POSITION, _POSITIONS, _BYTES = 16_383, 255, 1_000_000
_ADD = """
INSERT INTO search_documents (article, content, sort_at, filed, vector)
VALUES (%s, %s, %s, %s, CAST(%s AS tsvector))
"""


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index."""
    conn.exec_driver_sql(_ADD, [(*one[:3], one.filed, vector_of(one.document)) for one in entries])


def vector_of(document: Document) -> str:
    """Return an article's vector, as PostgreSQL reads it."""
    places: dict[str, list[str]] = {}
    size = len(document.tokens.encode())
    title = document.title.split()
    for at, word in enumerate([*title, GAP, *document.text.split()], 1):
        if word == GAP:
            continue
        found = places.setdefault(word, [])
        size += 2 if found else len(word.encode()) + 6
        if len(found) < _POSITIONS and at <= _LAST_POSITION:
            found.append(f"{at}A" if at <= len(title) else str(at))
        if size > _BYTES:
            break
    lexemes = [f"'{word}':{','.join(at)}" if at else f"'{word}'" for word, at in places.items()]
    return " ".join([*lexemes, *(f"'{token}'" for token in document.tokens.split())])


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index."""
    gone = among(conn, search_documents.c.article, [entry.article for entry in entries])
    conn.execute(sa.delete(search_documents).where(gone))


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("TRUNCATE search_documents")


def is_sound(_conn: Connection) -> bool:
    """Return True: PostgreSQL keeps its indexes as it keeps all others."""
    return True
