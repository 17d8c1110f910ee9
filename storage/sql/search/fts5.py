"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html; fts5_documents says what it has.

No column has a phrase of which some words must have their diacritics and others need not. It is
found in the columns without, and what is found is read; where more is asked for than can be read in
time, each way to spell it is looked for, which takes longer the larger the archive is.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain, product
from math import prod

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from storage.model.search import SearchQuery, Term, Word
from storage.search.document import EVERY
from storage.search.highlight import means
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Match, facet_tokens, within
from storage.sql.search.fts5_documents import BITS, SPAN, first_number
from storage.text.words import END, folded, lexeme, word_of

FEW = 1_001
"""Articles that can be read in time; so many are asked for at most where the newest are."""

WAYS = 30
"""Ways to spell a phrase that are looked for at most."""

SCORED = 500
"""Words and phrases that are ranked at most: bm25 looks for each in every article found."""

_EXCLUDED = sys.maxsize  # all that has the others may have to be read to find one without
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


def _is_mixed(term: Term) -> bool:
    return len({word.loose for word in term.words}) > 1


def _is_read(conn: Connection, term: Term, most: int) -> bool:
    if not _is_mixed(term):
        return False
    return most <= FEW or prod(len(_lexemes(conn, word)) for word in term.words) > WAYS


def is_read(conn: Connection, query: SearchQuery, most: int) -> bool:
    """Return whether what FTS5 finds must be read to know, if so many are asked for."""
    wanted = any(_is_read(conn, term, most) for term in chain(*query.words.required))
    return wanted or any(_is_read(conn, term, _EXCLUDED) for term in query.words.excluded)


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
    """Yield what FTS5 finds, newest first, as it is asked for; scored: with a score.

    most: how many will be asked for, about.
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
    """Put matches that come by their numbers in the order of their times.

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
