"""The report of a re-extraction, as JSON and as text: counts, then diffs, then failures."""

from typing import Any

from rich.markup import escape

from crawler.commands.common import complain, out, print_table, say
from crawler.extract.article import VERSION
from crawler.render.base import counted, time_json, time_text
from crawler.render.table import Column, table_of
from crawler.reprocess.compare import Effect, field_diffs
from crawler.reprocess.reextract import Difference, Report, version_of

_MEANINGS = {
    Effect.SAME: "read as before",
    Effect.CHANGED: "say something else",
    Effect.REFUSED: "are no longer an article",
    Effect.ADMITTED: "are an article after all",
    Effect.FAILED: "failed: what was read before stays",
}
_STYLES = {"+": "green", "-": "red", "@": "dim"}


def report_json(report: Report, shown: list[Difference], *, dry_run: bool) -> dict[str, Any]:
    """Return the counts, and the `shown` differences."""
    return {
        "version": VERSION,
        "dry_run": dry_run,
        "captures": report.done,
        **{effect.value: report.effects[effect] for effect in Effect},
        "unread": [
            {"where": where, "captures": count, "reason": message}
            for where, (count, message) in sorted(report.unread.items())
        ],
        "fields": dict(report.fields.most_common()),
        "differences": [_difference_json(found) for found in shown],
    }


def _difference_json(found: Difference) -> dict[str, Any]:
    diffs = field_diffs(found.before, found.after)
    return {
        "url": found.capture.url,
        "captured_at": time_json(found.capture.captured_at),
        "effect": found.effect.value,
        "fields": {diff.field: list(diff.lines) for diff in diffs},
    }


def print_report(report: Report, shown: list[Difference], *, dry_run: bool) -> None:
    """Print the counts, then diffs, then, as errors, the captures that could not be read."""
    if not report.done:
        out.print(f"nothing to read again: version {VERSION} has read all (--all reads it again)")
        return
    counts = {meaning: report.effects[effect] for effect, meaning in _MEANINGS.items()}
    counts["could not be read"] = report.unread_count
    title = f"{counted(report.done, 'capture')}, by version {VERSION}"
    columns: tuple[Column[tuple[str, int]], ...] = (
        Column("captures", lambda row: row[1], number=True),
        Column("effect", lambda row: row[0], least=30),
    )
    shown_counts = [row for row in counts.items() if row[1] or row[0] == _MEANINGS[Effect.SAME]]
    print_table(table_of(title, columns, shown_counts))
    if report.fields:
        fields = ", ".join(f"{name} {count}" for name, count in report.fields.most_common())
        say(f"fields that differ: {fields}")
    for found in shown:
        _print_difference(found)
    _print_end(report, len(shown), dry_run=dry_run)
    for where, (count, message) in sorted(report.unread.items()):
        complain(
            f"{message} (skipped: {counted(count, 'capture')} of {where})",
        )


def _print_difference(found: Difference) -> None:
    versions = f"version {version_of(found.before)} → {version_of(found.after)}"
    out.print(
        f"\n[bold]{escape(found.capture.url)}[/bold]\n{found.effect.value}, captured "
        f"{time_text(found.capture.captured_at)}, {versions}",
        soft_wrap=True,
    )
    for diff in field_diffs(found.before, found.after):
        out.print(f"  {diff.field}")
        for line in diff.lines:
            out.print(f"    {line}", style=_STYLES.get(line[:1], ""), markup=False, soft_wrap=True)


def _print_end(report: Report, shown: int, *, dry_run: bool) -> None:
    differing = report.differing + report.effects[Effect.FAILED]
    if differing > shown:
        out.print(f"\n{differing - shown} more differ; --diffs {differing} shows all")
    if not report.differing:
        out.print("\nno change")
    elif dry_run:
        out.print(f"\nnothing was written: {counted(report.differing, 'capture')} would change")
    else:
        out.print(f"\n{counted(report.differing, 'capture')} changed; what was read before is kept")
    if report.stale and dry_run:
        say(
            f"{report.stale} of them were last read by this same version ({VERSION}): write them "
            "with --all, or raise VERSION in crawler/extract/article.py if the code has changed",
        )
