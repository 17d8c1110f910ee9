"""Which articles the arrivals of one batch are, found in memory wherever that is plain.

What would join two articles, take a key over or link an earlier refusal is left to `identity`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.identity import KeyMatch, identify
from storage.model.articles import Arrival, Article
from storage.sql.engine.bulk import rows_at
from storage.sql.ingest.identity import Wanted, key_row, load_matches, wanted_keys
from storage.sql.schema.core import captures, refusals, refused_urls
from storage.sql.schema.types import id_key, url_key

IdentityKey = tuple[str, bytes]
"""An outlet, and the key of an id or a URL in it."""


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
        by_url = self.matches.get((outlet, url_key(article.url)))
        by_id = None
        if article.article_id:
            by_id = self.matches.get((outlet, id_key(article.article_id)))
        if by_url and not (by_url.is_own_url and by_url.shown):  # an address is taken over
            return None
        if by_url and by_id and by_url.article != by_id.article:  # perhaps two are one
            return None
        if any((outlet, key) in self.refused for key in fresh):
            return None
        is_numbered = bool(article.article_id)
        found = identify(by_id, by_url, is_numbered=is_numbered, has_id=_not_asked).article
        if found is None:
            self.new += 1
        elif (found, asked) not in self.captured:
            return None
        id_ = -self.new if found is None else found
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


def _not_asked(article: int) -> bool:
    raise AssertionError(f"whether article {article} has an id is asked where all is plain")


def urls_of_arrival(arrival: Arrival) -> tuple[str, ...]:
    """Return every URL that led to a page, its own first."""
    return (arrival.result.url, arrival.capture.url, *arrival.aliases)


def wanted_by(arrival: Arrival) -> Wanted:
    """Return the keys of an arrival's article, in the order in which they are looked up."""
    urls = urls_of_arrival(arrival)
    if isinstance(arrival.result, Article):
        return wanted_keys(arrival.result, urls)
    return {url_key(url): ("alias", url) for url in urls}


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
        found = load_matches(conn, outlet, ordered)
        index.matches |= {(outlet, key): match for key, match in found.items()}
        index.refused |= _refused(conn, outlet, ordered)
    ids = {match.article for match in index.matches.values()}
    rows = rows_at(conn, _CAPTURED, captures.c.article, sorted(ids))
    index.captured.update((row.article, row.url) for row in rows)
    return index


def _refused(conn: Connection, outlet: str, asked: Iterable[bytes]) -> set[IdentityKey]:
    """Return at which keys a page was refused that no article is known for."""
    rows = rows_at(conn, _REFUSED, refused_urls.c.key, asked, outlet=outlet)
    return {(outlet, row.key) for row in rows}
