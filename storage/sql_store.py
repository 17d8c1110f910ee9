"""The one way in: a capture and what it held become rows, inside the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec import article_to_json, in_utc
from storage.decide import Observation, decide
from storage.errors import NotFoundError
from storage.fingerprint import fingerprint
from storage.model import Article, Capture, Refusal, Stored, Verdict
from storage.places import Tags
from storage.sql_identity import article_at, claim, find_article, url_key
from storage.sql_open import lock
from storage.sql_places import write_article_places
from storage.sql_redact import shield
from storage.sql_revisions import Sight, observations, summary, write_revisions
from storage.sql_tags import wants_tags, write_tags
from storage.sql_types import hashed
from storage.tables import (
    articles,
    captures,
    contents,
    outlets,
    refusals,
    refused_urls,
    runs,
    tags,
)


def store(
    conn: Connection,
    run_id: str,
    capture: Capture,
    result: Article | Refusal,
    aliases: Iterable[str],
    place_tags: Tags | None = None,
) -> Stored:
    """Store one capture with what it held; everything or, where the caller rolls back, nothing.

    Raises NotFoundError where no run `run_id` was started.
    """
    if not capture.record_id:  # two without one would pass for the same
        raise ValueError(f"the capture of {capture.url} has no record id")
    lock(conn, result.outlet)
    add_outlet(conn, result.outlet)
    known = _known(conn, result.outlet, capture)
    if known is not None:
        return known
    if conn.execute(sa.select(runs.c.id).where(runs.c.id == run_id)).first() is None:
        raise NotFoundError(f"no run {run_id!r} was started: start it before storing its pages")
    urls = (result.url, capture.url, *aliases)
    result = shield(conn, result)
    if isinstance(result, Refusal):
        return _store_refusal(conn, run_id, capture, result, urls)
    return _store_article(conn, run_id, capture, result, urls, place_tags)


def add_outlet(conn: Connection, slug: str) -> None:
    """Make the outlet's row where it is missing; the caller holds the outlet's lock."""
    if conn.execute(sa.select(outlets).where(outlets.c.slug == slug)).first() is None:
        conn.execute(sa.insert(outlets).values(slug=slug))


def _sight(capture: Capture) -> bytes:
    moment = in_utc(capture.captured_at, "a capture's time")
    return hashed(capture.url, moment.isoformat(), capture.digest)


def _known(conn: Connection, outlet: str, capture: Capture) -> Stored | None:
    """Return the answer for a capture that was stored before: the same record, or a copy of it."""
    same = (captures.c.record_id == capture.record_id) | (captures.c.sight == _sight(capture))
    query = (
        sa.select(sa.func.coalesce(captures.c.article, refusals.c.article))
        .select_from(captures.outerjoin(refusals))
        .where(captures.c.outlet == outlet, same)
    )
    row = conn.execute(query).first()
    return Stored(Verdict.KNOWN, row[0]) if row else None


def _add_capture(conn: Connection, run_id: str, outlet: str, capture: Capture, **to: int) -> int:
    return _insert(
        conn,
        captures,
        outlet=outlet,
        run=run_id,
        url=capture.url,
        captured_at=capture.captured_at,
        status=capture.status,
        warc_file=capture.warc_file,
        warc_offset=capture.warc_offset,
        record_id=capture.record_id,
        digest=capture.digest,
        sight=_sight(capture),
        read_at=capture.captured_at,
        **to,
    )


def _insert(conn: Connection, table: sa.Table, **values: Any) -> int:
    return int(conn.execute(sa.insert(table).returning(table.c.id), values).scalar_one())


def _store_refusal(
    conn: Connection, run_id: str, capture: Capture, refusal: Refusal, urls: Iterable[str]
) -> Stored:
    article = article_at(conn, refusal.outlet, urls)
    row = _add_capture(conn, run_id, refusal.outlet, capture, version=refusal.version)
    add_refusal(conn, row, capture.captured_at, refusal, urls, article)
    return Stored(Verdict.REFUSED, article)


def add_refusal(
    conn: Connection,
    capture: int,
    captured_at: datetime,
    refusal: Refusal,
    urls: Iterable[str],
    article: int | None,
) -> None:
    """Write that the capture in that row is no article. article: the one that stood at its URL."""
    row = _insert(
        conn,
        refusals,
        capture=capture,
        outlet=refusal.outlet,
        url=refusal.url,
        captured_at=captured_at,
        reason=refusal.reason.value,
        evidence=refusal.evidence,
        article=article,
    )
    rows = [{"key": url_key(url), "refusal": row, "value": url} for url in dict.fromkeys(urls)]
    conn.execute(sa.insert(refused_urls), rows)


def _store_article(
    conn: Connection,
    run_id: str,
    capture: Capture,
    article: Article,
    urls: Iterable[str],
    place_tags: Tags | None,
) -> Stored:
    content = add_content(conn, article)
    found = find_article(conn, article)
    id_ = found if found is not None else add_article(conn, capture.captured_at, article)
    claim(conn, id_, article, urls)
    before = {} if found is None else observations(conn, id_)
    tagged = place_tags is not None and wants_tags(
        conn, content, place_tags.version, capture.captured_at
    )
    version = article.extraction.version
    to = {"article": id_, "content": content, "version": version}
    row = _add_capture(conn, run_id, article.outlet, capture, **to)
    new = Observation(capture.captured_at, fingerprint(article), capture.record_id)
    decision = decide(before, new)
    sights = {**before, new: Sight(row, version)}
    rewritten = write_revisions(conn, id_, decision.states, sights, {row: article})
    if place_tags and tagged:
        write_tags(conn, {content: place_tags})
    if tagged or rewritten:
        write_article_places(conn, [id_])
    return Stored(decision.verdict, id_)


def add_article(conn: Connection, captured_at: datetime, article: Article) -> int:
    """Make the row of an article that is first seen; return its short id."""
    return _insert(conn, articles, outlet=article.outlet, **summary(article, captured_at))


def add_content(conn: Connection, article: Article) -> int:
    """Return the row of this very content, which is written where it is new."""
    text = article_to_json(article)
    digest = hashed(text)
    query = sa.select(contents.c.id, tags.c.content).select_from(contents.outerjoin(tags))
    found = conn.execute(query.where(contents.c.digest == digest)).one_or_none()
    if found is None:
        print_ = fingerprint(article)
        row = _insert(conn, contents, digest=digest, fingerprint=print_, json=text)
    else:
        row = int(found[0])
    if found is None or found[1] is None:  # new, or shown again
        conn.execute(sa.insert(tags).values(content=row))
    return row
