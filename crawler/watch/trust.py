"""The completeness of a digest: which outlets were crawled, and which have alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.watch.words import CAUSES, TEXTS
from storage.archive import Archive
from storage.model.alarms import Alarm
from storage.model.json import LOCAL
from storage.model.runs import Outcome

_LOOK_BACK = timedelta(days=2)  # an earlier successful crawl says nothing of today
_NAMED = 8  # outlets that a line names


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the outlets. succeeded: when each was last crawled successfully, lately."""

    outlets: Sequence[str]
    succeeded: Mapping[str, datetime]
    alarms: Sequence[Alarm]


def health_of(archive: Archive, outlets: Sequence[str], now: datetime) -> Health:
    """Return the health of outlets. outlets: those that are scheduled."""
    succeeded: dict[str, datetime] = {}
    for run in archive.runs.find(since=now - _LOOK_BACK):
        if run.outcome is Outcome.DONE and not run.replay and run.kind == "crawl":
            succeeded.setdefault(run.outlet, run.ended_at or run.started_at)
    return Health(outlets, succeeded, archive.alarms.find())


def trust_lines(
    health: Health, outlets: Sequence[str], since: datetime, language: str
) -> tuple[str, ...]:
    """Return the lines of a digest on its completeness.

    outlets: those of the watch; if empty, all scheduled ones. since: of the digest.
    """
    texts = TEXTS[language]
    wanted = list(outlets or health.outlets)
    alarms = [alarm for alarm in health.alarms if alarm.finding.outlet in (None, *wanted)]
    crawled = [slug for slug in wanted if health.succeeded.get(slug, since) > since]
    if not crawled and not alarms:
        return (texts["trust_none"],)
    alarmed = {alarm.finding.outlet for alarm in alarms}
    missing = [slug for slug in wanted if slug not in crawled and slug not in alarmed]
    lines = [texts["trust_done"].format(done=len(crawled), all=len(wanted))]
    lines += [_alarm_line(alarm, language) for alarm in alarms[:_NAMED]]
    if missing:
        lines.append(texts["trust_missing"].format(outlets=names(missing)))
    return tuple(lines)


def names(outlets: Sequence[str]) -> str:
    """Return the first few outlets, joined by commas."""
    more = ", …" if len(outlets) > _NAMED else ""
    return ", ".join(outlets[:_NAMED]) + more


def _alarm_line(alarm: Alarm, language: str) -> str:
    finding = alarm.finding
    return TEXTS[language]["trust_alarm"].format(
        outlet=finding.outlet or "tinquan",
        cause=CAUSES[language][finding.cause],
        since=local_time(finding.since, language),
    )


def local_time(moment: datetime, language: str) -> str:
    """Return a time in Việt Nam, formatted for a language."""
    form = "%H:%M %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M"
    return moment.astimezone(LOCAL).strftime(form)
