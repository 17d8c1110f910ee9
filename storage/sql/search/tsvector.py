"""The search in PostgreSQL: https://www.postgresql.org/docs/current/textsearch-intro.html.

A document's vector has each word without diacritics and, where it has any, as it is spelled, at
one position, so that a phrase may mix both; facet values are lexemes without a position. A vector
holds positions up to 16,383 and 255 of a lexeme: phrases beyond are not found, words are.

GIN knows no order. A common word is met by walking from the newest article back, a rare one
comes out of the index and is sorted.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR

from storage.model.articles import Article
from storage.model.search import SearchQuery, Term, Words
from storage.search.document import GAP, Document, both_forms, document_of
from storage.sql.schema.search import search_documents as documents
from storage.sql.schema.types import AnyRow, RowId, among
from storage.sql.search.entry import MATCH, Entry, Match, facet_tokens, filed_json, within, written

READ = 10_000
"""No article is read to know if it matches: no fewer can be ranked for that."""
SAMPLE = 500  # newest documents that tell how common a query's words are
NEAR = 20_000  # documents that the index finds for a phrase and that are looked through at most
WALKED = 30_000  # newest documents that are looked through instead
_PAGE = 2_000
_LAST_POSITION, _POSITIONS, _BYTES = 16_383, 255, 1_000_000
_ADD = """
INSERT INTO search_documents (article, content, sort_at, filed, vector)
VALUES (%s, %s, %s, %s, CAST(%s AS tsvector))
"""
_ORDER = (documents.c.sort_at.desc(), documents.c.article.desc())


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index."""
    rows = [(*one[:3], filed_json(one.text), vector_of(one.text)) for one in entries]
    conn.exec_driver_sql(_ADD, rows)


def vector_of(article: Article) -> str:
    """Return an article's vector, as PostgreSQL reads it."""
    document = document_of(article)
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
            sa.cast([vector_of(text) for text in texts.values()], ARRAY(sa.Text)),
        )
        .table_valued("article", "vector", name="wanted")
        .render_derived()
    )
    vector = sa.cast(wanted.c.vector, TSVECTOR)
    asked = sa.select(documents.c.article).where(documents.c.article == wanted.c.article)
    return list(conn.execute(asked.where(documents.c.vector != vector)).scalars())


def match_of(query: SearchQuery, *, apart: bool = False) -> str | None:
    """Return a query as PostgreSQL reads it; None where it names neither words nor facet values.

    apart: phrases as words anywhere.
    """
    parts = [_wanted(query.words, " & " if apart else " <-> ")]
    parts += [" | ".join(f"'{token}'" for token in some) for some in facet_tokens(query)]
    parts += [f"!{_term(term, ' <-> ')}" for term in query.words.excluded if not apart]
    return " & ".join(f"({part})" for part in parts if part) or None


def _wanted(words: Words, joined: str) -> str:
    groups = (" | ".join(_term(term, joined) for term in group) for group in words.required)
    return " & ".join(f"({group})" for group in groups)


def _term(term: Term, joined: str) -> str:
    lexemes = (
        f"'{written(word.text, loose=word.loose)}'{':*' if word.prefix else ''}"
        for word in term.words
    )
    return f"({joined.join(lexemes)})"


def _meets(match: str | None) -> ColumnElement[bool]:
    if match is None:
        return sa.true()
    return documents.c.vector.bool_op("@@")(sa.cast(match, TSQUERY))


def newest(conn: Connection, query: SearchQuery, most: int, broad: bool) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for.

    most: how many will be asked for. broad: the query's time was cut at its horizon.
    """
    match = match_of(query)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    read = hits = near = 0
    after: Match | None = None
    while read == 0 or broad or match is None or _is_common(most, read, hits, near, total):
        size = SAMPLE if read == 0 else _PAGE
        page = _walk(conn, query, after, size)
        for *row, is_hit, is_near in page:
            after = Match(*row)
            read, hits, near = read + 1, hits + is_hit, near + is_near
            if is_hit:
                yield after
        if len(page) < size:
            return
    yield from _out_of_index(conn, query, match, after)


_ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_documents'::regclass"


def _is_common(most: int, read: int, hits: int, near: int, total: int) -> bool:
    """Return whether walking on is shorter than looking through what the index would find."""
    if hits >= most:
        return True
    walk = (most - hits) * read / max(hits, 0.5)
    return walk < near / read * total


def _walk(conn: Connection, query: SearchQuery, after: Match | None, size: int) -> Sequence[AnyRow]:
    """Return the next articles in the query's time, and of each whether it matches."""
    where = [*within(query), *_after(after)]
    page = sa.select(*MATCH, documents.c.vector).where(*where).order_by(*_ORDER).limit(size)
    kept = page.cte("page").prefix_with("MATERIALIZED")
    tests = [
        sa.true() if match is None else kept.c.vector.bool_op("@@")(sa.cast(match, TSQUERY))
        for match in (match_of(query), match_of(query, apart=True))
    ]
    asked = sa.select(*(kept.c[column.name] for column in MATCH), *tests)
    return conn.execute(asked.order_by(kept.c.sort_at.desc(), kept.c.article.desc())).all()


def _out_of_index(
    conn: Connection, query: SearchQuery, match: str | None, after: Match | None
) -> Iterator[Match]:
    found = sa.select(*MATCH).where(_meets(match), *within(query), *_after(after))
    kept = found.cte("found").prefix_with("MATERIALIZED")
    asked = sa.select(kept).order_by(kept.c.sort_at.desc(), kept.c.article.desc())
    yield from (Match(*row) for row in conn.execute(asked))


def _after(after: Match | None) -> Iterable[ColumnElement[bool]]:
    if after is None:
        return []
    here = sa.tuple_(
        sa.literal(after.sort_at, documents.c.sort_at.type), sa.literal(after.article, RowId)
    )
    return [sa.tuple_(documents.c.sort_at, documents.c.article) < here]


def horizon(conn: Connection, query: SearchQuery) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can."""
    terms = [term for group in query.words.required for term in group]
    if not any(len(term.words) > 1 or term.words[-1].prefix for term in terms):
        return None
    page = _walk(conn, SearchQuery(query.words, since=query.since, until=query.until), None, SAMPLE)
    near = sum(bool(row[-1]) for row in page)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    if len(page) < SAMPLE or near / SAMPLE * total <= NEAR:
        return None
    bounds = within(SearchQuery(since=query.since, until=query.until))
    times = sa.select(documents.c.sort_at).where(*bounds).order_by(*_ORDER)
    return conn.execute(times.offset(WALKED).limit(1)).scalar()


def scores(
    conn: Connection, query: SearchQuery, matches: Sequence[Match], _broad: bool
) -> dict[int, float]:
    """Return how well matches fit, by article, the better the higher."""
    if not matches or not query.words.required:
        return {}
    words = sa.cast(_wanted(query.words, " <-> "), TSQUERY)
    weights = sa.cast([0.1, 0.2, 0.4, 1.0], ARRAY(sa.REAL))  # of D, C, B and A, the title's
    rank = sa.func.ts_rank(weights, documents.c.vector, words, 1)  # 1: long texts count less
    some = among(conn, documents.c.article, [match.article for match in matches])
    return {
        row[0]: row[1] for row in conn.execute(sa.select(documents.c.article, rank).where(some))
    }
