"""`tinquan outlets check --live`: one listing and two articles an outlet, point by point."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from crawler.capture.hold import CUT, Hold, hold_host
from crawler.commands import options
from crawler.commands.common import archive_of, err, out
from crawler.commands.listing import print_rows
from crawler.config.config import Config, load_config, require_contact
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.pool import run_crawls
from crawler.jobs.signals import raise_on_term
from crawler.onboarding.canary import ARTICLES, Point, points_of
from crawler.outlets.model import Outlet
from storage.archive import open_archive
from storage.errors import CrawlError
from storage.model.articles import ArticleQuery


def check_live(
    settings: Config, outlets: Sequence[Outlet], replay: tuple[Path, ...], form: options.Form | None
) -> bool:
    """Visit outlets one after the other and print what was found; return whether all is well.

    replay: WARC files to take the bytes from instead.
    """
    if not replay:
        require_contact(settings.contact, settings.file)
    raise_on_term()
    found = ((outlet, _points(settings, outlet, replay)) for outlet in outlets)
    if form:
        done = list(found)
        rows = [_json(outlet, points) for outlet, points in done]
        if form == "csv":
            rows = [{"outlet": row["outlet"]} | point for row in rows for point in row["checks"]]
        print_rows(form, rows, "outlet name passed found")
        return all(point.passed for _, points in done for point in points)
    passed = True
    for outlet, points in found:
        _print(outlet, points)
        passed = passed and all(point.passed for point in points)
    return passed


def _points(settings: Config, outlet: Outlet, replay: tuple[Path, ...]) -> list[Point]:
    # An archive in a file is this machine's, whose own locks do: it is left alone.
    is_file = settings.archive.startswith("sqlite:")
    with nullcontext() if is_file else archive_of(settings, create=True) as archive:
        try:
            hold = hold_host(archive, settings.captures, outlet.host, "canary")
        except CrawlError as error:  # a crawl is at work there: it says more than we could
            return [Point("host", passed=True, found=f"left alone: {error}")]
        with hold, _thrown_away(settings) as config:
            return _visit(config, outlet, replay, hold)


def _visit(config: Config, outlet: Outlet, replay: tuple[Path, ...], hold: Hold) -> list[Point]:
    section = next((one for one in outlet.sections if one.crawl), outlet.sections[0])
    job = CrawlJob(
        outlet=outlet.slug,
        sections=(section.slug,),
        limit=ARTICLES,
        replay=replay,
    )
    with open_archive(config.archive) as archive:
        with Progress(console=err, disable=True) as progress:
            (run,) = run_crawls(archive, config, [job], progress, was_cut=hold.was_cut)
        if hold.is_lost:
            return [Point("host", passed=False, found=f"{outlet.host}: {CUT}")]
        articles = [one.latest.article for one in archive.articles.find(ArticleQuery())]
        return points_of(outlet, run, articles, (each[1] for each in archive.articles.refusals()))


@contextmanager
def _thrown_away(settings: Config) -> Iterator[Config]:
    """Yield the configuration with an archive, captures and logs that are deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="tinquan-canary-") as folder:
        values = {
            "root": folder,
            "outlets": str(settings.outlets) if settings.outlets.is_dir() else "",
            "gazetteer": str(settings.gazetteer),
            "contact": settings.contact,
        }
        values = {key: value for key, value in values.items() if value}
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines += [f"shipped_outlets = {str(settings.shipped_outlets).lower()}"]
        lines += ["[limits]", *(f"{k} = {v}" for k, v in settings.limits.model_dump().items())]
        file = Path(folder) / "tinquan.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield load_config(file)


def _print(outlet: Outlet, points: Sequence[Point]) -> None:
    out.print(f"[bold]{outlet.slug}[/bold] ({outlet.family}, {outlet.host})")
    for point in points:
        mark = "[green]✓[/green]" if point.passed else "[red]✗[/red]"
        out.print(f"  {mark} {point.name:<10} {escape(point.found)}", soft_wrap=True)


def _json(outlet: Outlet, points: Sequence[Point]) -> dict[str, Any]:
    return {
        "outlet": outlet.slug,
        "passed": all(point.passed for point in points),
        "checks": [
            {"name": point.name, "passed": point.passed, "found": point.found} for point in points
        ],
    }
