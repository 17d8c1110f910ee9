"""Write new readings of captures: the newest reading counts, the earlier ones are kept.

docs/decisions/0006-rereadings.md says why. Every function writes inside the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import in_utc
from storage.dedup.fingerprint import differing_fields
from storage.errors import NotFoundError
from storage.model.articles import FAILURES, Article, Refusal, RefusalReason
from storage.model.readings import Reread
from storage.sql.engine.connect import ARRIVALS, lock, lock_shared
from storage.sql.ingest.batch import add_article, add_refusal
from storage.sql.ingest.contents import add_contents
from storage.sql.ingest.identity import claim, find_article, urls_of
from storage.sql.ingest.regroup import Identifiers, ObservedCapture, regroup_captures
from storage.sql.ingest.reread_unchanged import RereadCapture, keep_earlier, write_in_place
from storage.sql.ingest.revisions import recompute
from storage.sql.places.tags import forget_tags
from storage.sql.read.readings import StoredCapture, load_captures
from storage.sql.schema.core import captures, refusals, refused_urls
from storage.sql.schema.types import in_parts

Result = Article | Refusal


def reread(
    conn: Connection, results: Sequence[tuple[int, Result]], version: int, now: datetime
) -> list[Reread]:
    """Write new readings of captures, made by `version`; return the effect of each, in order.

    results: the captures' rows with what they are read as. Raises NotFoundError for an unknown row,
    ValueError for a result of another outlet or version.
    """
    in_utc(now, "the time of a re-reading")
    lock_shared(conn, ARRIVALS)
    outlets: set[str] = set()
    for part in in_parts([id_ for id_, _ in results]):
        query = sa.select(captures.c.outlet).where(captures.c.id.in_(part)).distinct()
        outlets |= set(conn.execute(query).scalars())
    for outlet in sorted(outlets):  # in sorted order, so that no deadlock is possible
        lock(conn, outlet)
    effects: list[Reread] = []
    size = len(results)
    while len(effects) < len(results):
        left = results[len(effects) :][:size]
        in_place = _in_place(conn, left, version)
        if in_place:
            captures_read = [capture for capture, _ in in_place if capture]
            write_in_place(conn, captures_read, version, now)
            effects += [effect for _, effect in in_place]
            size *= 2
        else:  # the captures after it must be loaded again; load few, the next may be the same
            effects.append(_reread(conn, *left[0], version, now))
            size = 2
    return effects


def _in_place(
    conn: Connection, results: Sequence[tuple[int, Result]], version: int
) -> list[tuple[RereadCapture | None, Reread]]:
    """Return the results up to the first that changes more than a content, with their effects.

    None instead of a capture that is not to be written.
    """
    known = load_captures(conn, [id_ for id_, _ in results])
    in_place: list[tuple[RereadCapture | None, Reread]] = []
    done: set[int] = set()
    for id_, result in results:
        found = _checked(known.get(id_), id_, result, version)
        changed = _changed(found.result, result)
        failed = isinstance(result, Refusal) and result.reason in FAILURES
        if id_ in done:  # it was loaded before its last result was written
            break
        if isinstance(found.result, Refusal) and found.result.reason is RefusalReason.REDACTED:
            in_place.append((None, Reread.REDACTED))
        elif failed or not changed:
            effect = Reread.FAILED if failed else Reread.UNCHANGED
            in_place.append((RereadCapture(found, None), effect))
        elif _is_same_article(found.result, result) and isinstance(result, Article):
            in_place.append((RereadCapture(found, result, changed), Reread.CHANGED))
        else:
            break
        done.add(id_)
    return in_place


def _is_same_article(before: Result, after: Result) -> bool:
    """Return True for two articles with the same id and URL: none is split or merged then."""
    if isinstance(before, Refusal) or isinstance(after, Refusal):
        return False
    return (before.article_id, before.url) == (after.article_id, after.url)


def _reread(conn: Connection, id_: int, result: Result, version: int, now: datetime) -> Reread:
    """Write a result that changes which article a capture belongs to, or whether it is one."""
    found = load_captures(conn, [id_])[id_]
    keep_earlier(conn, [(found, _changed(found.result, result))])
    _update(conn, id_, version=version, read_at=now)
    if isinstance(found.result, Article):
        if isinstance(result, Article):
            return _revise(conn, found, found.result, result)
        return _refuse(conn, found, found.result, result)
    if isinstance(result, Article):
        return _admit(conn, found, result)
    return _replace_refusal(conn, found, result)


def _checked(found: StoredCapture | None, id_: int, result: Result, version: int) -> StoredCapture:
    if found is None:
        raise NotFoundError(f"no capture has the number {id_}: expected one that `to_reread` gave")
    _check(found, result, version)
    return found


def _check(found: StoredCapture, result: Result, version: int) -> None:
    if result.outlet != found.outlet:
        raise ValueError(
            f"capture {found.id} is {found.outlet}'s, its re-reading {result.outlet}'s"
        )
    if isinstance(result, Article) and result.extraction.version != version:
        read_by = result.extraction.version
        raise ValueError(f"capture {found.id} was re-read by version {read_by}, not {version}")


def _changed(before: Result, after: Result) -> tuple[str, ...]:
    """Return the names of the fields that differ; "refusal" where a refusal is involved."""
    if isinstance(before, Article) and isinstance(after, Article):
        return differing_fields(before, after)
    if isinstance(before, Refusal) and isinstance(after, Refusal):
        return () if replace(after, version=before.version) == before else ("refusal",)
    return ("refusal",)


def _update(conn: Connection, id_: int, **values: Any) -> None:
    conn.execute(sa.update(captures).where(captures.c.id == id_).values(**values))


def _refuse(conn: Connection, found: StoredCapture, before: Article, result: Refusal) -> Reread:
    """Turn an article's capture into a refusal. Its URLs still lead to the article."""
    id_ = _article(found)
    urls = [result.url, found.capture.url, *urls_of(conn, id_)]
    add_refusal(conn, found.id, found.capture.captured_at, result, urls, id_)
    _show(conn, found, article=None, content=None)
    denied = {(kind, value) for kind, value in _identifiers(found, before) if kind == "id"}
    recompute(conn, regroup_captures(conn, id_, found.id, denied), {found.id})
    return Reread.REFUSED


def _replace_refusal(conn: Connection, found: StoredCapture, result: Refusal) -> Reread:
    """Replace a refusal by one with another reason or evidence; whether it is final stays."""
    before = sa.select(refusals.c.final).where(refusals.c.id == found.refusal)
    is_final = bool(conn.execute(before).scalar_one())
    urls = [result.url, found.capture.url, *_delete_refusal(conn, found)]
    captured_at = found.capture.captured_at
    add_refusal(conn, found.id, captured_at, result, urls, found.article, is_final=is_final)
    return Reread.CHANGED


def _admit(conn: Connection, found: StoredCapture, result: Article) -> Reread:
    """Turn a refusal into an article's capture."""
    urls = [found.capture.url, *_delete_refusal(conn, found)]
    match = find_article(conn, result, urls)
    target = match.article
    if target is None:
        target = add_article(conn, found.capture.captured_at, result)
    claim(conn, target, result, urls, apart=match.apart_from is not None)
    _show(conn, found, article=target, content=_content(conn, result))
    recompute(conn, [target], {found.id})
    return Reread.ADMITTED


def _delete_refusal(conn: Connection, found: StoredCapture) -> list[str]:
    """Delete a refusal's rows; return the URLs that led to it."""
    own = refused_urls.c.refusal == found.refusal
    urls = sorted(conn.execute(sa.select(refused_urls.c.value).where(own)).scalars())
    conn.execute(sa.delete(refused_urls).where(own))
    conn.execute(sa.delete(refusals).where(refusals.c.id == found.refusal))
    return urls


def _revise(conn: Connection, found: StoredCapture, before: Article, result: Article) -> Reread:
    """Give a capture another id or URL, and so perhaps another article."""
    _show(conn, found, content=_content(conn, result))
    changed = regroup_captures(conn, _article(found), found.id, _identifiers(found, before))
    recompute(conn, changed, {found.id})
    return Reread.CHANGED


def _show(conn: Connection, found: StoredCapture, **values: int | None) -> None:
    """Let a capture show another content, or none; drop the old one's tags if nothing shows it."""
    _update(conn, found.id, **values)
    if found.content is not None:
        forget_tags(conn, [found.content])


def _content(conn: Connection, article: Article) -> int:
    return add_contents(conn, [article])[0].row


def _identifiers(found: StoredCapture, before: Article) -> Identifiers:
    """Return the outlet id and URLs that a capture had as an article."""
    capture = found.capture
    return ObservedCapture(found.id, capture.url, capture.captured_at, before).identifiers


def _article(found: StoredCapture) -> int:
    if found.article is None:
        raise AssertionError(f"capture {found.id} has a content but no article")
    return found.article
