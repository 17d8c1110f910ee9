"""Reading captures again: the newest reading counts, the earlier ones are kept.

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
from storage.sql.ingest.regroup import Marks, ObservedCapture, regroup_captures
from storage.sql.ingest.reread_unchanged import RereadCapture, keep_earlier, write_plain
from storage.sql.ingest.revisions import recompute
from storage.sql.places.tags import forget_tags
from storage.sql.read.readings import StoredCapture, load_captures
from storage.sql.schema.core import captures, refusals, refused_urls
from storage.sql.schema.types import in_parts

Result = Article | Refusal


def reread(
    conn: Connection, results: Sequence[tuple[int, Result]], version: int, now: datetime
) -> list[Reread]:
    """Write what captures, by row, were read as by `version`; return what each led to."""
    in_utc(now, "the time of a re-reading")
    lock_shared(conn, ARRIVALS)
    outlets: set[str] = set()
    for part in in_parts([id_ for id_, _ in results]):
        query = sa.select(captures.c.outlet).where(captures.c.id.in_(part)).distinct()
        outlets |= set(conn.execute(query).scalars())
    for outlet in sorted(outlets):  # in one order, so that no two wait for each other
        lock(conn, outlet)
    effects: list[Reread] = []
    size = len(results)
    while len(effects) < len(results):
        left = results[len(effects) :][:size]
        plain = _plain(conn, left, version)
        if plain:
            write_plain(
                conn,
                [reread_captures for reread_captures, _ in plain if reread_captures],
                version,
                now,
            )
            effects += [effect for _, effect in plain]
            size *= 2
        else:  # what comes after it is loaded again: the next may be as little plain
            effects.append(_reread(conn, *left[0], version, now))
            size = 2
    return effects


def _plain(
    conn: Connection, results: Sequence[tuple[int, Result]], version: int
) -> list[tuple[RereadCapture | None, Reread]]:
    """Return the first results, up to one that changes more than a text, with what each led to.

    None for what is not to be written.
    """
    known = load_captures(conn, [id_ for id_, _ in results])
    plain: list[tuple[RereadCapture | None, Reread]] = []
    done: set[int] = set()
    for id_, result in results:
        found = _checked(known.get(id_), id_, result, version)
        changed = _changed(found.result, result)
        failed = isinstance(result, Refusal) and result.reason in FAILURES
        if id_ in done:  # what it is now is not what it was
            break
        if isinstance(found.result, Refusal) and found.result.reason is RefusalReason.REDACTED:
            plain.append((None, Reread.REDACTED))
        elif failed or not changed:
            effect = Reread.FAILED if failed else Reread.UNCHANGED
            plain.append((RereadCapture(found, None), effect))
        elif _is_same_article(found.result, result) and isinstance(result, Article):
            plain.append((RereadCapture(found, result, changed), Reread.CHANGED))
        else:
            break
        done.add(id_)
    return plain


def _is_same_article(before: Result, after: Result) -> bool:
    """True where both are articles with the same marks: then no article parts or joins."""
    if isinstance(before, Refusal) or isinstance(after, Refusal):
        return False
    return (before.article_id, before.url) == (after.article_id, after.url)


def _reread(conn: Connection, id_: int, result: Result, version: int, now: datetime) -> Reread:
    """Write one result that changes which article a capture is, or whether it is one."""
    found = load_captures(conn, [id_])[id_]
    keep_earlier(conn, [(found, _changed(found.result, result))])
    _update(conn, id_, version=version, read_at=now)
    if isinstance(found.result, Article):
        if isinstance(result, Article):
            return _revise(conn, found, found.result, result)
        return _refuse(conn, found, found.result, result)
    if isinstance(result, Article):
        return _admit(conn, found, result)
    return _refuse_anew(conn, found, result)


def _checked(found: StoredCapture | None, id_: int, result: Result, version: int) -> StoredCapture:
    if found is None:
        raise NotFoundError(f"no capture has the number {id_}: ask which ones are to be re-read")
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
    """Return the names of the fields that differ, "refusal" where one is no article."""
    if isinstance(before, Article) and isinstance(after, Article):
        return differing_fields(before, after)
    if isinstance(before, Refusal) and isinstance(after, Refusal):
        return () if replace(after, version=before.version) == before else ("refusal",)
    return ("refusal",)


def _update(conn: Connection, id_: int, **values: Any) -> None:
    conn.execute(sa.update(captures).where(captures.c.id == id_).values(**values))


def _refuse(conn: Connection, found: StoredCapture, before: Article, result: Refusal) -> Reread:
    """Write that an article's capture is no article. Its URLs still lead to the article."""
    id_ = _article(found)
    urls = [result.url, found.capture.url, *urls_of(conn, id_)]
    add_refusal(conn, found.id, found.capture.captured_at, result, urls, id_)
    _show(conn, found, article=None, content=None)
    denied = {mark for mark in _marks(found, before) if mark[0] == "id"}
    recompute(conn, regroup_captures(conn, id_, found.id, denied), {found.id})
    return Reread.REFUSED


def _refuse_anew(conn: Connection, found: StoredCapture, result: Refusal) -> Reread:
    """Write that a refusal has another reason or evidence; whether it was final stays."""
    before = sa.select(refusals.c.final).where(refusals.c.id == found.refusal)
    is_final = bool(conn.execute(before).scalar_one())
    urls = [result.url, found.capture.url, *_unrefuse(conn, found)]
    at = found.capture.captured_at
    add_refusal(conn, found.id, at, result, urls, found.article, is_final=is_final)
    return Reread.CHANGED


def _admit(conn: Connection, found: StoredCapture, result: Article) -> Reread:
    """Write that a refusal is an article after all."""
    urls = [found.capture.url, *_unrefuse(conn, found)]
    match = find_article(conn, result, urls)
    target = match.article
    if target is None:
        target = add_article(conn, found.capture.captured_at, result)
    claim(conn, target, result, urls, apart=match.apart_from is not None)
    _show(conn, found, article=target, content=_content(conn, result))
    recompute(conn, [target], {found.id})
    return Reread.ADMITTED


def _unrefuse(conn: Connection, found: StoredCapture) -> list[str]:
    """Take a refusal's rows away; return the URLs that led to it."""
    of = refused_urls.c.refusal == found.refusal
    urls = sorted(conn.execute(sa.select(refused_urls.c.value).where(of)).scalars())
    conn.execute(sa.delete(refused_urls).where(of))
    conn.execute(sa.delete(refusals).where(refusals.c.id == found.refusal))
    return urls


def _revise(conn: Connection, found: StoredCapture, before: Article, result: Article) -> Reread:
    """Write that a capture has another id or URL, and perhaps is another article's."""
    _show(conn, found, content=_content(conn, result))
    concerned = regroup_captures(conn, _article(found), found.id, _marks(found, before))
    recompute(conn, concerned, {found.id})
    return Reread.CHANGED


def _show(conn: Connection, found: StoredCapture, **values: int | None) -> None:
    """Let a capture show another content, or none; the one before is perhaps no longer shown."""
    _update(conn, found.id, **values)
    if found.content is not None:
        forget_tags(conn, [found.content])


def _content(conn: Connection, article: Article) -> int:
    return add_contents(conn, [article])[0].row


def _marks(found: StoredCapture, before: Article) -> Marks:
    """Return what a capture was known by as an article."""
    return ObservedCapture(found.id, found.capture.url, found.capture.captured_at, before).marks


def _article(found: StoredCapture) -> int:
    if found.article is None:
        raise AssertionError(f"capture {found.id} has a content but no article")
    return found.article
