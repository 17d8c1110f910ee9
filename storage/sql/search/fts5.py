"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html.

Words stand twice, as spelled and without diacritics, in columns of their own; facet values are
words of a column, too. A document's number is its row id and rises with its time, so that "newest
first" is a walk along the index: minutes since 1970 shifted by 6 bits, the next free number where
a minute is full. A document may so stand behind its minute, never before it.

FTS5 cannot tell which of a phrase's words must have their diacritics. A phrase that mixes both
kinds is looked for without, and what is found is read.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.exc import DatabaseError

from storage.codec.articles import article_from_json
from storage.model.articles import Article
from storage.model.search import SearchQuery, Term, Words
from storage.search.document import document_of
from storage.search.highlight import Finder
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.core import contents
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Entry, Match, facet_tokens, filed_json, within, written
from storage.text.words import folded

READ = 1_000
"""Matches that are read at most to rank or count a query with a phrase that mixes both kinds."""
SAMPLE = 1_000  # newest documents that tell how common a query's words are
NEAR = 50_000  # documents with all words of a phrase that are looked through at most
_BITS = 6
_CHUNK = 50
_READ_ONLY = 8  # https://www.sqlite.org/rescode.html#readonly
_COLUMNS = "text, text_folded, title, title_folded, filed"
ADD = f"INSERT INTO search_index (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_REMOVE = (
    f"INSERT INTO search_index (search_index, rowid, {_COLUMNS})"  # noqa: S608 - constants
    " VALUES ('delete', ?, ?, ?, ?, ?, ?)"
)
_BEFORE = """
SELECT number FROM search_documents WHERE sort_at <= ? ORDER BY sort_at DESC, number DESC LIMIT 1
"""
_NEXT_FREE = """
SELECT number + 1 FROM search_documents AS here WHERE number >= ? AND NOT EXISTS
    (SELECT 1 FROM search_documents AS next WHERE next.number = here.number + 1)
ORDER BY number LIMIT 1
"""
_BOTH, _TITLE = ("{text title}", "{text_folded title_folded}"), ("title", "title_folded")
_SCORE = sa.literal_column("-bm25(search_index, 1, 1, 5, 5, 0)", sa.Float)
_INDEX = sa.table("search_index", sa.column("rowid", sa.Integer))


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index, given in the order of their times."""
    rows = [numbered(conn, entry) for entry in entries]
    values = [(number, *_columns(entry)) for number, entry in zip(rows, entries, strict=True)]
    conn.exec_driver_sql(ADD, values)


def numbered(conn: Connection, entry: Entry) -> int:
    """Write an article's document, and return the number it got."""
    first = _first_number(entry.sort_at)
    at = documents.c.sort_at.type.bind_processor(conn.dialect)(entry.sort_at)  # type: ignore[misc]
    earlier = conn.exec_driver_sql(_BEFORE, (at,)).scalar()
    number = first if earlier is None else max(first, earlier + 1)
    taken = "SELECT 1 FROM search_documents WHERE number = ?"
    if conn.exec_driver_sql(taken, (number,)).first():
        number = conn.exec_driver_sql(_NEXT_FREE, (number,)).scalar_one()
    row = {"number": number, "article": entry.article, "content": entry.content}
    row |= {"sort_at": entry.sort_at, "filed": filed_json(entry.text)}
    insert(conn, documents, [row | {"late": max(0, number - first - (1 << _BITS) + 1)}])
    return int(number)


def _first_number(at: datetime) -> int:
    return int(at.timestamp() // 60) << _BITS


def _columns(entry: Entry) -> list[str]:
    document = document_of(entry.text)
    pairs = [(words, list(map(folded, words))) for words in (document.text, document.title)]
    return [" ".join(words) for words in (*pairs[0], *pairs[1], document.tokens)]


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index, in which they are as `entries` say."""
    ids = [entry.article for entry in entries]
    numbers = sa.select(documents.c.article, documents.c.number)
    held = {row[0]: row[1] for row in rows_at(conn, numbers, documents.c.article, ids)}
    conn.exec_driver_sql(_REMOVE, [(held[one.article], *_columns(one)) for one in entries])
    conn.exec_driver_sql("DELETE FROM search_documents WHERE article = ?", [(id_,) for id_ in ids])


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    conn.exec_driver_sql("DELETE FROM search_documents")


def is_sound(conn: Connection) -> bool:
    """Return whether FTS5 finds its index whole, and whether it is of just the documents.

    FTS5 is asked by writing: where that is not allowed, only the documents are compared.
    """
    try:
        conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != _READ_ONLY:
            return False
    ids = "SELECT id FROM search_index_docsize", "SELECT number FROM search_documents"
    differing = (f"{a} EXCEPT {b} LIMIT 1" for a, b in (ids, ids[::-1]))
    return not any(conn.exec_driver_sql(query).first() for query in differing)


def differing(_conn: Connection, _texts: dict[int, Article]) -> list[int]:
    """Return none: an index without content cannot be asked what it has of an article."""
    return []


def match_of(
    query: SearchQuery, columns: tuple[str, str] = _BOTH, *, apart: bool = False
) -> str | None:
    """Return a query in FTS5's syntax; None where it names neither words nor facet values.

    columns: for words as spelled, and without diacritics. apart: phrases as words anywhere.
    """
    words = query.words
    groups = [[_term(term, columns, apart) for term in group] for group in words.required]
    groups += [[f'filed:"{token}"' for token in some] for some in facet_tokens(query)]
    if not groups:
        return None
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    excluded = [_term(term, columns, False) for term in words.excluded if not _is_mixed(term)]
    return f"({wanted}) NOT ({' OR '.join(excluded)})" if excluded and not apart else wanted


def _term(term: Term, columns: tuple[str, str], apart: bool) -> str:
    exact, plain = columns
    loose = any(word.loose for word in term.words)
    words = [written(word.text, loose=loose) for word in term.words]
    star = " *" if term.words[-1].prefix else ""
    quoted = [f'"{word}"' for word in words] if apart else [f'"{" ".join(words)}"']
    parts = [f"{plain if loose else exact}: {one}" for one in quoted]
    parts[-1] += star
    if _is_mixed(term):  # the words that must have their diacritics, anywhere
        strict = (word for word in term.words if not word.loose)
        parts += [f'{exact}: "{word.text}"{" *" if word.prefix else ""}' for word in strict]
    return f"({' AND '.join(parts)})"


def _is_mixed(term: Term) -> bool:
    return len({word.loose for word in term.words}) > 1


def is_checked(words: Words) -> bool:
    """Return whether articles must be read to know if they match."""
    terms = [term for group in words.required for term in group]
    return any(map(_is_mixed, (*terms, *words.excluded))) or bool(words.excluded and not terms)


def newest(conn: Connection, query: SearchQuery, _most: int, _broad: bool) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for."""
    asked = _by_number(conn, query, match_of(query), *MATCH, documents.c.number)
    rows = conn.execute(asked.execution_options(yield_per=_CHUNK))
    found = _in_order((Match(*row[:4]), row[4]) for row in rows)
    yield from _checked(conn, found, query.words) if is_checked(query.words) else found


def _in_order(rows: Iterable[tuple[Match, int]]) -> Iterator[Match]:
    """Put matches that come by their numbers in the order of their times.

    No article that is still to come was published after the minute of the number that came last.
    """
    waiting: list[tuple[float, int, Match]] = []
    for match, number in rows:
        after = ((number >> _BITS) + 1) * 60
        while waiting and -waiting[0][0] >= after:
            yield heappop(waiting)[2]
        heappush(waiting, (-match.sort_at.timestamp(), -match.article, match))
    while waiting:
        yield heappop(waiting)[2]


def _checked(conn: Connection, found: Iterator[Match], words: Words) -> Iterator[Match]:
    finder = Finder(words)
    texts = sa.select(contents.c.id, contents.c.json)
    while chunk := list(islice(found, _CHUNK)):
        read = {r[0]: r[1] for r in rows_at(conn, texts, contents.c.id, [m.content for m in chunk])}
        yield from (m for m in chunk if finder.says(article_from_json(read[m.content], 0)))


def _by_number(
    conn: Connection, query: SearchQuery, match: str | None, *columns: ColumnElement[Any]
) -> Select[Any]:
    """Return a statement for what is within the query's bounds and meets `match`, newest first."""
    asked = sa.select(*columns).select_from(documents).where(*within(query))
    number: ColumnElement[int] = documents.c.number
    if match is not None:
        number = _INDEX.c.rowid
        meets = sa.text("search_index MATCH :match").bindparams(match=match)
        joined = documents.c.number == _INDEX.c.rowid + 0  # no column, so that FTS5 leads
        asked = asked.select_from(_INDEX).where(meets, joined)
    if query.since is not None:
        asked = asked.where(number >= _first_number(query.since))
    if query.until is not None:
        late = conn.exec_driver_sql("SELECT max(late) FROM search_documents WHERE late > 0")
        last = _first_number(query.until) + (1 << _BITS) - 1 + (late.scalar() or 0)
        asked = asked.where(number <= last)
    return asked.order_by(number.desc())


def _nth(conn: Connection, query: SearchQuery, place: int) -> datetime | None:
    """Return the time of the article at a place, from 0, among the newest in the query's time."""
    bounds = SearchQuery(since=query.since, until=query.until)
    times = _by_number(conn, bounds, None, documents.c.sort_at)
    found: datetime | None = conn.execute(times.offset(place).limit(1)).scalar()
    return found


def horizon(conn: Connection, query: SearchQuery) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can.

    Phrases of common words, and common prefixes, take as long as there are articles with all of
    the words.
    """
    terms = [term for group in query.words.required for term in group]
    if not any(len(term.words) > 1 or term.words[-1].prefix for term in terms):
        return None
    first = _nth(conn, query, SAMPLE - 1)
    match = match_of(query, apart=True)
    if first is None or match is None:
        return None
    sample = SearchQuery(since=first, until=query.until)
    near = conn.execute(_by_number(conn, sample, match, sa.func.count())).scalar_one()
    return _nth(conn, query, NEAR * SAMPLE // near) if near else None


def scores(
    conn: Connection, query: SearchQuery, matches: Sequence[Match], broad: bool
) -> dict[int, float]:
    """Return how well matches fit, by article, the better the higher; 0 for those left out.

    broad: FTS5's bm25 would count every phrase in the whole index; so it only counts whether
    the title says what is asked for.
    """
    if not matches or not query.words.required:
        return {}
    oldest = SearchQuery(since=matches[-1].sort_at, until=query.until)
    match = match_of(query, _TITLE if broad else _BOTH)
    score = sa.literal(1.0) if broad else _SCORE
    asked = _by_number(conn, oldest, match, documents.c.article, score)
    return {row[0]: row[1] for row in conn.execute(asked)}
