"""Arrivals whose articles are known, as rows: one statement a table, however many they are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import in_utc
from storage.dedup.revisions import Observation, decide
from storage.model.articles import Arrival, Article, Capture, Refusal, Stored, Verdict
from storage.sql.engine.bulk import insert, next_ids
from storage.sql.ingest.contents import Content, TaggedObservation, add_contents, tags_to_write
from storage.sql.ingest.lookup import IdentityIndex, urls_of_arrival
from storage.sql.ingest.revisions import (
    History,
    ObservationRow,
    observations,
    summary,
    write_histories,
)
from storage.sql.places.about import write_article_places
from storage.sql.places.tags import write_tags
from storage.sql.schema.core import articles, captures, keys, refusals, refused_urls
from storage.sql.schema.types import hashed, url_key


@dataclass(frozen=True, slots=True)
class MatchedArrival:
    """An arrival with its article; for a refusal, the one that was at its URL.

    apart_from: the article that its outlet id or URL names, but whose texts are unrelated.
    """

    arrival: Arrival
    article: int | None
    apart_from: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """An article's capture with the rows it gets."""

    arrival: Arrival
    article: Article
    id: int
    row: int
    content: Content

    @property
    def observation(self) -> Observation:
        """What `decide` sees of it."""
        capture = self.arrival.capture
        return Observation(capture.captured_at, self.content.fingerprint, capture.record_id)

    @property
    def observation_row(self) -> ObservationRow:
        """The row it becomes."""
        return ObservationRow(self.row, self.article.extraction.version)

    @property
    def tagged(self) -> TaggedObservation:
        """What decides whether its tags are written."""
        return TaggedObservation(
            self.content.row, self.arrival.capture.captured_at, self.arrival.tags
        )


def write_arrivals(
    conn: Connection, run_id: str, matched: Sequence[MatchedArrival], index: IdentityIndex
) -> list[Stored]:
    """Write arrivals with what `index` found for them; return what each was, in order."""
    new = next_ids(conn, articles, index.new)
    matched = [replace(one, article=_real(one.article, new)) for one in matched]
    rows = next_ids(conn, captures, len(matched))
    shown = _shown(conn, matched, rows)
    verdicts, histories = _decide(conn, shown, set(new))
    tags = tags_to_write(conn, [one.tagged for one in shown])
    at_hand = {one.row: one.article for one in shown}
    learned = {_real(id_, new): own for id_, own in index.learned.items()}
    _write_articles(conn, histories, {id_: learned.pop(id_, None) for id_ in new}, at_hand)
    _learn(conn, learned)
    claimed = [{**row, "article": _real(row["article"], new)} for row in index.claimed]
    insert(conn, keys, sorted(claimed, key=lambda row: (row["outlet"], row["key"])))
    _write_captures(conn, run_id, matched, rows, {one.row: one for one in shown})
    _write_refusals(conn, matched, rows)
    changed = write_histories(conn, histories, new=set(new), at_hand=at_hand)
    write_tags(conn, tags)
    placeless = {one.id for one in shown if one.id in new and one.content.fresh}
    tagged = {one.id for one in shown if one.content.row in tags}
    write_article_places(conn, sorted(changed - placeless | tagged))
    return [
        Stored(verdicts.get(row, Verdict.REFUSED), one.article, apart_from=one.apart_from)
        for row, one in zip(rows, matched, strict=True)
    ]


def observation_key(capture: Capture) -> bytes:
    """Return a capture's key, wherever its record lies: a copy has the same."""
    moment = in_utc(capture.captured_at, "a capture's time")
    return hashed(capture.url, moment.isoformat(), capture.digest)


def add_article(conn: Connection, captured_at: datetime, article: Article) -> int:
    """Make the row of an article that is first seen; return its short id."""
    (row,) = next_ids(conn, articles, 1)
    insert(conn, articles, [_article_row(row, article, captured_at)])
    return row


def add_refusal(
    conn: Connection,
    capture: int,
    captured_at: datetime,
    refusal: Refusal,
    urls: Iterable[str],
    article: int | None,
    *,
    is_final: bool = False,
) -> None:
    """Write that the capture in that row is no article. article: the one that was at its URL."""
    (row,) = next_ids(conn, refusals, 1)
    written = _refusal_row(row, capture, captured_at, refusal, article, is_final=is_final)
    insert(conn, refusals, [written])
    insert(conn, refused_urls, _refused_rows(row, urls))


def _real(id_: int | None, new: Sequence[int]) -> int | None:
    """Return the short id of an article that a batch numbers from -1 down where it is new."""
    return new[-id_ - 1] if id_ is not None and id_ < 0 else id_


def _shown(
    conn: Connection, matched: Sequence[MatchedArrival], rows: Sequence[int]
) -> list[CaptureRow]:
    """Return those arrivals that are articles; their contents are written."""
    found = [
        (one.arrival, one.arrival.result, one.article, row)
        for one, row in zip(matched, rows, strict=True)
        if isinstance(one.arrival.result, Article) and one.article is not None
    ]
    contents = add_contents(conn, [article for _, article, _, _ in found])
    return [CaptureRow(*one, content) for one, content in zip(found, contents, strict=True)]


def _decide(
    conn: Connection, shown: Sequence[CaptureRow], new: Collection[int]
) -> tuple[dict[int, Verdict], dict[int, History]]:
    """Return what each capture, by row, means, and each article's history with all of them."""
    ids = dict.fromkeys(one.id for one in shown)
    observed = observations(conn, [id_ for id_ in ids if id_ not in new]) | {id_: {} for id_ in new}
    verdicts: dict[int, Verdict] = {}
    histories: dict[int, History] = {}
    for one in shown:
        of_article = observed[one.id]
        decision = decide(of_article, one.observation)
        of_article[one.observation] = one.observation_row
        verdicts[one.row] = decision.verdict
        histories[one.id] = History(decision.states, of_article)
    return verdicts, histories


def _write_articles(
    conn: Connection,
    histories: Mapping[int, History],
    new: Mapping[int, str | None],
    at_hand: Mapping[int, Article],
) -> None:
    """Make the rows of new articles, with their outlets' ids, from their latest states."""
    rows = []
    for id_, own in new.items():
        states, observed = histories[id_].states, histories[id_].observed
        latest = at_hand[observed[states[-1].first].capture]
        rows.append(_article_row(id_, latest, states[0].first.captured_at, own))
    insert(conn, articles, rows)


def _article_row(
    id_: int, article: Article, first_captured_at: datetime, own_id: str | None = None
) -> dict[str, Any]:
    columns = summary(article, first_captured_at)
    return {"id": id_, "outlet": article.outlet, "article_id": own_id, **columns}


def _learn(conn: Connection, learned: Mapping[int | None, str]) -> None:
    """Write the newest outlet ids of articles that were stored before."""
    rows = [{"of": id_, "learned": own} for id_, own in learned.items()]
    if rows:
        one = sa.update(articles).where(articles.c.id == sa.bindparam("of"))
        conn.execute(one.values(article_id=sa.bindparam("learned")), rows)


def _write_captures(
    conn: Connection,
    run_id: str,
    matched: Sequence[MatchedArrival],
    rows: Sequence[int],
    shown: Mapping[int, CaptureRow],
) -> None:
    made = []
    for one, row in zip(matched, rows, strict=True):
        as_article = shown.get(row)
        made.append(
            {
                "id": row,
                "run": run_id,
                "article": as_article and as_article.id,
                "content": as_article and as_article.content.row,
                **_capture_row(one.arrival.capture, one.arrival.result),
            }
        )
    insert(conn, captures, made)


def _capture_row(capture: Capture, result: Article | Refusal) -> dict[str, Any]:
    read_by = result.extraction.version if isinstance(result, Article) else result.version
    return {
        "outlet": result.outlet,
        "url": capture.url,
        "captured_at": capture.captured_at,
        "status": capture.status,
        "warc_file": capture.warc_file,
        "warc_offset": capture.warc_offset,
        "record_id": capture.record_id,
        "digest": capture.digest,
        "observation_key": observation_key(capture),
        "version": read_by,
        "read_at": capture.captured_at,
    }


def _write_refusals(
    conn: Connection, matched: Sequence[MatchedArrival], captured: Sequence[int]
) -> None:
    refused = [
        (one, capture, one.arrival.result)
        for one, capture in zip(matched, captured, strict=True)
        if isinstance(one.arrival.result, Refusal)
    ]
    made, urls = [], []
    numbers = next_ids(conn, refusals, len(refused))
    for row, (one, capture, refusal) in zip(numbers, refused, strict=True):
        seen_at = one.arrival.capture.captured_at
        final = one.arrival.is_final
        made.append(_refusal_row(row, capture, seen_at, refusal, one.article, is_final=final))
        urls += _refused_rows(row, urls_of_arrival(one.arrival))
    insert(conn, refusals, made)
    insert(conn, refused_urls, urls)


def _refusal_row(
    row: int,
    capture: int,
    captured_at: datetime,
    refusal: Refusal,
    article: int | None,
    *,
    is_final: bool,
) -> dict[str, Any]:
    return {
        "id": row,
        "capture": capture,
        "outlet": refusal.outlet,
        "url": refusal.url,
        "captured_at": captured_at,
        "reason": refusal.reason.value,
        "evidence": refusal.evidence,
        "article": article,
        "final": is_final,
    }


def _refused_rows(row: int, urls: Iterable[str]) -> list[dict[str, Any]]:
    return [{"key": url_key(url), "refusal": row, "value": url} for url in dict.fromkeys(urls)]
