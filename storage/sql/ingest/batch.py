"""Write arrivals whose articles are known: one statement per table, however many they are."""

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
    """An arrival with its article; for a refusal, the article that was at its URL.

    apart_from: the article that has its outlet id or URL, but whose texts are unrelated.
    """

    arrival: Arrival
    article: int | None
    apart_from: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """An article's capture with the ids of its rows. id: of the article. row: of the capture."""

    arrival: Arrival
    article: Article
    id: int
    row: int
    content: Content

    @property
    def observation(self) -> Observation:
        """The observation for `decide`."""
        capture = self.arrival.capture
        return Observation(capture.captured_at, self.content.fingerprint, capture.record_id)

    @property
    def observation_row(self) -> ObservationRow:
        """The observation's row."""
        return ObservationRow(self.row, self.article.extraction.version)

    @property
    def tagged(self) -> TaggedObservation:
        """The input of `tags_to_write`."""
        return TaggedObservation(
            self.content.row, self.arrival.capture.captured_at, self.arrival.tags
        )


def write_arrivals(
    conn: Connection, run_id: str, matched: Sequence[MatchedArrival], index: IdentityIndex
) -> list[Stored]:
    """Write arrivals with the keys that `index` collected; return each one's outcome, in order."""
    new = next_ids(conn, articles, index.new)
    matched = [replace(match, article=_real(match.article, new)) for match in matched]
    rows = next_ids(conn, captures, len(matched))
    shown = _add_contents(conn, matched, rows)
    verdicts, histories = _decide(conn, shown, set(new))
    tags = tags_to_write(conn, [capture.tagged for capture in shown])
    loaded = {capture.row: capture.article for capture in shown}
    outlet_ids = {_real(id_, new): outlet_id for id_, outlet_id in index.outlet_ids.items()}
    _write_articles(conn, histories, {id_: outlet_ids.pop(id_, None) for id_ in new}, loaded)
    _update_outlet_ids(conn, outlet_ids)
    claimed = [{**row, "article": _real(row["article"], new)} for row in index.claimed]
    insert(conn, keys, sorted(claimed, key=lambda row: (row["outlet"], row["key"])))
    _write_captures(conn, run_id, matched, rows, {capture.row: capture for capture in shown})
    _write_refusals(conn, matched, rows)
    changed = write_histories(conn, histories, new=set(new), loaded=loaded)
    write_tags(conn, tags)
    placeless = {capture.id for capture in shown if capture.id in new and capture.content.fresh}
    tagged = {capture.id for capture in shown if capture.content.row in tags}
    write_article_places(conn, sorted(changed - placeless | tagged))
    return [
        Stored(verdicts.get(row, Verdict.REFUSED), match.article, apart_from=match.apart_from)
        for row, match in zip(rows, matched, strict=True)
    ]


def observation_key(capture: Capture) -> bytes:
    """Return a capture's key. It does not depend on the WARC record: a copy has the same key."""
    moment = in_utc(capture.captured_at, "a capture's time")
    return hashed(capture.url, moment.isoformat(), capture.digest)


def add_article(conn: Connection, captured_at: datetime, article: Article) -> int:
    """Insert the row of a new article; return its short id."""
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
    """Write a capture as a refusal.

    capture: its row. urls: all URLs that led to it. article: the article that was at its URL.
    is_final: as in `Arrival`.
    """
    (row,) = next_ids(conn, refusals, 1)
    columns = _refusal_row(row, capture, captured_at, refusal, article, is_final=is_final)
    insert(conn, refusals, [columns])
    insert(conn, refused_urls, _refused_rows(row, urls))


def _real(id_: int | None, new: Sequence[int]) -> int | None:
    """Return an article's short id; a batch numbers its new articles from -1 down."""
    return new[-id_ - 1] if id_ is not None and id_ < 0 else id_


def _add_contents(
    conn: Connection, matched: Sequence[MatchedArrival], rows: Sequence[int]
) -> list[CaptureRow]:
    """Write the contents of the arrivals that are articles; return these."""
    found = [
        (match.arrival, match.arrival.result, match.article, row)
        for match, row in zip(matched, rows, strict=True)
        if isinstance(match.arrival.result, Article) and match.article is not None
    ]
    contents = add_contents(conn, [article for _, article, _, _ in found])
    return [CaptureRow(*fields, content) for fields, content in zip(found, contents, strict=True)]


def _decide(
    conn: Connection, shown: Sequence[CaptureRow], new: Collection[int]
) -> tuple[dict[int, Verdict], dict[int, History]]:
    """Return the verdict on each capture, by row, and each article's history with all of them."""
    ids = dict.fromkeys(capture.id for capture in shown)
    observed = observations(conn, [id_ for id_ in ids if id_ not in new]) | {id_: {} for id_ in new}
    verdicts: dict[int, Verdict] = {}
    histories: dict[int, History] = {}
    for capture in shown:
        earlier = observed[capture.id]
        decision = decide(earlier, capture.observation)
        earlier[capture.observation] = capture.observation_row
        verdicts[capture.row] = decision.verdict
        histories[capture.id] = History(decision.states, earlier)
    return verdicts, histories


def _write_articles(
    conn: Connection,
    histories: Mapping[int, History],
    new: Mapping[int, str | None],
    loaded: Mapping[int, Article],
) -> None:
    """Insert the rows of new articles, from their latest states. new: outlet ids by short id."""
    rows = []
    for id_, outlet_id in new.items():
        states, observed = histories[id_].states, histories[id_].observed
        latest = loaded[observed[states[-1].first].capture]
        rows.append(_article_row(id_, latest, states[0].first.captured_at, outlet_id))
    insert(conn, articles, rows)


def _article_row(
    id_: int, article: Article, first_captured_at: datetime, outlet_id: str | None = None
) -> dict[str, Any]:
    columns = summary(article, first_captured_at)
    return {"id": id_, "outlet": article.outlet, "article_id": outlet_id, **columns}


def _update_outlet_ids(conn: Connection, outlet_ids: Mapping[int | None, str]) -> None:
    """Write the newest outlet ids of articles that were stored before."""
    rows = [{"own_id": id_, "outlet_id": outlet_id} for id_, outlet_id in outlet_ids.items()]
    if rows:
        update = sa.update(articles).where(articles.c.id == sa.bindparam("own_id"))
        conn.execute(update.values(article_id=sa.bindparam("outlet_id")), rows)


def _write_captures(
    conn: Connection,
    run_id: str,
    matched: Sequence[MatchedArrival],
    rows: Sequence[int],
    shown: Mapping[int, CaptureRow],
) -> None:
    inserted = []
    for match, row in zip(matched, rows, strict=True):
        as_article = shown.get(row)
        inserted.append(
            {
                "id": row,
                "run": run_id,
                "article": as_article and as_article.id,
                "content": as_article and as_article.content.row,
                **_capture_row(match.arrival.capture, match.arrival.result),
            }
        )
    insert(conn, captures, inserted)


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
        (match, capture, match.arrival.result)
        for match, capture in zip(matched, captured, strict=True)
        if isinstance(match.arrival.result, Refusal)
    ]
    inserted, urls = [], []
    ids = next_ids(conn, refusals, len(refused))
    for row, (match, capture, refusal) in zip(ids, refused, strict=True):
        seen_at = match.arrival.capture.captured_at
        final = match.arrival.is_final
        columns = _refusal_row(row, capture, seen_at, refusal, match.article, is_final=final)
        inserted.append(columns)
        urls += _refused_rows(row, urls_of_arrival(match.arrival))
    insert(conn, refusals, inserted)
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
