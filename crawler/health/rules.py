"""From an outlet's runs to what is wrong with it. Pure.

Every cause has a rule of its own; a rule reads the rows of the last runs, newest first, and
nothing else. docs/alarms.md explains each rule, and what to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from crawler.health.sections import Stream, merged, never_gave, section_streams
from crawler.health.signals import HealthSignal
from crawler.health.silence import silent_sections
from crawler.health.template import broken_fields
from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, Run

LOOK_BACK = timedelta(days=45)
"""How far back the runs must reach: a month to compare with, and what is being judged."""

_IN_A_ROW = 2  # one failed crawl is an accident; two are told within two cadences
_RARE = timedelta(hours=6)  # an outlet crawled more rarely than this is told after one
_FAILURES_IN_A_ROW = 3
_SHARE = 0.3  # of a run's requests
_LEAST_DISK_BYTES = 1 << 30
_LEAST_DISK_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class MonitoredOutlet:
    """An outlet as the alarms see it. pause: the longest wanted between two crawls' starts."""

    outlet: str
    family: str
    pause: timedelta


def findings_of(monitored: MonitoredOutlet, runs: Sequence[Run], now: datetime) -> list[Finding]:
    """Return what is wrong with one outlet.

    runs: its runs of the last LOOK_BACK, newest first; ignored are replays, rechecks, runs under
    way, and runs that were asked to stop. Whether crawls start in time is `late_findings`'.
    What cuts all of it off hides the rest; else each section is judged by the runs that asked it.
    """
    ended = [run for run in runs if _counts(run)]
    if not ended:
        return []
    needed = 1 if monitored.pause > _RARE else _IN_A_ROW
    whole = Stream(monitored.outlet, ended)
    if cut_off := _cut_off(whole, needed):
        return cut_off
    never = never_gave(whole, needed)
    found = [*_no_links(whole, needed), *_never(whole, never), *_template(monitored, ended)]
    for one in section_streams(monitored.outlet, ended):
        of_section = _cut_off(one, needed, ended) or [*_no_links(one, needed)]
        found += of_section or ([] if {*never} & {*one.sections} else _failing(one))
    if not found:
        found += _silent(monitored, ended, now)
    return merged(found or _failing(whole))


def late_findings(
    monitored: Iterable[MonitoredOutlet],
    started: dict[str, datetime],
    now: datetime,
    *,
    since: datetime,
) -> list[Finding]:
    """Return what the schedule owes: outlets that never ran, and crawls that are overdue.

    started: by outlet, when its newest live crawl began. since: when these outlets began to be
    scheduled, or the archive was made: before that nothing is owed. One finding for the whole
    speaks of all that are overdue, for it is the schedule that is late, not the outlets.
    """
    found, late = [], {}
    for one in monitored:
        begun = started.get(one.outlet)
        if begun is None and now - since > 2 * one.pause:
            what = f"{one.outlet} has never been crawled since {_day(since)}"
            found.append(Finding(Cause.NEVER_RAN, one.outlet, what, since))
        elif begun is not None and now - begun > 2 * one.pause:
            late[one.outlet] = begun + one.pause
    if late:
        what = f"{len(late)} outlets wait for a crawl that is overdue: is the schedule running?"
        names = tuple(sorted(late))
        found.append(Finding(Cause.SCHEDULER_LATE, None, what, min(late.values()), names))
    return found


def disk_findings(folder: str, free_bytes: int, total_bytes: int, now: datetime) -> list[Finding]:
    """Return a finding where the disk under `folder` is nearly full."""
    if free_bytes >= _LEAST_DISK_BYTES and free_bytes >= total_bytes * _LEAST_DISK_SHARE:
        return []
    left = f"{free_bytes / 1e9:.1f} of {total_bytes / 1e9:.1f} GB"
    return [Finding(Cause.DISK, None, f"the disk is nearly full: {left} are free", now, (folder,))]


def _counts(run: Run) -> bool:
    return run.kind == "crawl" and not run.replay and run.outcome not in {None, Outcome.STOPPED}


def _signal(run: Run, signal: HealthSignal) -> int:
    return run.counts.signals.get(signal, 0)


def _answered(run: Run) -> int:
    """Return how many listings gave an answer of any use."""
    return sum(
        _signal(run, signal) for signal in (HealthSignal.LISTINGS, HealthSignal.UNCHANGED_LISTINGS)
    )


def _is_much(run: Run, signal: HealthSignal) -> bool:
    """True where a signal kept a run from its work, or stood in a good share of it."""
    count = _signal(run, signal)
    return count > 0 and (not _answered(run) or count >= max(2, _SHARE * run.counts.requested))


def _is_unreachable(run: Run) -> bool:
    return _is_much(run, HealthSignal.UNREACHABLE)


def _is_timing_out(run: Run) -> bool:
    return run.outcome is Outcome.TIMED_OUT or _is_much(run, HealthSignal.TIMEOUTS)


def _is_forbidden(run: Run) -> bool:
    return _is_much(run, HealthSignal.ROBOTS)


def _is_blocked(run: Run) -> bool:
    return _is_much(run, HealthSignal.BLOCKED)


_Causes = Sequence[tuple[Cause, Callable[[Run], bool]]]

# In this order: who blocks us may also answer some requests with errors. Causes of one group are
# one alarm: in an outage some connections are refused and others time out.
_CONNECTION: Sequence[_Causes] = (
    ((Cause.BLOCKED, _is_blocked),),
    ((Cause.ROBOTS, _is_forbidden),),
    ((Cause.TIMEOUTS, _is_timing_out), (Cause.UNREACHABLE, _is_unreachable)),
    # It goes on while each crawl is cut off, in whatever way.
    (
        (Cause.BLOCKED, _is_blocked),
        (Cause.ROBOTS, _is_forbidden),
        (Cause.TIMEOUTS, _is_timing_out),
        (Cause.UNREACHABLE, _is_unreachable),
    ),
)


def _cause_of(run: Run, causes: _Causes) -> Cause | None:
    return next((cause for cause, rule in causes if rule(run)), None)


_SAYING = {
    Cause.BLOCKED: (HealthSignal.BLOCKED, "blocks us (challenge pages, 401, 403 or 429)"),
    Cause.ROBOTS: (
        HealthSignal.ROBOTS,
        "forbids us by robots.txt, or its robots.txt cannot be read",
    ),
    Cause.TIMEOUTS: (HealthSignal.TIMEOUTS, "does not answer in time"),
    Cause.UNREACHABLE: (HealthSignal.UNREACHABLE, "cannot be reached"),
}


def _cut_off(stream: Stream, needed: int, ended: Sequence[Run] = ()) -> list[Finding]:
    """Return what stood between us and the sections in all of the last runs that asked them.

    ended: all runs of the outlet, where these are those of a section: what no other section was
    spared meanwhile is the outlet's trouble, and over when another section is well again.
    """
    for causes in _CONNECTION:
        broken = list(takewhile(partial(_cause_of, causes=causes), stream.runs))
        if len(broken) >= needed and (not ended or _others_were_well(broken, ended, causes)):
            return [_lasting(causes, stream, broken)]
    return []


def _others_were_well(broken: Sequence[Run], ended: Sequence[Run], causes: _Causes) -> bool:
    first, last = broken[-1].started_at, broken[0].started_at
    return any(first < run.started_at < last and not _cause_of(run, causes) for run in ended)


def _lasting(causes: _Causes, stream: Stream, broken: Sequence[Run]) -> Finding:
    """Return the finding of causes that hold since some run ago, without a break.

    The first run of them names the cause, so that its alarm stays the one that was opened.
    """
    cause = _cause_of(broken[-1], causes) or causes[0][0]
    signal, saying = _SAYING[cause]
    crawls = f"{len(broken)} crawls in a row" if len(broken) > 1 else "in the last crawl"
    said = f"; the last one said: {broken[0].error}" if broken[0].error else ""
    summary = f"{stream.subject} {saying}, {crawls}{said}"
    signals = (signal, *(_SAYING[other][0] for other, _ in causes))
    evidence = _evidence(broken, *signals)
    return Finding(cause, stream.outlet, summary, broken[-1].started_at, evidence)


def _evidence(runs: Sequence[Run], *signals: HealthSignal) -> tuple[str, ...]:
    urls = (url for s in signals for run in runs for url in run.evidence.get(s.value, ()))
    return tuple(dict.fromkeys(urls))[:5]


def _never(stream: Stream, names: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding where sections have not given one link since they were configured."""
    if names:
        since = min(run.started_at for run in stream.runs if set(names) & {*run.sections})
        what = f"{stream.outlet}: no link ever came from {', '.join(names)}"
        yield Finding(Cause.NO_LINKS, stream.outlet, what, since, tuple(names[:5]))


def _no_links(stream: Stream, needed: int) -> Iterator[Finding]:
    """Yield a finding where the same listings led to nothing in the last crawls that saw them."""
    answering = [
        run
        for run in stream.runs
        if _signal(run, HealthSignal.LISTINGS) or _signal(run, HealthSignal.NO_LINKS)
    ]
    last = answering[:needed]
    if len(last) < needed:
        return
    empty = [set(run.evidence.get(HealthSignal.NO_LINKS.value, ())) for run in last]
    always = sorted(set.intersection(*empty))
    if always:
        what = f"{stream.subject}: {len(always)} listings answer, but without a single article"
        since = last[-1].started_at
        yield Finding(Cause.NO_LINKS, stream.outlet, what, since, tuple(always[:5]))


def _template(monitored: MonitoredOutlet, ended: Sequence[Run]) -> Iterator[Finding]:
    broken = broken_fields(ended)
    if broken:
        what = "; ".join(field.text for field in broken)
        since = min(field.since for field in broken)
        evidence = tuple(dict.fromkeys(url for field in broken for url in field.evidence))[:5]
        summary = f"{monitored.outlet}: the page's template seems to have changed: {what}"
        yield Finding(Cause.TEMPLATE, monitored.outlet, summary, since, evidence)


def _silent(monitored: MonitoredOutlet, ended: Sequence[Run], now: datetime) -> Iterator[Finding]:
    silent = [one for one in silent_sections(ended, now) if _was_answered(one.section, ended)]
    if silent:
        since = min(one.newest for one in silent)
        names = tuple(one.section for one in silent)
        worst = max(silent, key=lambda one: one.times)
        summary = (
            f"{monitored.outlet}: nothing new in {', '.join(names)} since {_day(since)};"
            f" its longest pause in the month before was {_hours(worst.longest)}"
        )
        yield Finding(Cause.FEED_SILENT, monitored.outlet, summary, since, names)


def _was_answered(section: str, ended: Sequence[Run]) -> bool:
    """True where the last run that asked a section was answered; else nobody can tell."""
    asking = (run for run in ended if section in run.sections or not run.sections)
    last = next(asking, None)
    return last is not None and _answered(last) > 0


def _failing(stream: Stream) -> list[Finding]:
    last = stream.runs[:_FAILURES_IN_A_ROW]
    if len(last) < _FAILURES_IN_A_ROW or any(run.outcome is Outcome.DONE for run in last):
        return []
    what = f"{stream.subject}: {len(last)} crawls in a row failed; the last one: {last[0].error}"
    logs = tuple(run.log_file for run in last if run.log_file)
    return [Finding(Cause.FAILING, stream.outlet, what, last[-1].started_at, logs)]


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
