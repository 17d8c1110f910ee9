"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html.

The index has each word twice, as a lexeme and without diacritics, in columns of their own. The row
id, a document's `number`, rises with its time, so that "newest first" is a walk along the index:
spans of ten minutes since 1970 shifted by 6 bits, and the next free number where a span is full. A
document is numbered within its span or after it, never before.

No column holds a phrase in which some words have their diacritics and others need not. Such a
phrase is looked up in the columns without diacritics, and the texts found are read; where more are
requested than can be read in time, every spelling of it is looked up, which takes longer the larger
the archive is.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import chain, product
from math import prod

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.exc import DatabaseError

from storage.model.search import SearchQuery, Term, Word
from storage.search.document import EVERY
from storage.search.highlight import means
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.search import search_documents as documents
from storage.sql.schema.types import UtcTime
from storage.sql.search.entry import MATCH, Entry, Match, facet_tokens, within
from storage.text.words import END, folded, lexeme, word_of

RANKED, COUNTED = 5_000, 10_000
"""Matches that are ranked, and whose facet values are counted, at most: the newest."""

LOOKED_AT = sys.maxsize
"""Articles that are looked through at most, to rank or to count: those that FTS5 finds match."""

FEW = 1_001
"""Articles that can be read in time; newest first, no more are requested."""

WAYS = 30
"""Spellings of a phrase that are looked up at most."""

SCORED = 500
"""Words and phrases that are ranked at most: bm25 looks for each in every article found."""

BITS = 6
"""A span has 2^BITS numbers."""

SPAN = 600
"""Seconds; the fewer numbers lie between two articles, the smaller is the index."""

_EXCLUDED = sys.maxsize  # every candidate may have to be read to find one without the term
_PAGE = 1_000
_SPELLED, _FOLDED = "{text title}", "{text_folded title_folded}"
_LAST = "\U0010ffff"
_NO_SCORE: ColumnElement[float] = sa.literal_column("0.0", sa.Float)
_SCORE: ColumnElement[float] = sa.literal_column("-bm25(search_index, 1, 1, 5, 5, 0)", sa.Float)
_INDEX = sa.table("search_index", sa.column("rowid", sa.Integer))
_LATE = "SELECT max(late) FROM search_documents WHERE late > 0"
# From word to word: to read all rows of `search_terms` takes as long as the words are frequent.
_BEGUN = """
WITH RECURSIVE begun (word) AS (
    SELECT (SELECT term FROM search_terms WHERE term >= :first LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM search_terms WHERE term >= begun.word || char(1) LIMIT 1)
    FROM begun WHERE begun.word < :last
) SELECT word FROM begun WHERE word < :last
"""
_COLUMNS = "text, text_folded, title, title_folded, filed, rowid"
_ADD = f"INSERT INTO search_index ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_REMOVE = (
    f"INSERT INTO search_index (search_index, {_COLUMNS})"  # noqa: S608 - constants
    " VALUES ('delete', ?, ?, ?, ?, ?, ?)"
)
_DIACRITICS = re.compile(rf"{END}\S*")  # the part of a lexeme that is not in the folded columns
_READ_ONLY = 8  # https://www.sqlite.org/rescode.html#readonly
# The first number of the document's span, or the one after those before it in time; where that is
# taken, the next free one.
_NUMBER = """
INSERT INTO search_documents (number, article, content, sort_at, filed, late)
WITH before (number) AS (
    SELECT number FROM search_documents WHERE sort_at <= :at
    ORDER BY sort_at DESC, number DESC LIMIT 1
), wanted (number) AS (SELECT max(:first, 1 + coalesce((SELECT number FROM before), 0)))
SELECT free, :article, :content, :at, :filed, max(0, free - :first - 63) FROM (SELECT coalesce(
    (SELECT number FROM wanted WHERE number NOT IN (SELECT number FROM search_documents)),
    (SELECT here.number + 1 FROM search_documents AS here
        WHERE here.number >= (SELECT number FROM wanted)
        AND here.number + 1 NOT IN (SELECT number FROM search_documents)
        ORDER BY here.number LIMIT 1)) AS free)
"""
_NUMBERS = sa.select(documents.c.article, documents.c.number)


def match_of(conn: Connection, query: SearchQuery, most: int) -> str | None:
    """Return a query in FTS5's syntax; None where it names neither words nor facet values."""
    groups = [[_term(conn, term, most) for term in group] for group in query.words.required]
    groups += [[f'filed: "{token}"' for token in some] for some in facet_tokens(query)]
    known = [term for term in query.words.excluded if not _is_read(conn, term, _EXCLUDED)]
    if known:
        groups.append([f'filed: "{EVERY}"'])
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    excluded = " OR ".join(_term(conn, term, _EXCLUDED) for term in known)
    return f"({wanted}) NOT ({excluded})" if excluded else wanted or None


def _term(conn: Connection, term: Term, most: int) -> str:
    if not (all(word.loose for word in term.words) or _is_read(conn, term, most)):
        return _phrases(_SPELLED, [_lexemes(conn, word) for word in term.words])
    strict = (word for word in term.words if not (word.loose or word.prefix))
    parts = [_phrases(_FOLDED, [_folded(conn, word) for word in term.words])]
    parts += [_phrases(_SPELLED, [[lexeme(word.text)]]) for word in strict]
    return f"({' AND '.join(parts)})"


def _phrases(columns: str, choices: Sequence[Sequence[str]]) -> str:
    ways = (f'"{" ".join(words)}"' for words in product(*choices))
    return f"{columns}: ({' OR '.join(ways)})"


def is_read(conn: Connection, query: SearchQuery, most: int) -> bool:
    """Return whether only reading tells which of the articles that FTS5 finds match."""
    wanted = any(_is_read(conn, term, most) for term in chain(*query.words.required))
    return wanted or any(_is_read(conn, term, _EXCLUDED) for term in query.words.excluded)


def _is_read(conn: Connection, term: Term, most: int) -> bool:
    is_mixed = len({word.loose for word in term.words}) > 1
    return is_mixed and (
        most <= FEW or prod(len(_lexemes(conn, word)) for word in term.words) > WAYS
    )


def _lexemes(conn: Connection, word: Word) -> list[str]:
    """Return what a word stands for in the columns of lexemes."""
    if not (word.loose or word.prefix):
        return [lexeme(word.text)]
    begun = _begun(conn, folded(word.text) + END * (not word.prefix))
    return [one for one in begun if END in one and means(word, word_of(one))] or [lexeme(word.text)]


def _folded(conn: Connection, word: Word) -> list[str]:
    """Return what a word stands for in the columns without diacritics."""
    plain = folded(word.text)
    begun = _begun(conn, plain) if word.prefix else []
    return [one for one in begun if END not in one] or [plain]


def _begun(conn: Connection, beginning: str) -> list[str]:
    bounds = {"first": beginning, "last": beginning + _LAST}
    return list(conn.execute(sa.text(_BEGUN), bounds).scalars())


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield what FTS5 finds, newest first, fetched as it is consumed; scored: with a score.

    most: about how many will be consumed.
    """
    match = match_of(conn, query, most)
    is_scored = scored and query.words.required and match and match.count('"') <= 2 * SCORED
    score = _SCORE if is_scored else _NO_SCORE
    number: ColumnElement[int] = documents.c.number
    asked = sa.select(*MATCH, score, number).select_from(documents).where(*within(query))
    if match is not None:
        number = _INDEX.c.rowid
        meets = sa.text("search_index MATCH :match").bindparams(match=match)
        joined = documents.c.number == number + 0  # no column, so that FTS5 leads
        asked = asked.select_from(_INDEX).where(meets, joined)
    if query.since is not None:
        asked = asked.where(number >= first_number(query.since))
    if query.until is not None:
        late = conn.exec_driver_sql(_LATE).scalar() or 0
        asked = asked.where(number < first_number(query.until) + (1 << BITS) + late)
    pages = asked.order_by(number.desc()).execution_options(yield_per=min(most, _PAGE))
    yield from _in_order((Match(*row[:-1]), row[-1]) for row in conn.execute(pages))


def _in_order(rows: Iterable[tuple[Match, int]]) -> Iterator[Match]:
    """Put matches that come in the order of their numbers into the order of their times.

    No article that is still to come was published after the span of the number that came last.
    """
    waiting: list[tuple[float, int, Match]] = []
    for match, number in rows:
        after = ((number >> BITS) + 1) * SPAN
        while waiting and -waiting[0][0] >= after:
            yield heappop(waiting)[2]
        heappush(waiting, (-match.sort_at.timestamp(), -match.article, match))
    while waiting:
        yield heappop(waiting)[2]


def first_number(at: datetime) -> int:
    """Return the first number of a time's span."""
    return int(at.timestamp() // SPAN) << BITS


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index, given in the order of their times."""
    write = UtcTime().dialect_impl(conn.dialect).bind_processor(conn.dialect) or str
    rows = [
        {
            "article": entry.article,
            "content": entry.content,
            "at": write(entry.sort_at),
            "first": first_number(entry.sort_at),
            "filed": entry.document.filed,
        }
        for entry in entries
    ]
    conn.exec_driver_sql(_NUMBER, rows)
    conn.exec_driver_sql(_ADD, _columns(conn, entries))


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index, in which they are as `entries` say."""
    rows = _columns(conn, entries)
    conn.exec_driver_sql(_REMOVE, rows)
    conn.exec_driver_sql(
        "DELETE FROM search_documents WHERE number = ?", [row[-1:] for row in rows]
    )


def _columns(conn: Connection, entries: Sequence[Entry]) -> list[tuple[str | int, ...]]:
    """Return articles' columns in the index, their numbers last."""
    rows = rows_at(conn, _NUMBERS, documents.c.article, [entry.article for entry in entries])
    numbers = {row[0]: row[1] for row in rows}
    plain = partial(_DIACRITICS.sub, "")
    return [
        (d.text, plain(d.text), d.title, plain(d.title), d.tokens, numbers[article])
        for article, _, _, d in entries
    ]


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    conn.exec_driver_sql("DELETE FROM search_documents")


def is_sound(conn: Connection) -> bool:
    """Return whether FTS5 finds its index whole, and whether it is of exactly the documents.

    FTS5 checks itself by a write: where that is not allowed, only the documents are compared.
    """
    try:
        conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != _READ_ONLY:
            return False
    ids = "SELECT id FROM search_index_docsize", "SELECT number FROM search_documents"
    differing = (f"{a} EXCEPT {b} LIMIT 1" for a, b in (ids, ids[::-1]))
    return not any(conn.exec_driver_sql(query).first() for query in differing)
