"""Which articles the arrivals of one batch are, found in memory wherever that is plain.

The rules are those of `identity`. What would join two articles, take a key over or link an
earlier refusal is left to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import Arrival, Article
from storage.sql.engine.bulk import rows_at
from storage.sql.ingest.identity import Wanted, key_row, wanted_keys
from storage.sql.schema.core import articles, captures, keys, refusals, refused_urls
from storage.sql.schema.keys import id_key, url_key

IdentityKey = tuple[str, bytes]
"""An outlet, and what stands for an id or a URL in it."""


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """What a key leads to. shown: the article is more than refusals."""

    kind: str
    article: int
    shown: bool = True


@dataclass(slots=True)
class IdentityIndex:
    """What every key of a batch leads to, with the batch's articles so far.

    Articles that are new have negative numbers: -1 for the first. captured: articles with the
    addresses at which they were captured. claimed: rows of `keys` to write; learned: newest
    outlet id by article.
    """

    matches: dict[IdentityKey, KeyMatch]
    refused: set[IdentityKey]
    captured: set[tuple[int, str]]
    new: int = 0
    claimed: list[dict[str, Any]] = field(default_factory=list)
    learned: dict[int, str] = field(default_factory=dict)

    def match(self, article: Article, wanted: Wanted, asked: str) -> int | None:
        """Return the article that `article` is, and let its keys lead there; None: not plain.

        An article that was never captured at `asked` is not plain: its texts are to be compared.
        """
        outlet = article.outlet
        fresh = [key for key in wanted if (outlet, key) not in self.matches]
        own = self.matches.get((outlet, url_key(article.url)))
        by_id = (
            self.matches.get((outlet, id_key(article.article_id))) if article.article_id else None
        )
        if own and (own.kind != "url" or not own.shown or (by_id and by_id.article != own.article)):
            return None
        if any((outlet, key) in self.refused for key in fresh):
            return None
        match = by_id or own
        if match is None:
            self.new += 1
        elif (match.article, asked) not in self.captured:
            return None
        id_ = match.article if match else -self.new
        self.captured.add((id_, asked))
        for key in fresh:
            kind, value = wanted[key]
            self.matches[outlet, key] = KeyMatch(kind, id_)
            self.claimed.append(key_row(key, outlet, kind, value, id_))
            if kind == "id":
                self.learned[id_] = value
        return id_

    def match_refusal(self, outlet: str, wanted: Wanted) -> int | None:
        """Return the article that a refused page's URLs lead to, if any."""
        at = [(outlet, key) for key in wanted]
        match = next((self.matches[key] for key in at if key in self.matches), None)
        if match is None:
            self.refused.update(at)
        return match.article if match else None


def urls_of_arrival(arrival: Arrival) -> tuple[str, ...]:
    """Return every URL that led to a page, its own first."""
    return (arrival.result.url, arrival.capture.url, *arrival.aliases)


def wanted_by(arrival: Arrival) -> Wanted:
    """Return the keys of an arrival's article, in the order in which they are looked up."""
    urls = urls_of_arrival(arrival)
    if isinstance(arrival.result, Article):
        return wanted_keys(arrival.result, urls)
    return {url_key(url): ("alias", url) for url in urls}


_MATCHES = (
    sa.select(keys.c.key, keys.c.kind, keys.c.article, articles.c.sort_at)
    .select_from(keys.join(articles))
    .where(keys.c.outlet == sa.bindparam("outlet"))
)
_CAPTURED = sa.select(captures.c.article, captures.c.url).distinct()
_REFUSED = (
    sa.select(refused_urls.c.key)
    .select_from(refused_urls.join(refusals))
    .where(refusals.c.outlet == sa.bindparam("outlet"), refusals.c.article.is_(None))
)


def load_index(
    conn: Connection, arrivals: Sequence[Arrival], wanted: Mapping[int, Wanted]
) -> IdentityIndex:
    """Return what the keys that arrivals want, by position, lead to; their outlets are locked."""
    asked: dict[str, set[bytes]] = {}
    for position, of_one in wanted.items():
        asked.setdefault(arrivals[position].result.outlet, set()).update(of_one)
    index = IdentityIndex({}, set(), set())
    for outlet, of_outlet in sorted(asked.items()):
        ordered = sorted(of_outlet)
        index.matches |= _matches(conn, outlet, ordered)
        index.refused |= _refused(conn, outlet, ordered)
    ids = {match.article for match in index.matches.values()}
    rows = rows_at(conn, _CAPTURED, captures.c.article, sorted(ids))
    index.captured.update((row.article, row.url) for row in rows)
    return index


def _matches(conn: Connection, outlet: str, asked: Iterable[bytes]) -> dict[IdentityKey, KeyMatch]:
    return {
        (outlet, row.key): KeyMatch(row.kind, row.article, row.sort_at is not None)
        for row in rows_at(conn, _MATCHES, keys.c.key, asked, outlet=outlet)
    }


def _refused(conn: Connection, outlet: str, asked: Iterable[bytes]) -> set[IdentityKey]:
    """Return at which keys a page was refused that no article is known for."""
    rows = rows_at(conn, _REFUSED, refused_urls.c.key, asked, outlet=outlet)
    return {(outlet, row.key) for row in rows}
