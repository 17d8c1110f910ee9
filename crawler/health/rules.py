"""The alarm rules: from an outlet's runs to what is wrong with it. Pure.

Each cause has a rule of its own; a rule reads the rows of the last runs, newest first, and nothing
else. docs/alarms.md explains each rule, and what to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from crawler.health.sections import Stream, merge_by_cause, section_streams, sections_without_links
from crawler.health.signals import HealthSignal
from crawler.health.silence import silent_sections
from crawler.health.template import broken_fields
from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, Run

LOOK_BACK = timedelta(days=45)
"""How far back the runs must reach: the time that is evaluated, and a month to compare with."""

_IN_A_ROW = 2  # crawls: one failure is an accident, and two make an alarm within two cadences
_LONG_PAUSE = timedelta(hours=6)  # for an outlet crawled less often, one crawl makes an alarm
_FAILURES_IN_A_ROW = 3
_MIN_SHARE = 0.3  # of a run's requests
_MIN_DISK_BYTES = 1 << 30
_MIN_DISK_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class MonitoredOutlet:
    """An outlet that the alarms cover. pause: the longest expected between two crawls' starts."""

    outlet: str
    family: str
    pause: timedelta


def findings_of(monitored: MonitoredOutlet, runs: Sequence[Run], now: datetime) -> list[Finding]:
    """Return what is wrong with one outlet.

    runs: its runs of the last LOOK_BACK, newest first; replays, rechecks, open runs and stopped
    runs are ignored. `late_findings` checks whether crawls start in time. A cause that cuts off
    the whole outlet hides all others; otherwise each section is evaluated by its own runs.
    """
    ended = [run for run in runs if _counts(run)]
    if not ended:
        return []
    needed = 1 if monitored.pause > _LONG_PAUSE else _IN_A_ROW
    whole = Stream(monitored.outlet, ended)
    if cut_off := _cut_off(whole, needed):
        return cut_off
    linkless = sections_without_links(whole, needed)
    findings = [
        *_no_links(whole, needed),
        *_never_linked(whole, linkless),
        *_template(monitored, ended),
    ]
    for stream in section_streams(monitored.outlet, ended):
        of_section = _cut_off(stream, needed, ended) or [*_no_links(stream, needed)]
        findings += of_section or ([] if {*linkless} & {*stream.sections} else _failing(stream))
    if not findings:
        findings += _silent(monitored, ended, now)
    return merge_by_cause(findings or _failing(whole))


def late_findings(
    monitored: Iterable[MonitoredOutlet],
    started: dict[str, datetime],
    now: datetime,
    *,
    since: datetime,
) -> list[Finding]:
    """Return the schedule's faults: outlets that were never crawled, and overdue crawls.

    started: by outlet, the start of its newest live crawl. since: when the outlets were first
    scheduled, or the archive was created; no crawl is due before that. All overdue outlets make
    one finding, as it is the schedule that is late, not the outlets.
    """
    findings, late = [], {}
    for outlet in monitored:
        started_at = started.get(outlet.outlet)
        if started_at is None and now - since > 2 * outlet.pause:
            summary = f"{outlet.outlet} has never been crawled since {_day(since)}"
            findings.append(Finding(Cause.NEVER_RAN, outlet.outlet, summary, since))
        elif started_at is not None and now - started_at > 2 * outlet.pause:
            late[outlet.outlet] = started_at + outlet.pause
    if late:
        summary = f"{len(late)} outlets wait for a crawl that is overdue: is the schedule running?"
        names = tuple(sorted(late))
        findings.append(Finding(Cause.SCHEDULER_LATE, None, summary, min(late.values()), names))
    return findings


def disk_findings(folder: str, free_bytes: int, total_bytes: int, now: datetime) -> list[Finding]:
    """Return a finding if the disk that holds `folder` is nearly full."""
    if free_bytes >= _MIN_DISK_BYTES and free_bytes >= total_bytes * _MIN_DISK_SHARE:
        return []
    left = f"{free_bytes / 1e9:.1f} of {total_bytes / 1e9:.1f} GB"
    return [Finding(Cause.DISK, None, f"the disk is nearly full: {left} are free", now, (folder,))]


def _counts(run: Run) -> bool:
    return run.kind == "crawl" and not run.replay and run.outcome not in {None, Outcome.STOPPED}


def _signal(run: Run, signal: HealthSignal) -> int:
    return run.counts.signals.get(signal, 0)


def _answered(run: Run) -> int:
    """Return how many listings could be read, or were unchanged."""
    return sum(
        _signal(run, signal) for signal in (HealthSignal.LISTINGS, HealthSignal.UNCHANGED_LISTINGS)
    )


def _is_dominant(run: Run, signal: HealthSignal) -> bool:
    """True if a signal left a run without any listing, or concerns much of its requests."""
    count = _signal(run, signal)
    return count > 0 and (not _answered(run) or count >= max(2, _MIN_SHARE * run.counts.requested))


def _is_unreachable(run: Run) -> bool:
    return _is_dominant(run, HealthSignal.UNREACHABLE)


def _is_timing_out(run: Run) -> bool:
    return run.outcome is Outcome.TIMED_OUT or _is_dominant(run, HealthSignal.TIMEOUTS)


def _is_forbidden(run: Run) -> bool:
    return _is_dominant(run, HealthSignal.ROBOTS)


def _is_blocked(run: Run) -> bool:
    return _is_dominant(run, HealthSignal.BLOCKED)


_Causes = Sequence[tuple[Cause, Callable[[Run], bool]]]

# In this order, as a site that blocks us may also answer some requests with errors. Causes of one
# group make one alarm: in an outage some connections are refused and others time out.
_CONNECTION: Sequence[_Causes] = (
    ((Cause.BLOCKED, _is_blocked),),
    ((Cause.ROBOTS, _is_forbidden),),
    ((Cause.TIMEOUTS, _is_timing_out), (Cause.UNREACHABLE, _is_unreachable)),
    # An alarm stays open as long as each crawl is cut off by one of these causes.
    (
        (Cause.BLOCKED, _is_blocked),
        (Cause.ROBOTS, _is_forbidden),
        (Cause.TIMEOUTS, _is_timing_out),
        (Cause.UNREACHABLE, _is_unreachable),
    ),
)


def _cause_of(run: Run, causes: _Causes) -> Cause | None:
    return next((cause for cause, rule in causes if rule(run)), None)


_PHRASES = {
    Cause.BLOCKED: (HealthSignal.BLOCKED, "blocks us (challenge pages, 401, 403 or 429)"),
    Cause.ROBOTS: (
        HealthSignal.ROBOTS,
        "forbids us by robots.txt, or its robots.txt cannot be read",
    ),
    Cause.TIMEOUTS: (HealthSignal.TIMEOUTS, "does not answer in time"),
    Cause.UNREACHABLE: (HealthSignal.UNREACHABLE, "cannot be reached"),
}


def _cut_off(stream: Stream, needed: int, ended: Sequence[Run] = ()) -> list[Finding]:
    """Return the cause that cut off a stream's sections in each of its last runs, if any.

    ended: for sections, all of the outlet's runs. If no other section was well meanwhile, it is
    the whole outlet's fault, which ends when another section is well again.
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
    """Return the finding of causes that have lasted since the oldest of the broken runs.

    That run gives the cause, so that an open alarm keeps it.
    """
    cause = _cause_of(broken[-1], causes) or causes[0][0]
    signal, phrase = _PHRASES[cause]
    crawls = f"{len(broken)} crawls in a row" if len(broken) > 1 else "in the last crawl"
    error = f"; the last one said: {broken[0].error}" if broken[0].error else ""
    summary = f"{stream.subject} {phrase}, {crawls}{error}"
    signals = (signal, *(_PHRASES[other][0] for other, _ in causes))
    evidence = _evidence(broken, *signals)
    return Finding(cause, stream.outlet, summary, broken[-1].started_at, evidence)


def _evidence(runs: Sequence[Run], *signals: HealthSignal) -> tuple[str, ...]:
    urls = (url for s in signals for run in runs for url in run.evidence.get(s.value, ()))
    return tuple(dict.fromkeys(urls))[:5]


def _never_linked(stream: Stream, names: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for sections without a single link since they were configured."""
    if names:
        since = min(run.started_at for run in stream.runs if set(names) & {*run.sections})
        summary = f"{stream.outlet}: no link ever came from {', '.join(names)}"
        yield Finding(Cause.NO_LINKS, stream.outlet, summary, since, tuple(names[:5]))


def _no_links(stream: Stream, needed: int) -> Iterator[Finding]:
    """Yield a finding if the same listings had no links in each of the last crawls."""
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
        summary = f"{stream.subject}: {len(always)} listings answer, but without a single article"
        since = last[-1].started_at
        yield Finding(Cause.NO_LINKS, stream.outlet, summary, since, tuple(always[:5]))


def _template(monitored: MonitoredOutlet, ended: Sequence[Run]) -> Iterator[Finding]:
    broken = broken_fields(ended)
    if broken:
        fields = "; ".join(field.text for field in broken)
        since = min(field.since for field in broken)
        evidence = tuple(dict.fromkeys(url for field in broken for url in field.evidence))[:5]
        summary = f"{monitored.outlet}: the page's template seems to have changed: {fields}"
        yield Finding(Cause.TEMPLATE, monitored.outlet, summary, since, evidence)


def _silent(monitored: MonitoredOutlet, ended: Sequence[Run], now: datetime) -> Iterator[Finding]:
    silent = [each for each in silent_sections(ended, now) if _was_answered(each.section, ended)]
    if silent:
        since = min(each.newest for each in silent)
        names = tuple(each.section for each in silent)
        worst = max(silent, key=lambda each: each.times)
        summary = (
            f"{monitored.outlet}: nothing new in {', '.join(names)} since {_day(since)};"
            f" its longest pause in the month before was {_hours(worst.longest)}"
        )
        yield Finding(Cause.FEED_SILENT, monitored.outlet, summary, since, names)


def _was_answered(section: str, ended: Sequence[Run]) -> bool:
    """True if a listing answered in a section's last run; without one, silence means nothing."""
    own = (run for run in ended if section in run.sections or not run.sections)
    last = next(own, None)
    return last is not None and _answered(last) > 0


def _failing(stream: Stream) -> list[Finding]:
    last = stream.runs[:_FAILURES_IN_A_ROW]
    if len(last) < _FAILURES_IN_A_ROW or any(run.outcome is Outcome.DONE for run in last):
        return []
    summary = f"{stream.subject}: {len(last)} crawls in a row failed; the last one: {last[0].error}"
    logs = tuple(run.log_file for run in last if run.log_file)
    return [Finding(Cause.FAILING, stream.outlet, summary, last[-1].started_at, logs)]


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
