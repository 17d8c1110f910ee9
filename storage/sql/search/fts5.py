"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html; fts5_documents says what it has.

No column has a phrase of which some words must have their diacritics and others need not: it is
found in the columns without, and what is found is read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import heappop, heappush
from itertools import chain

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from storage.model.search import SearchQuery, Term, Word
from storage.search.document import EVERY
from storage.search.highlight import pattern_of
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Match, facet_tokens, within
from storage.sql.search.fts5_documents import BITS, first_number
from storage.text.words import END, folded, lexeme

_PAGE = 1_000
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


def match_of(conn: Connection, query: SearchQuery) -> str | None:
    """Return a query in FTS5's syntax; None where it names neither words nor facet values."""
    groups = [[_term(conn, term) for term in group] for group in query.words.required]
    groups += [[f'filed: "{token}"' for token in some] for some in facet_tokens(query)]
    excluded = [_term(conn, term) for term in query.words.excluded if not _is_mixed(term)]
    if excluded:
        groups.append([f'filed: "{EVERY}"'])
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return f"({wanted}) NOT ({' OR '.join(excluded)})" if excluded else wanted or None


def _term(conn: Connection, term: Term) -> str:
    loose = any(word.loose for word in term.words)
    write = folded if loose else lexeme
    phrases = [[write(word.text) for word in term.words]]
    if term.words[-1].prefix:
        *before, _ = phrases[0]
        phrases = [[*before, word] for word in _begun(conn, replace(term.words[-1], loose=loose))]
    columns = "{text_folded title_folded}" if loose else "{text title}"
    parts = [f"{columns}: ({' OR '.join(map(_quoted, phrases))})"]
    strict = (word for word in term.words if loose and not (word.loose or word.prefix))
    parts += [f'{{text title}}: "{lexeme(word.text)}"' for word in strict]
    return f"({' AND '.join(parts)})"


def _quoted(phrase: Iterable[str]) -> str:
    return f'"{" ".join(phrase)}"'


def _begun(conn: Connection, word: Word) -> list[str]:
    """Return what the index has of a beginning, in its columns with or without diacritics."""
    plain = folded(word.text)
    begun = conn.execute(sa.text(_BEGUN), {"first": plain, "last": plain + _LAST}).scalars()
    if word.loose:
        return [one for one in begun if END not in one] or [plain]
    meant = re.compile(pattern_of(word))
    return [one for one in begun if meant.fullmatch(one)] or [plain]


def _is_mixed(term: Term) -> bool:
    return len({word.loose for word in term.words}) > 1


def is_read(query: SearchQuery) -> bool:
    """Return whether what FTS5 finds must be read to know."""
    return any(map(_is_mixed, chain(*query.words.required, query.words.excluded)))


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield what FTS5 finds, newest first, as it is asked for; scored: with a score.

    most: how many will be asked for, about.
    """
    match = match_of(conn, query)
    score = _SCORE if scored and query.words.required else _NO_SCORE
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
    """Put matches that come by their numbers in the order of their times.

    No article that is still to come was published after the minute of the number that came last.
    """
    waiting: list[tuple[float, int, Match]] = []
    for match, number in rows:
        after = ((number >> BITS) + 1) * 60
        while waiting and -waiting[0][0] >= after:
            yield heappop(waiting)[2]
        heappush(waiting, (-match.sort_at.timestamp(), -match.article, match))
    while waiting:
        yield heappop(waiting)[2]
