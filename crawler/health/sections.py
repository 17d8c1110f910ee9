"""The runs of each section: sections may be crawled, and fail, independently. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crawler.health.signals import LINKS, REQUESTED
from storage.model.alarms import Finding
from storage.model.runs import Run

_STILL_CRAWLED = timedelta(days=1)
_MAX_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Stream:
    """Some sections of an outlet, with the runs that crawled them, newest first.

    sections: empty for the whole outlet with all its runs.
    """

    outlet: str
    runs: Sequence[Run]
    sections: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The subject of a sentence about it."""
        if not self.sections:
            return self.outlet
        noun = "section" if len(self.sections) == 1 else "sections"
        return f"{self.outlet}, {noun} {', '.join(self.sections)}"


def section_streams(outlet: str, ended: Sequence[Run]) -> list[Stream]:
    """Return a stream for each set of sections that share their runs, unless these are all runs.

    ended: the outlet's ended runs, newest first. A section that is no longer crawled (it was
    removed from the outlet's file, or was only tried once) has no stream.
    """
    names = dict.fromkeys(name for run in ended for name in run.sections)
    shared: dict[tuple[str, ...], list[str]] = {}
    by_id = {run.id: run for run in ended}
    for name in names:
        ids = tuple(run.id for run in ended if name in run.sections or not run.sections)
        if len(ids) < len(ended) and _is_still_crawled([by_id[id_] for id_ in ids], ended[0]):
            shared.setdefault(ids, []).append(name)
    return [
        Stream(outlet, [by_id[id_] for id_ in ids], tuple(sorted(sections)))
        for ids, sections in shared.items()
    ]


def _is_still_crawled(runs: Sequence[Run], newest: Run) -> bool:
    pause = runs[0].started_at - runs[1].started_at if len(runs) > 1 else timedelta(0)
    return newest.started_at - runs[0].started_at <= max(_STILL_CRAWLED, 2 * pause)


def sections_without_links(stream: Stream, needed: int) -> list[str]:
    """Return the sections whose listings were requested and never had a link.

    needed: the least number of runs that must have requested them.
    """
    names = []
    for name in sorted({name for run in stream.runs for name in run.sections}):
        runs = [run for run in stream.runs if run.counts.signals.get(REQUESTED + name)]
        has_links = any(run.counts.signals.get(LINKS + name) for run in runs)
        if len(runs) >= needed and not has_links and _is_still_crawled(runs, stream.runs[0]):
            names.append(name)
    return names


def merge_by_cause(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each cause: an outlet has one alarm of each."""
    by_cause: dict[str, Finding] = {}
    for finding in findings:
        first = by_cause.get(finding.cause)
        by_cause[finding.cause] = finding if first is None else _merge(first, finding)
    return list(by_cause.values())


def _merge(first: Finding, second: Finding) -> Finding:
    if {*second.evidence} <= {*first.evidence}:
        return first  # the section's finding adds nothing to the outlet's
    evidence = tuple(dict.fromkeys([*first.evidence, *second.evidence]))[:_MAX_EVIDENCE]
    summary = f"{first.summary}; {second.summary}"
    since = min(first.since, second.since)
    return Finding(first.cause, first.outlet, summary, since, evidence)
