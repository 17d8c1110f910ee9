"""`tinquan coverage`: compare what an outlet's sitemaps promise with what is stored."""

from datetime import date
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.common import day_of, out, print_table, reading_of, say, slugs_of
from crawler.commands.listing import print_object
from crawler.render.base import fields_json
from crawler.render.table import Column, table_of
from storage.archive import Archive
from storage.errors import UsageError
from storage.model.links import LeftOut, Period, Promised
from storage.model.runs import SITEMAPS

_GAPS = 20
_RUNS = 500  # how many runs to search for the last one that read sitemaps

_CSV = "period promised stored refused missing"
_BAR = 30  # cells


def coverage(
    *,
    outlet: Annotated[str, typer.Argument(help="Which outlet.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this day on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Before this day.")
    ] = None,
    by: Annotated[str, typer.Option(metavar="day|month", help="The period of a row.")] = "month",
    gaps: Annotated[int, typer.Option(min=0, help="List at most N missing articles.")] = _GAPS,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Compare what the sitemaps promised with what is stored, per day or month."""
    form = output.form()
    if by not in {"day", "month"}:
        raise UsageError(f"--by {by!r}: expected day or month")
    period: Period = "day" if by == "day" else "month"
    settings = setup.load()
    window = _window(since, until)
    with reading_of(settings) as opened:
        [slug] = slugs_of([outlet], settings, opened)
        rows = opened.links.promises(slug, *window, period)
        missing = opened.links.missing(slug, *window, gaps)
        left_out = _left_out(opened, slug)
    if form:
        report: dict[str, Any] = {
            "periods": [coverage_json(row) for row in rows],
            "missing": [{"day": day or None, "url": url} for day, url in missing],
        }
        report |= {"left_out": left_out} if left_out else {}
        print_object(form, report, "periods", _CSV)
        return
    print_coverage(slug, rows, period)
    if left_out:
        counts = ", ".join(f"{name} {count}" for name, count in left_out.items())
        say(f"the last crawl that read sitemaps left out: {counts}")
    _print_gaps(rows, missing)


def _window(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """Return the first day and the day after the last. Raises UsageError for an empty window."""
    start = day_of("--since", since) if since else None
    end = day_of("--until", until) if until else None
    if start and end and start >= end:
        raise UsageError(f"--since {since} is not before --until {until}")
    return start, end


def _left_out(archive: Archive, outlet: str) -> dict[str, int]:
    """Return how many articles the last crawl that read sitemaps left out, by reason."""
    runs = archive.runs.find(outlet, limit=_RUNS)
    last = next((run for run in runs if run.counts.signals.get(SITEMAPS) and not run.replay), None)
    if last is None:
        return {}
    # A backfill leaves out what is outside its window by design.
    kinds = [kind for kind in LeftOut if last.kind != "backfill" or kind is not LeftOut.OUTSIDE]
    counts = last.counts.refused
    return {kind.value: counts[kind] for kind in kinds if counts.get(kind)}


def coverage_json(row: Promised) -> dict[str, Any]:
    """Return one period's counts as plain data."""
    numbers = fields_json(row, "promised stored refused missing")
    return {"period": row.period or None} | numbers


def print_coverage(slug: str, rows: list[Promised], by: Period) -> None:
    """Print one row per period, with a bar of what is stored, and a total."""
    if not rows:
        say(
            f"no sitemap of {slug} has been read for this window: `tinquan backfill {slug}` and"
            " `tinquan crawl --sitemaps` read them",
        )
        return
    whole = Promised(
        "all",
        sum(row.promised for row in rows),
        sum(row.stored for row in rows),
        sum(row.refused for row in rows),
    )
    columns: tuple[Column[Promised], ...] = (
        Column(by, lambda row: _period_text(row.period, by)),
        Column("promised", lambda row: row.promised, number=True),
        Column("stored", lambda row: row.stored, number=True),
        Column("refused", lambda row: row.refused, number=True),
        Column("missing", lambda row: row.missing, number=True),
        Column("there", _bar, rank=1),
    )
    print_table(table_of(f"{slug}: what its sitemaps promised", columns, [*rows, whole]))


def _bar(row: Promised) -> str:
    """Return the share of a period's articles that is not missing, as a bar."""
    # Rounded down: a full bar says that nothing is missing.
    filled = (row.promised - row.missing) * _BAR // row.promised if row.promised else 0
    return "█" * filled + "░" * (_BAR - filled)


def _period_text(period: str, by: Period) -> str:
    if not period:
        return "no date"
    return f"{period} (no day)" if by == "day" and len(period) == len("2026-09") else period


def _print_gaps(rows: list[Promised], missing: list[tuple[str, str]]) -> None:
    count = sum(row.missing for row in rows)
    if not count:
        return
    out.print(f"{count} are missing" + (":" if missing else ""))
    for day, url in missing:
        out.print(f"  {day or 'no date':<10}  {escape(url)}", soft_wrap=True)
    if count > len(missing) > 0:
        out.print(f"  and {count - len(missing)} more (--gaps)")
