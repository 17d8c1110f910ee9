"""How far a digest can be believed: which outlets were crawled, and what is wrong with others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.watch.words import CAUSES, TEXTS
from storage.archive import Archive
from storage.model.alarms import Alarm
from storage.model.json import LOCAL
from storage.model.runs import Outcome

_LOOK_BACK = timedelta(days=2)  # a crawl that ended well longer ago is no comfort
_NAMED = 8  # outlets that a line names


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of the outlets. succeeded: when each was last crawled well, lately."""

    outlets: Sequence[str]
    succeeded: Mapping[str, datetime]
    alarms: Sequence[Alarm]


def health_of(archive: Archive, outlets: Sequence[str], now: datetime) -> Health:
    """Ask the archive. outlets: those that are scheduled."""
    succeeded: dict[str, datetime] = {}
    for run in archive.runs.find(since=now - _LOOK_BACK):
        if run.outcome is Outcome.DONE and not run.replay and run.kind == "crawl":
            succeeded.setdefault(run.outlet, run.ended_at or run.started_at)
    return Health(outlets, succeeded, archive.alarms.find())


def trust_lines(
    health: Health, outlets: Sequence[str], since: datetime, language: str
) -> tuple[str, ...]:
    """Return what is to be said. outlets: those of the watch; all where it names none."""
    said = TEXTS[language]
    wanted = list(outlets or health.outlets)
    alarms = [one for one in health.alarms if one.finding.outlet in (None, *wanted)]
    done = [one for one in wanted if health.succeeded.get(one, since) > since]
    if not done and not alarms:
        return (said["trust_none"],)
    told = {one.finding.outlet for one in alarms}
    missing = [one for one in wanted if one not in done and one not in told]
    lines = [said["trust_done"].format(done=len(done), all=len(wanted))]
    lines += [_alarm_line(one, language) for one in alarms[:_NAMED]]
    if missing:
        lines.append(said["trust_missing"].format(outlets=names(missing)))
    return tuple(lines)


def names(outlets: Sequence[str]) -> str:
    """Return the first few of some outlets."""
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
    """Return a time as people of a language write it, in Việt Nam."""
    form = "%H:%M %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M"
    return moment.astimezone(LOCAL).strftime(form)
