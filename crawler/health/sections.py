"""The runs that asked a section: each is crawled by itself, and fails by itself. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crawler.health.signals import ASKED, GAVE
from storage.model.alarms import Finding
from storage.model.runs import Run

_STILL_ASKED = timedelta(days=1)
_MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Stream:
    """Some sections of an outlet with the runs that asked them, newest first.

    sections: empty for the whole outlet with all its runs.
    """

    outlet: str
    runs: Sequence[Run]
    sections: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What a sentence about it begins with."""
        if not self.sections:
            return self.outlet
        what = "section" if len(self.sections) == 1 else "sections"
        return f"{self.outlet}, {what} {', '.join(self.sections)}"


def section_streams(outlet: str, ended: Sequence[Run]) -> list[Stream]:
    """Return a stream for each set of sections that share their runs, where these are not all.

    ended: the outlet's runs that are over, newest first. A section that is no longer asked (it was
    taken out of the outlet's file, or somebody tried it once) has none.
    """
    names = dict.fromkeys(name for run in ended for name in run.sections)
    shared: dict[tuple[str, ...], list[str]] = {}
    by_id = {run.id: run for run in ended}
    for name in names:
        ids = tuple(run.id for run in ended if name in run.sections or not run.sections)
        if len(ids) < len(ended) and _is_still_asked([by_id[id_] for id_ in ids], ended[0]):
            shared.setdefault(ids, []).append(name)
    return [
        Stream(outlet, [by_id[id_] for id_ in ids], tuple(sorted(sections)))
        for ids, sections in shared.items()
    ]


def _is_still_asked(runs: Sequence[Run], newest: Run) -> bool:
    pause = runs[0].started_at - runs[1].started_at if len(runs) > 1 else timedelta(0)
    return newest.started_at - runs[0].started_at <= max(_STILL_ASKED, 2 * pause)


def never_gave(stream: Stream, needed: int) -> list[str]:
    """Return the sections whose listings were asked and never held a link.

    needed: how many runs at least have to have asked.
    """
    found = []
    for name in sorted({name for run in stream.runs for name in run.sections}):
        asking = [run for run in stream.runs if run.counts.signals.get(ASKED + name)]
        gave = any(run.counts.signals.get(GAVE + name) for run in asking)
        if len(asking) >= needed and not gave and _is_still_asked(asking, stream.runs[0]):
            found.append(name)
    return found


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding a cause: an outlet has one alarm of each."""
    by_cause: dict[str, Finding] = {}
    for one in findings:
        first = by_cause.get(one.cause)
        by_cause[one.cause] = one if first is None else _joined(first, one)
    return list(by_cause.values())


def _joined(first: Finding, second: Finding) -> Finding:
    if {*second.evidence} <= {*first.evidence}:
        return first  # the outlet's runs have told what the section's tell
    evidence = tuple(dict.fromkeys([*first.evidence, *second.evidence]))[:_MOST_EVIDENCE]
    summary = f"{first.summary}; {second.summary}"
    since = min(first.since, second.since)
    return Finding(first.cause, first.outlet, summary, since, evidence)
