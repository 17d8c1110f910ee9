"""Takedowns: delete an article's text for good, and keep the record that the article existed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import in_utc
from storage.model.articles import Arrival, Article, Refusal, RefusalReason
from storage.model.maintenance import Redaction
from storage.sql.engine.connect import lock
from storage.sql.ingest.identity import urls_of
from storage.sql.ingest.indexes import refresh_indexes
from storage.sql.places.tags import delete_tags
from storage.sql.read.readings import CAPTURE, capture_of
from storage.sql.schema.core import (
    articles,
    captures,
    contents,
    keys,
    readings,
    refusals,
    refused_urls,
    revisions,
)
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.places import article_places
from storage.sql.schema.runs import checks
from storage.sql.schema.types import AnyRow, id_key, in_parts, url_key
from storage.sql.search.index import forget_contents, index_articles

_REASON = RefusalReason.REDACTED.value
_EVIDENCE = "taken down on request"


def redact(conn: Connection, id_: int, reason: str, who: str, now: datetime) -> int:
    """Delete an article's text from every row; return the number of the redaction.

    Its captures become refusals, so that its URLs are never requested again.
    """
    in_utc(now, "the time of a redaction")
    outlet = conn.execute(sa.select(articles.c.outlet).where(articles.c.id == id_)).scalar_one()
    lock(conn, outlet)
    owned = _captures(conn, id_)
    texts = _own_texts(conn, [row.id for row in owned])
    digests = [*_digests(conn, texts), *(row.digest for row in owned)]
    urls = urls_of(conn, id_)
    _forget_text(conn, id_, [row.id for row in owned], texts)
    _refuse(conn, id_, outlet, owned, urls)
    insert = sa.insert(redactions).returning(redactions.c.id)
    values = {
        "article": id_,
        "outlet": outlet,
        "redacted_at": now,
        "redacted_by": who,
        "reason": reason,
        "digests": json.dumps(sorted(set(digests))),
    }
    return int(conn.execute(insert, values).scalar_one())


def _captures(conn: Connection, id_: int) -> list[AnyRow]:
    """Return all captures of an article, with those refused at its URLs."""
    query = (
        sa.select(captures.c.id, refusals.c.id.label("refusal"), *CAPTURE)
        .select_from(captures.outerjoin(refusals))
        .order_by(captures.c.id)
    )
    found = [
        *conn.execute(query.where(captures.c.article == id_)),
        *conn.execute(query.where(refusals.c.article == id_)),
    ]
    return list({row.id: row for row in found}.values())


def _own_texts(conn: Connection, owned: Sequence[int]) -> list[int]:
    """Return the ids of contents that only these captures show, now or by an earlier reading."""
    found: set[int] = set()
    for part in in_parts(owned):
        current = sa.select(captures.c.content).where(captures.c.id.in_(part))
        earlier = sa.select(readings.c.content).where(readings.c.capture.in_(part))
        found |= {row for row in conn.execute(current.union(earlier)).scalars() if row is not None}
    own = set(owned)
    return [id_ for id_ in sorted(found) if _captures_showing(conn, id_) <= own]


def _captures_showing(conn: Connection, content: int) -> set[int]:
    current = sa.select(captures.c.id).where(captures.c.content == content)
    earlier = sa.select(readings.c.capture).where(readings.c.content == content)
    return set(conn.execute(current.union(earlier)).scalars())


def _digests(conn: Connection, texts: Sequence[int]) -> list[str]:
    return [
        f"blake2b-128:{digest.hex()}"
        for part in in_parts(texts)
        for digest in conn.execute(
            sa.select(contents.c.digest).where(contents.c.id.in_(part))
        ).scalars()
    ]


def _forget_text(conn: Connection, id_: int, owned: Sequence[int], texts: Sequence[int]) -> None:
    index_articles(conn, {id_: None})  # before the text is deleted: the index needs it
    forget_contents(conn, texts)
    for table in (revisions, article_places, checks):
        conn.execute(sa.delete(table).where(table.c.article == id_))
    for part in in_parts(owned):
        conn.execute(sa.delete(readings).where(readings.c.capture.in_(part)))
        own = captures.c.id.in_(part)
        conn.execute(sa.update(captures).where(own).values(article=None, content=None))
    delete_tags(conn, texts)
    for part in in_parts(texts):
        conn.execute(sa.delete(contents).where(contents.c.id.in_(part)))
    emptied = {"title": "", "published_at": None, "sort_at": None}
    conn.execute(sa.update(articles).where(articles.c.id == id_).values(emptied))
    refresh_indexes(conn, {id_: None})


def _refuse(
    conn: Connection, id_: int, outlet: str, owned: Sequence[AnyRow], urls: Sequence[str]
) -> None:
    """Write each capture as a redacted refusal, found by all URLs of the article."""
    old = [row.refusal for row in owned if row.refusal is not None]
    for part in in_parts(old):
        stored = refusals.c.id.in_(part)
        values = {"reason": _REASON, "evidence": _EVIDENCE, "article": id_}
        conn.execute(sa.update(refusals).where(stored).values(values))
    for row in owned:
        refusal = row.refusal
        if refusal is None:
            values = {
                "capture": row.id,
                "outlet": outlet,
                "url": urls[0] if urls else row.url,
                "captured_at": row.captured_at,
                "reason": _REASON,
                "evidence": _EVIDENCE,
                "article": id_,
            }
            insert = sa.insert(refusals).returning(refusals.c.id)
            refusal = conn.execute(insert, values).scalar_one()
        _add_urls(conn, refusal, [row.url, *urls])


def _add_urls(conn: Connection, refusal: int, urls: Iterable[str]) -> None:
    wanted = {url_key(url): url for url in urls}
    stored = sa.select(refused_urls.c.key).where(refused_urls.c.refusal == refusal)
    for key in conn.execute(stored).scalars():
        wanted.pop(key, None)
    rows = [{"key": key, "refusal": refusal, "value": url} for key, url in wanted.items()]
    if rows:
        conn.execute(sa.insert(refused_urls), rows)


def load_redaction(conn: Connection, number: int) -> Redaction:
    """Return a redaction with the captures whose WARC records it covers."""
    row = conn.execute(sa.select(redactions).where(redactions.c.id == number)).one()
    query = (
        sa.select(*CAPTURE)
        .select_from(captures.join(refusals))
        .where(refusals.c.article == row.article, refusals.c.reason == _REASON)
        .order_by(captures.c.warc_file, captures.c.warc_offset)
    )
    return Redaction(
        number=row.id,
        article=row.article,
        outlet=row.outlet,
        redacted_at=row.redacted_at,
        redacted_by=row.redacted_by,
        reason=row.reason,
        digests=tuple(json.loads(row.digests)),
        finished_at=row.finished_at,
        captures=tuple(capture_of(found) for found in conn.execute(query)),
        urls=tuple(urls_of(conn, row.article)),
    )


def apply_redactions(conn: Connection, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Return arrivals with a refusal in place of each article that was taken down.

    Such an article is recognised by its outlet id or its own URL, which is added to its keys.
    Aliases do not count: an outlet that takes a page down often redirects to another article.
    """
    if conn.execute(sa.select(redactions.c.id).limit(1)).first() is None:
        return arrivals
    return [replace(arrival, result=_redacted(conn, arrival.result)) for arrival in arrivals]


def _redacted(conn: Connection, result: Article | Refusal) -> Article | Refusal:
    if isinstance(result, Refusal):
        return result
    wanted = {url_key(result.url)}
    if result.article_id:
        wanted.add(id_key(result.article_id))
    query = (
        sa.select(redactions.c.article)
        .select_from(redactions.join(keys, keys.c.article == redactions.c.article))
        .where(keys.c.outlet == result.outlet, keys.c.key.in_(wanted), keys.c.kind != "alias")
    )
    article = conn.execute(query.limit(1)).scalar()
    if article is None:
        return result
    own = {"key": url_key(result.url), "outlet": result.outlet}
    stored = sa.select(keys.c.key).where(keys.c.key == own["key"], keys.c.outlet == result.outlet)
    if conn.execute(stored).first() is None:
        values = {**own, "kind": "url", "value": result.url, "article": article}
        conn.execute(sa.insert(keys).values(values))
    version = result.extraction.version
    return Refusal(result.outlet, result.url, RefusalReason.REDACTED, _EVIDENCE, version)
