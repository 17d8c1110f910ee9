"""The status of each outlet, as `tinquan status` shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.render.base import fields_json, time_json
from storage.archive import Archive
from storage.model.alarms import Alarm
from storage.model.runs import Outcome

_DAY = timedelta(days=1)
_USUAL_DAYS = 28


@dataclass(frozen=True, slots=True)
class OutletStatus:
    """One outlet's status. usual: articles a day over the four weeks before the last day.

    last_outcome: the outcome of its last ended crawl; None if there is none. next_run: None if no
    schedule will crawl it.
    """

    outlet: str
    last_outcome: Outcome | None
    last_success: datetime | None
    newest_article: datetime | None
    articles_24h: int
    usual: float
    alarms: tuple[Alarm, ...]
    next_run: datetime | None


def is_failure(end: Outcome | None) -> bool:
    """True for an outcome that needs attention; a stop was intended."""
    return end not in (None, Outcome.DONE, Outcome.STOPPED)


def status_of(
    archive: Archive,
    outlets: Sequence[str],
    alarms: Sequence[Alarm],
    next_runs: Mapping[str, datetime],
    now: datetime,
) -> list[OutletStatus]:
    """Return each outlet's status, in the given order. alarms: the open ones."""
    newest = archive.articles.newest_by_outlet(now)
    today = archive.articles.count_by_outlet(now - _DAY, now)
    before = archive.articles.count_by_outlet(now - _DAY * (_USUAL_DAYS + 1), now - _DAY)
    return [
        OutletStatus(
            outlet=slug,
            last_outcome=_last_outcome(archive, slug),
            last_success=_last_success(archive, slug),
            newest_article=newest.get(slug),
            articles_24h=today.get(slug, 0),
            usual=before.get(slug, 0) / _USUAL_DAYS,
            alarms=tuple(alarm for alarm in alarms if alarm.finding.outlet == slug),
            next_run=next_runs.get(slug),
        )
        for slug in outlets
    ]


def _last_outcome(archive: Archive, outlet: str) -> Outcome | None:
    run = archive.runs.last_end(outlet)
    return run.outcome if run else None


def _last_success(archive: Archive, outlet: str) -> datetime | None:
    run = archive.runs.last_end(outlet, Outcome.DONE)
    return run.ended_at if run else None


def status_json(status: OutletStatus) -> dict[str, object]:
    """Return an outlet's status as JSON data; alarms by their causes."""
    return {
        **fields_json(status, "outlet last_outcome last_success newest_article articles_24h"),
        "usual_24h": round(status.usual, 1),
        "alarms": [alarm.finding.cause.value for alarm in status.alarms],
        "next_run": time_json(status.next_run),
    }
