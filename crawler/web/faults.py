"""Health for monitors: the findings of `tinquan status`, cached for a minute."""

from collections.abc import Mapping
from threading import Lock
from time import monotonic

from crawler.config.config import Config
from crawler.health.evaluate import all_findings
from crawler.health.texts import cause_text
from crawler.outlets.model import Outlet
from crawler.page.times import utc_now
from crawler.schedule.plan import crawled_outlets, wanted_outlets
from storage.archive import Archive
from storage.model.alarms import Finding

_SECONDS = 60.0


class Faults:
    """Callable that returns one line for each current problem; an empty list if there is none."""

    def __init__(self, archive: Archive, config: Config, known: Mapping[str, Outlet]) -> None:
        self._archive = archive
        self._config = config
        self._known = known
        self._lock = Lock()
        self._until = 0.0
        self._found: list[str] = []

    def __call__(self) -> list[str]:
        """Return the problems. Raises ArchiveError and UsageError."""
        with self._lock:  # concurrent requests wait for one evaluation
            if monotonic() >= self._until:
                self._found = self._evaluate()
                self._until = monotonic() + _SECONDS
            return self._found

    def _evaluate(self) -> list[str]:
        wanted = wanted_outlets(self._config, self._known)
        monitored = crawled_outlets(self._archive, wanted, self._known)
        folder, store = self._config.captures, self._config.object_store
        findings = all_findings(self._archive, monitored, folder, utc_now(), store)
        return [_line(finding) for finding in findings]


def _line(finding: Finding) -> str:
    summary = " ".join(finding.summary.split())
    return f"{finding.outlet or 'tinquan'}: {cause_text(finding.cause)}: {summary}"
