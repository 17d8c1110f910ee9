"""Find the articles of a batch's arrivals in memory, wherever no further query is needed.

Whatever would merge two articles, take a key over or link an earlier refusal is left to `identity`.
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
    """The article of every key of a batch, with the batch's articles so far.

    New articles have negative numbers: -1 for the first. refused: keys with refusals of no article.
    captured: articles with the URLs at which they were captured. claimed: rows of `keys` to write.
    outlet_ids: the newest outlet id by article.
    """

    matches: dict[IdentityKey, KeyMatch]
    refused: set[IdentityKey]
    captured: set[tuple[int, str]]
    new: int = 0
    claimed: list[dict[str, Any]] = field(default_factory=list)
    outlet_ids: dict[int, str] = field(default_factory=dict)

    def match(self, article: Article, wanted: Wanted, requested: str) -> int | None:
        """Return the short id of `article`, and assign its keys; None where `identity` must decide.

        It also decides where the article was never captured at `requested`: it compares the texts.
        """
        outlet = article.outlet
        fresh = [key for key in wanted if (outlet, key) not in self.matches]
        by_url = self.matches.get((outlet, url_key(article.url)))
        by_id = None
        if article.article_id:
            by_id = self.matches.get((outlet, id_key(article.article_id)))
        if by_url and not (by_url.is_own_url and by_url.shown):  # the page takes the URL over
            return None
        if by_url and by_id and by_url.article != by_id.article:  # two articles may be one
            return None
        if any((outlet, key) in self.refused for key in fresh):
            return None
        is_numbered = bool(article.article_id)
        found = identify(by_id, by_url, is_numbered=is_numbered, has_id=_never_called).article
        if found is None:
            self.new += 1
        elif (found, requested) not in self.captured:
            return None
        id_ = -self.new if found is None else found
        self.captured.add((id_, requested))
        for key in fresh:
            kind, value = wanted[key]
            self.matches[outlet, key] = KeyMatch(kind, id_)
            self.claimed.append(key_row(key, outlet, kind, value, id_))
            if kind == "id":
                self.outlet_ids[id_] = value
        return id_

    def match_refusal(self, outlet: str, wanted: Wanted) -> int | None:
        """Return the article to which a refused page's URLs lead, if any."""
        identity_keys = [(outlet, key) for key in wanted]
        match = next((self.matches[key] for key in identity_keys if key in self.matches), None)
        if match is None:
            self.refused.update(identity_keys)
        return match.article if match else None


def _never_called(article: int) -> bool:
    # `identify` calls it for an alias and for matches that differ, which are both excluded before.
    raise AssertionError(f"identify() asks whether article {article} has an outlet id")


def urls_of_arrival(arrival: Arrival) -> tuple[str, ...]:
    """Return every URL that led to a page, its own URL first."""
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
    """Load the articles to which arrivals' keys lead; the caller holds the locks of their outlets.

    wanted: the keys, by the arrival's position.
    """
    by_outlet: dict[str, set[bytes]] = {}
    for position, own_keys in wanted.items():
        by_outlet.setdefault(arrivals[position].result.outlet, set()).update(own_keys)
    index = IdentityIndex({}, set(), set())
    for outlet, outlet_keys in sorted(by_outlet.items()):
        ordered = sorted(outlet_keys)
        found = load_matches(conn, outlet, ordered)
        index.matches |= {(outlet, key): match for key, match in found.items()}
        index.refused |= _refused(conn, outlet, ordered)
    ids = {match.article for match in index.matches.values()}
    rows = rows_at(conn, _CAPTURED, captures.c.article, sorted(ids))
    index.captured.update((row.article, row.url) for row in rows)
    return index


def _refused(conn: Connection, outlet: str, wanted: Iterable[bytes]) -> set[IdentityKey]:
    """Return those keys at which a page was refused that belongs to no article."""
    rows = rows_at(conn, _REFUSED, refused_urls.c.key, wanted, outlet=outlet)
    return {(outlet, row.key) for row in rows}
