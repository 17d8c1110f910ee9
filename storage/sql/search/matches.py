"""The articles that match a plan, out of the database: newest first, or all that can be ranked.

Two ways lead to them, and how many of the newest articles match says which is shorter. Rare words
come from the index. Common ones come from reading the newest articles until there are enough: an
index would first have to list half the archive. The counts below are fixed, and not a time, so
that both databases take the same way and give the same answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from storage.model.search import SearchQuery
from storage.search.matcher import Plan
from storage.sql.search.candidates import all_candidates, newest_candidates
from storage.sql.search.positions import (
    Match,
    Position,
    about_places,
    as_time,
    matches_at,
    newest_matches,
)

FIRST_LOOK = 200  # newest articles, read at once: enough for a page of hits of a common word
PROBE = 500  # newest articles that tell how common a query's matches are
SPARSE = 0.01  # share of them that match, up to which the index leads to the newest sooner
BROAD = 15  # matches among PROBE; from more on ranking reads the newest and not the index
PAGE = 1_000  # articles that are read at once after those
READ = 12_000  # newest articles that are read at most to rank a broad query
RANKED = 10_000  # matches that are ranked or counted at most; 1 % of a million
PLACED = 4_000  # articles about the asked places, up to which they are simply read
MOST_OPENED = 200  # candidates that are opened at once


@dataclass(slots=True)
class Matches:
    """What can be ranked, newest first. since: None where it is all there is.

    sample: strings of the newest articles, whether they match or not.
    """

    found: list[Match]
    since: datetime | None = None
    sample: list[str] = field(default_factory=list)


def matches_by_date(conn: Connection, query: SearchQuery, plan: Plan) -> Iterator[Match]:
    """Yield all matching articles, newest first, as they are asked for."""
    wanted = _wanted(plan)
    placed = about_places(conn, query, PLACED)
    if placed is not None:
        yield from filter(wanted, placed)
        return
    after: Position | None = None
    read = matched = 0
    size = FIRST_LOOK
    while read < PROBE or matched > read * SPARSE or not _has_keys(plan):
        page = newest_matches(conn, query, after, size)
        for match in filter(wanted, page):
            matched += 1
            yield match
        if len(page) < size:
            return
        after = page[-1].position
        read += size
        size = PROBE - FIRST_LOOK if read < PROBE else PAGE
    if after is None:
        return
    rows = newest_candidates(conn, query, plan, after)
    size = min(query.limit + 1, MOST_OPENED)  # nearly all of them match
    while chunk := list(islice(rows, size)):
        yield from filter(wanted, matches_at(conn, chunk))
        size = min(2 * size, MOST_OPENED)


def all_matches(
    conn: Connection, query: SearchQuery, plan: Plan, *, filed: bool = False
) -> Matches:
    """Return the matching articles; of very many the newest that can be ranked in time.

    filed: of the strings of those out of the index no more than the first field is needed.
    """
    placed = about_places(conn, query, PLACED)
    page = newest_matches(conn, query, None, PROBE) if placed is None else placed
    matches = Matches(list(filter(_wanted(plan), page)), None, [row.stream for row in page[:PROBE]])
    if placed is not None or len(page) < PROBE:
        return matches
    after = page[-1].position
    if len(matches.found) > BROAD or not _has_keys(plan):
        return _read_on(conn, query, plan, after, matches)
    _add_from_index(conn, query, plan, after, matches, filed=filed and plan.keys_tell_all)
    return matches


def _add_from_index(
    conn: Connection,
    query: SearchQuery,
    plan: Plan,
    after: Position,
    matches: Matches,
    *,
    filed: bool,
) -> None:
    """Add the newest matches up to RANKED; `since` is the last one's time where there are more."""
    wanted = _wanted(plan, filed=plan.keys_tell_all)
    for chunk in all_candidates(conn, query, plan, after, RANKED, filed=filed):
        for match in filter(wanted, chunk):
            if len(matches.found) == RANKED:
                matches.since = as_time(matches.found[-1].at)
                return
            matches.found.append(match)


def _read_on(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position, matches: Matches
) -> Matches:
    read = PROBE
    while read < READ:
        page = newest_matches(conn, query, after, PAGE)
        matches.found += filter(_wanted(plan), page)
        if len(page) < PAGE:
            return matches
        read += PAGE
        after = page[-1].position
    matches.since = as_time(after[0])
    return matches


def _wanted(plan: Plan, *, filed: bool = False) -> Callable[[Match], bool]:
    wanted = plan.files if filed else plan.matches
    return lambda match: wanted(match.stream)


def _has_keys(plan: Plan) -> bool:
    return bool(plan.required or plan.filed)
