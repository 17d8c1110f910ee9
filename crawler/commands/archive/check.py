"""`tinquan archive check`: find inconsistencies, and repair those that can be repaired."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import SpinnerColumn

from crawler.capture.files import RecordCheck, RecordFault, file_faults, list_files, unlisted
from crawler.capture.left_behind import MAY_LEAVE_PAGES, files_left_behind
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.redact import host_hold, rewrite
from crawler.commands import options
from crawler.commands.common import archive_of, out, outlets_of, reading_of, say
from crawler.commands.listing import print_rows
from crawler.commands.progress import progress
from crawler.config.config import Config
from crawler.jobs.liveness import liveness
from crawler.render.base import counted, fields_json
from storage.archive import Archive
from storage.model.maintenance import CheckFinding, Redaction
from storage.model.runs import Run

_RECORDS, _FILES = "records", "WARC files"
_CSV = "check what repair can_repair repaired"
_RESTORE = "restore the file from a backup"


def check(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what the archive has the data to repair.")
    ] = False,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Compare rows with each other, with their digests and with the WARC files.

    Exit code 1 if anything is wrong, even if it was repaired: check again to be sure.
    """
    form = output.form()
    settings = setup.load()
    open_ = archive_of if repair else reading_of
    spinner = (SpinnerColumn(),)
    with (
        open_(settings) as opened,
        progress("checking the database", hidden=bool(form), columns=spinner) as update,
    ):
        auditor = _Auditor(
            opened, settings, lambda name: update(description=f"checking {name}"), repair=repair
        )
        found = auditor.findings()
        if form:
            rows = (_finding_json(finding, repair=repair) for finding in found)
            print_rows(form, rows, _CSV)
        else:
            for finding in found:
                say(_finding_text(finding, repair=repair))
    if not form:
        for path in auditor.left_behind:
            say(f"{path}: a crawl was killed; the outlet's next crawl reads it back")
        out.print(counted(auditor.count, "fault") if auditor.count else "nothing is wrong")
    if auditor.count:
        raise typer.Exit(1)


def _finding_json(finding: CheckFinding, *, repair: bool) -> dict[str, Any]:
    shown = fields_json(finding, "check what repair can_repair")
    return shown | {"repaired": repair and finding.can_repair}


def _finding_text(finding: CheckFinding, *, repair: bool) -> str:
    if not finding.can_repair:
        done = "cannot be repaired automatically"
    else:
        done = "repaired" if repair else "--repair would"
    return f"{finding.check}: {finding.what} ({done}: {finding.repair})"


class _Auditor:
    """Runs all checks, and counts their findings.

    begun: called with the name of each check. repair: also repair what can be repaired.
    """

    def __init__(
        self, archive: Archive, config: Config, begun: Callable[[str], object], *, repair: bool
    ) -> None:
        self._archive = archive
        self._config = config
        self._files_at = CaptureFiles(config.captures, config.object_store)
        self._begun = begun
        self._repair = repair
        self.count = 0
        self.left_behind: list[Path] = []

    def findings(self) -> Iterator[CheckFinding]:
        """Yield all findings, each after its repair if repairs are requested."""
        upkeep = self._archive.maintenance
        for source in (
            upkeep.check(self._begun, repair=self._repair),
            self._redactions(),
            self._records(),
            self._files(),
        ):
            for finding in source:
                self.count += 1
                yield finding

    def _redactions(self) -> Iterator[CheckFinding]:
        """Yield takedowns that a killed process left incomplete."""
        self._begun("takedowns")
        for redaction in self._archive.maintenance.open_redactions():
            if self._repair:
                self._rewrite(redaction)
            what = f"the takedown of article {redaction.article} has not reached its recordings"
            yield CheckFinding("takedowns", what, "rewrite them", can_repair=True)

    def _rewrite(self, redaction: Redaction) -> None:
        with host_hold(
            self._archive, self._config.captures, outlets_of(self._config), redaction.outlet
        ):
            rewrite(self._archive, self._files_at, redaction, datetime.now(UTC))

    def _records(self) -> Iterator[CheckFinding]:
        self._begun(_RECORDS)
        checked = RecordCheck(self._files_at)
        for fault in checked.faults(self._archive.captures.recorded()):
            yield self._record(fault)
        for name, count in sorted(checked.missing.items()):
            pointing = counted(count, "capture points", "captures point")
            what = f"{self._files_at.find(name)}: does not exist; {pointing} to it"
            yield CheckFinding(_RECORDS, what, _RESTORE, can_repair=False)

    def _record(self, fault: RecordFault) -> CheckFinding:
        if fault.holds_text:
            return self._half_redacted(fault)
        if fault.moved_to is None:
            return CheckFinding(_RECORDS, fault.what, _RESTORE, can_repair=False)
        if self._repair:
            self._archive.captures.move_record(fault.recorded.number, fault.moved_to)
        repair = f"point to offset {fault.moved_to}, where the record is"
        return CheckFinding(_RECORDS, fault.what, repair, can_repair=True)

    def _half_redacted(self, fault: RecordFault) -> CheckFinding:
        """Redact a page that was captured again after its article was taken down."""
        capture = fault.recorded.capture
        redaction = self._archive.maintenance.redaction(capture.url)
        if redaction is None or capture.warc_file.startswith("/"):
            repair = "the file is outside the captures folder: remove the record yourself"
            return CheckFinding(_RECORDS, fault.what, repair, can_repair=False)
        if self._repair:
            self._rewrite(redaction)
        return CheckFinding(_RECORDS, fault.what, "put a tombstone in its place", can_repair=True)

    def _files(self) -> Iterator[CheckFinding]:
        self._begun(_FILES)
        captures, now = self._config.captures, datetime.now(UTC)
        for fault in file_faults(self._archive, self._files_at):
            if fault.to_push is None:
                yield CheckFinding(_FILES, fault.what, _RESTORE, can_repair=False)
                continue
            if self._repair:
                self._archive.captures.note_push(fault.to_push, None)
            yield CheckFinding(_FILES, fault.what, "mark it to be pushed again", can_repair=True)
        alive = liveness(self._archive, self._config.limits.run_seconds, now)

        def was_killed(run: Run) -> bool:
            ended = run.outcome in MAY_LEAVE_PAGES
            return ended or (run.outcome is None and not alive(run))

        self.left_behind = files_left_behind(self._archive, captures, None, was_killed)
        for path in unlisted(self._archive, captures, alive):
            if path in self.left_behind:
                continue
            if self._repair:
                list_files(self._archive, captures, [path], now)
            what = f"{path}: is not in the archive's list"
            yield CheckFinding(_FILES, what, "list its size and digest", can_repair=True)
