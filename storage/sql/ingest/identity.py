"""Which article a page is, asked of the database; `storage.dedup.identity` has the rules.

The first article keeps an alias; a page at the address itself takes it over, also from
an article that has only refusals left. Of two articles that turn out to be one the smaller short id
stays, and the larger one still leads to it. Re-reading may show that our code took two articles for
one, or one for two: `regroup`.

No rule joins a page to an article whose texts have nothing in common with the page's, unless a
capture of that article was made at the very same address: numbers in addresses and canonical links
can be wrong. Such a page is an article of its own, found by the address at which it was asked.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.identity import KeyMatch, identify
from storage.model.articles import Article
from storage.sql.clusters.cluster import forget_article
from storage.sql.engine.bulk import rows_at
from storage.sql.ingest.related import is_related, share_text, was_captured
from storage.sql.schema.core import (
    articles,
    captures,
    keys,
    merged_ids,
    refusals,
    refused_urls,
    revisions,
)
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.places import article_places
from storage.sql.schema.runs import checks
from storage.sql.schema.types import id_key, url_key
from storage.sql.search.index import index_articles

_MATCHES = (
    sa.select(keys.c.key, keys.c.kind, keys.c.article, articles.c.sort_at)
    .select_from(keys.join(articles))
    .where(keys.c.outlet == sa.bindparam("outlet"))
)


def load_matches(conn: Connection, outlet: str, wanted: Iterable[bytes]) -> dict[bytes, KeyMatch]:
    """Return what those of an outlet's keys that are known lead to."""
    return {
        row.key: KeyMatch(row.kind, row.article, row.sort_at is not None)
        for row in rows_at(conn, _MATCHES, keys.c.key, wanted, outlet=outlet)
    }


@dataclass(frozen=True, slots=True)
class Match:
    """The short id of the article that a page is, None where it is new.

    apart_from: the article that its outlet id or URL names, but whose texts are unrelated.
    """

    article: int | None
    apart_from: int | None = None


def find_article(conn: Connection, article: Article, asked: Sequence[str]) -> Match:
    """Return what is stored of `article`, after joining what is one article.

    asked: the addresses at which its page was found, the one of the capture first.
    """
    id_ = id_key(article.article_id) if article.article_id else None  # an empty one is none
    url = url_key(article.url)
    known = load_matches(conn, article.outlet, [id_, url] if id_ else [url])
    by_id, by_url = known.get(id_) if id_ else None, known.get(url)
    named = {match.article for match in known.values()}
    unrelated = sorted(one for one in named if not is_related(conn, one, article, asked[0]))
    if not unrelated:
        return Match(_identified(conn, article, by_id, by_url))
    by_id = None if by_id and by_id.article in unrelated else by_id
    by_url = None if by_url and by_url.article in unrelated else by_url
    found = _identified(conn, article, by_id, by_url)
    if found is None:
        found = _related_at(conn, article, asked, named)
    if found is not None and was_captured(conn, found, asked[0]):
        return Match(found)  # kept apart when it was first captured there
    return Match(found, unrelated[0])


def _identified(
    conn: Connection, article: Article, by_id: KeyMatch | None, by_url: KeyMatch | None
) -> int | None:
    """Return the article that the matches name, made one where they name two that are related."""
    found = identify(
        by_id,
        by_url,
        is_numbered=bool(article.article_id),
        has_id=lambda one: _has_id(conn, one),
    )
    if found.article is None or found.joins is None:
        return found.article
    if not share_text(conn, found.article, found.joins):
        return found.article
    return join(conn, found.article, found.joins)


def _related_at(
    conn: Connection, article: Article, asked: Sequence[str], known: Collection[int]
) -> int | None:
    """Return the related article that an address leads to, besides the `known` ones."""
    urls = [url_key(url) for url in asked]
    matches = load_matches(conn, article.outlet, urls)
    others = (matches[url].article for url in urls if url in matches)
    unknown = (one for one in others if one not in known)
    return next((one for one in unknown if is_related(conn, one, article, asked[0])), None)


Wanted = dict[bytes, tuple[str, str]]
"""The keys of an article: by key, "id", "url" or "alias", and the value itself."""


def wanted_keys(article: Article, aliases: Iterable[str]) -> Wanted:
    """Return the keys of `article`, which was also found at `aliases`."""
    wanted = {url_key(url): ("alias", url) for url in aliases}
    wanted[url_key(article.url)] = ("url", article.url)
    if article.article_id:  # an empty one is none
        wanted[id_key(article.article_id)] = ("id", article.article_id)
    return wanted


def key_row(key: bytes, outlet: str, kind: str, value: str, article: int) -> dict[str, Any]:
    """Return a row of `keys`."""
    return {"key": key, "outlet": outlet, "kind": kind, "value": value, "article": article}


def claim(
    conn: Connection, id_: int, article: Article, aliases: Iterable[str], *, apart: bool = False
) -> None:
    """Let the article's id, URL and aliases lead to `id_`, and earlier refusals at them too.

    apart: another article has the same outlet id or URL and keeps them; but the address asked,
    the first alias, is this one's, and so is its URL where the page stands there itself.
    """
    aliases = tuple(aliases)
    wanted = wanted_keys(article, aliases)
    known = load_matches(conn, article.outlet, wanted)
    fresh = [key for key in wanted if key not in known]
    if fresh:
        rows = [key_row(key, article.outlet, *wanted[key], id_) for key in fresh]
        conn.execute(sa.insert(keys), rows)
        _link_refusals(conn, article.outlet, fresh, id_)
    if any(wanted[key][0] == "id" for key in fresh):
        own_row = sa.update(articles).where(articles.c.id == id_)
        conn.execute(own_row, {"article_id": article.article_id})
    url = url_key(article.url)
    at_url = known.get(url)
    if at_url is not None and not (at_url.is_own_url and at_url.shown):
        taken = (keys.c.outlet == article.outlet, keys.c.key == url)
        conn.execute(sa.update(keys).where(*taken).values(kind="url", article=id_))
    if apart:
        urls = {aliases[0], article.url} if article.url in aliases else {aliases[0]}
        stands_at = (keys.c.outlet == article.outlet, keys.c.key.in_(map(url_key, urls)))
        conn.execute(sa.update(keys).where(*stands_at).values(kind="url", article=id_))


def release(
    conn: Connection, id_: int, outlet: str, ids: Iterable[str], urls: Iterable[str]
) -> None:
    """Let these outlet ids and URLs no longer lead to `id_`: no capture of it shows them now."""
    gone = [*map(id_key, ids), *map(url_key, urls)]
    own = (keys.c.article == id_, keys.c.outlet == outlet)
    conn.execute(sa.delete(keys).where(*own, keys.c.key.in_(gone)))
    left = sa.select(keys.c.value).where(*own, keys.c.kind == "id").order_by(keys.c.value).limit(1)
    known = articles.c.article_id.in_(list(ids))
    conn.execute(
        sa.update(articles)
        .where(articles.c.id == id_, known)
        .values(article_id=left.scalar_subquery())
    )


def urls_of(conn: Connection, id_: int) -> list[str]:
    """Return every URL that leads to an article, in a stable order."""
    query = sa.select(keys.c.value).where(keys.c.article == id_, keys.c.kind != "id")
    return sorted(conn.execute(query).scalars())


def _has_id(conn: Connection, id_: int) -> bool:
    query = sa.select(keys.c.key).where(keys.c.article == id_, keys.c.kind == "id").limit(1)
    return conn.execute(query).first() is not None


def _link_refusals(conn: Connection, outlet: str, fresh: list[bytes], id_: int) -> None:
    refused = sa.select(refused_urls.c.refusal).where(refused_urls.c.key.in_(fresh))
    conn.execute(
        sa.update(refusals)
        .where(
            refusals.c.outlet == outlet, refusals.c.article.is_(None), refusals.c.id.in_(refused)
        )
        .values(article=id_)
    )


def join(conn: Connection, one: int, other: int) -> int:
    """Make two articles one; the caller recomputes its revisions. Return its short id."""
    kept, gone = min(one, other), max(one, other)
    for derived in (revisions, article_places):
        conn.execute(sa.delete(derived).where(derived.c.article.in_((kept, gone))))
    conn.execute(sa.delete(checks).where(checks.c.article == gone))
    for table in (keys, captures, refusals, merged_ids, redactions):
        conn.execute(sa.update(table).where(table.c.article == gone).values(article=kept))
    learned = sa.select(articles.c.article_id).where(articles.c.id == gone).scalar_subquery()
    without = (articles.c.id == kept, articles.c.article_id.is_(None))
    conn.execute(sa.update(articles).where(*without).values(article_id=learned))
    forget_article(conn, gone)
    index_articles(conn, dict.fromkeys((kept, gone)))
    conn.execute(sa.delete(articles).where(articles.c.id == gone))
    conn.execute(sa.insert(merged_ids).values(id=gone, article=kept))
    return kept
