"""Find which stored article a page belongs to, and merge articles that turn out to be one.

`storage.dedup.identity` has the rules. An alias stays with the first article that claims it; a page
whose own URL it is takes it over, also from an article that has only refusals left. When two
articles are merged, the smaller short id stays and the larger one redirects to it. A re-reading may
show that our code took two articles for one, or one for two: see `regroup`.

No rule assigns a page to an article whose texts have nothing in common with the page's, unless a
capture of that article was made at the same URL: numbers in URLs and canonical links can be wrong.
Such a page becomes a separate article, found by the URL that was requested.
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
    """Return the articles to which an outlet's known keys lead; unknown keys are left out."""
    return {
        row.key: KeyMatch(row.kind, row.article, row.sort_at is not None)
        for row in rows_at(conn, _MATCHES, keys.c.key, wanted, outlet=outlet)
    }


@dataclass(frozen=True, slots=True)
class Match:
    """The short id of a page's article, None where the article is new.

    apart_from: the article that has its outlet id or URL, but whose texts are unrelated.
    """

    article: int | None
    apart_from: int | None = None


def find_article(conn: Connection, article: Article, requested: Sequence[str]) -> Match:
    """Return the stored article that `article` is, after merging stored articles that are one.

    requested: the URLs at which its page was found, the one of the capture first.
    """
    id_ = id_key(article.article_id) if article.article_id else None  # an empty id counts as none
    url = url_key(article.url)
    known = load_matches(conn, article.outlet, [id_, url] if id_ else [url])
    by_id, by_url = known.get(id_) if id_ else None, known.get(url)
    named = {match.article for match in known.values()}
    unrelated = sorted(name for name in named if not is_related(conn, name, article, requested[0]))
    if not unrelated:
        return Match(_identified(conn, article, by_id, by_url))
    by_id = None if by_id and by_id.article in unrelated else by_id
    by_url = None if by_url and by_url.article in unrelated else by_url
    found = _identified(conn, article, by_id, by_url)
    if found is None:
        found = _related_at(conn, article, requested, named)
    if found is not None and was_captured(conn, found, requested[0]):
        return Match(found)  # it became a separate article when it was first captured there
    return Match(found, unrelated[0])


def _identified(
    conn: Connection, article: Article, by_id: KeyMatch | None, by_url: KeyMatch | None
) -> int | None:
    """Return the article that the matches name, merged where they name two related ones."""
    found = identify(
        by_id,
        by_url,
        is_numbered=bool(article.article_id),
        has_id=lambda id_: _has_id(conn, id_),
    )
    if found.article is None or found.joins is None:
        return found.article
    if not share_text(conn, found.article, found.joins):
        return found.article
    return join(conn, found.article, found.joins)


def _related_at(
    conn: Connection, article: Article, requested: Sequence[str], known: Collection[int]
) -> int | None:
    """Return the first related article to which a requested URL leads, besides the `known` ones."""
    urls = [url_key(url) for url in requested]
    matches = load_matches(conn, article.outlet, urls)
    candidates = (matches[url].article for url in urls if url in matches)
    return next(
        (
            id_
            for id_ in candidates
            if id_ not in known and is_related(conn, id_, article, requested[0])
        ),
        None,
    )


Wanted = dict[bytes, tuple[str, str]]
"""The keys of an article: from each key to its kind ("id", "url" or "alias") and its value."""


def wanted_keys(article: Article, aliases: Iterable[str]) -> Wanted:
    """Return the keys of `article`, which was also found at `aliases`."""
    wanted = {url_key(url): ("alias", url) for url in aliases}
    wanted[url_key(article.url)] = ("url", article.url)
    if article.article_id:  # an empty id counts as none
        wanted[id_key(article.article_id)] = ("id", article.article_id)
    return wanted


def key_row(key: bytes, outlet: str, kind: str, value: str, article: int) -> dict[str, Any]:
    """Return a row of `keys`."""
    return {"key": key, "outlet": outlet, "kind": kind, "value": value, "article": article}


def claim(
    conn: Connection, id_: int, article: Article, aliases: Iterable[str], *, apart: bool = False
) -> None:
    """Assign the article's outlet id, URL and aliases to `id_`, and earlier refusals at them.

    apart: another article has the same outlet id or URL and keeps them; but this article gets the
    requested URL, which is the first alias, and its own URL if that was requested as well.
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
        at_own_url = (keys.c.outlet == article.outlet, keys.c.key == url)
        conn.execute(sa.update(keys).where(*at_own_url).values(kind="url", article=id_))
    if apart:
        urls = {aliases[0], article.url} if article.url in aliases else {aliases[0]}
        at_urls = (keys.c.outlet == article.outlet, keys.c.key.in_(map(url_key, urls)))
        conn.execute(sa.update(keys).where(*at_urls).values(kind="url", article=id_))


def release(
    conn: Connection, id_: int, outlet: str, ids: Iterable[str], urls: Iterable[str]
) -> None:
    """Delete these outlet ids and URLs of article `id_`: none of its captures shows them now."""
    gone = [*map(id_key, ids), *map(url_key, urls)]
    own = (keys.c.article == id_, keys.c.outlet == outlet)
    conn.execute(sa.delete(keys).where(*own, keys.c.key.in_(gone)))
    rest = sa.select(keys.c.value).where(*own, keys.c.kind == "id").order_by(keys.c.value).limit(1)
    has_deleted_id = articles.c.article_id.in_(list(ids))
    conn.execute(
        sa.update(articles)
        .where(articles.c.id == id_, has_deleted_id)
        .values(article_id=rest.scalar_subquery())
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
    """Merge two articles; the caller recomputes the revisions. Return the short id that stays."""
    kept, gone = min(one, other), max(one, other)
    for derived in (revisions, article_places):
        conn.execute(sa.delete(derived).where(derived.c.article.in_((kept, gone))))
    conn.execute(sa.delete(checks).where(checks.c.article == gone))
    for table in (keys, captures, refusals, merged_ids, redactions):
        conn.execute(sa.update(table).where(table.c.article == gone).values(article=kept))
    outlet_id = sa.select(articles.c.article_id).where(articles.c.id == gone).scalar_subquery()
    has_none = (articles.c.id == kept, articles.c.article_id.is_(None))
    conn.execute(sa.update(articles).where(*has_none).values(article_id=outlet_id))
    forget_article(conn, gone)
    index_articles(conn, dict.fromkeys((kept, gone)))
    conn.execute(sa.delete(articles).where(articles.c.id == gone))
    conn.execute(sa.insert(merged_ids).values(id=gone, article=kept))
    return kept
