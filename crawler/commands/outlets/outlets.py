"""`tinquan outlets list` and `tinquan outlets check`: list and validate outlet files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.app import CommandApp
from crawler.commands.common import (
    complain,
    load_settings,
    out,
    outlets_of,
    print_table,
    say,
    short_path,
)
from crawler.commands.listing import print_rows
from crawler.commands.outlets.canary import check_live
from crawler.commands.outlets.new import new_outlet
from crawler.config.config import Config
from crawler.families import FAMILY_NAMES
from crawler.onboarding.check import problems
from crawler.outlets.model import Outlet, find_outlet, read_outlets
from crawler.places import load_gazetteer
from crawler.places.tag_articles import check_provinces
from crawler.render.base import counted
from crawler.render.table import Column, table_of
from crawler.shipped import shipped

outlets_app = CommandApp("The outlets: one TOML file each.")
outlets_app.command("new")(new_outlet)


_CSV = "slug name family host status confidence pages own_file"
_COLUMNS: tuple[Column[Outlet], ...] = (
    Column("outlet", lambda outlet: outlet.slug),
    Column("family", lambda outlet: outlet.family, rank=1),
    Column("host", lambda outlet: outlet.host),
    Column("sections", lambda outlet: ", ".join(_section_text(outlet)), below=True),
    Column("status", lambda outlet: outlet.status),
    Column("confidence", lambda outlet: outlet.confidence, rank=2),
    Column("pages", lambda row: f"{len(row.proof.written)} + {len(row.proof.real)}", rank=3),
)


@outlets_app.command("list")
def list_outlets(
    *,
    config: options.Config = None,
    output: options.Output,
) -> None:
    """List the outlets with their family, sections, confidence and the pages that prove them."""
    form = output.form()
    settings = load_settings(config, None)
    known, own = outlets_of(settings).values(), own_files(settings)
    if form:
        rows = (outlet_json(outlet) | _origin_json(outlet, own) for outlet in known)
        print_rows(form, rows, _CSV)
        return
    title = f"{len(known)} outlets (* district news, ? unconfirmed; pages: written + real)"
    print_table(table_of(title, _COLUMNS, known))
    for outlet in known:
        if outlet.status_note:
            out.print(f"{outlet.slug}: {outlet.status}: {escape(outlet.status_note)}")
    for slug, file in own.items():
        instead = "in place of the shipped one" if file.replaces else "beside the shipped ones"
        out.print(f"{slug}: own file {escape(short_path(file.path))}, {instead}", soft_wrap=True)


@dataclass(frozen=True, slots=True)
class OwnFile:
    """An outlet file of the user's own. replaces: it overrides a shipped one."""

    path: Path
    replaces: bool


def own_files(config: Config) -> dict[str, OwnFile]:
    """Return the user's own outlet files by slug."""
    shared = shipped("outlets")
    if config.outlets == shared:
        return {}
    return {
        path.stem: OwnFile(path, config.shipped_outlets and (shared / path.name).exists())
        for path in sorted(config.outlets.glob("*.toml"))
    }


def _origin_json(outlet: Outlet, own: dict[str, OwnFile]) -> dict[str, Any]:
    file = own.get(outlet.slug)
    return {"own_file": str(file.path) if file else None, "replaces": bool(file and file.replaces)}


def _section_text(outlet: Outlet) -> list[str]:
    return [
        section.slug + "*" * section.district + "?" * (section.confidence == "low")
        for section in outlet.sections
    ]


def outlet_json(outlet: Outlet) -> dict[str, Any]:
    """Return an outlet as plain data."""
    pages = len(outlet.proof.written) + len(outlet.proof.real)
    return outlet.model_dump(mode="json") | {"host": outlet.host, "pages": pages}


@outlets_app.command("check")
def check_outlets(
    *,
    outlet: Annotated[list[str] | None, typer.Argument(help="Outlets; by default all.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Fetch a listing and two articles of each, politely.")
    ] = False,
    replay: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="With --live: replay these WARC files instead."),
    ] = None,
    config: options.Config = None,
    output: options.Output,
) -> None:
    """Validate outlet files, and with --live against their sites; exit 1 if any is wrong."""
    form = output.form()
    settings = load_settings(config, None)
    if not live:
        _check_files(settings, outlet or [], form)
        return
    known = outlets_of(settings)
    chosen = [find_outlet(known, slug) for slug in outlet or known]
    check_provinces(chosen, load_gazetteer(settings.gazetteer))
    active = [item for item in chosen if outlet or item.status != "retired"]
    recorded = tuple(path.resolve() for path in replay or ())
    if not check_live(settings, active, recorded, form):
        raise typer.Exit(1)


def _check_files(settings: Config, named: list[str], form: options.Form | None) -> None:
    """Print all problems of the files at once. Raises typer.Exit(1) if there are any."""
    found, wrong = _read_all(settings.outlet_folders)
    problems_of = {slug: [message] for slug, message in wrong.items()} | problems(found)
    if not problems_of:
        complain(f"{settings.outlets}: holds no outlet file")
        raise typer.Exit(1)
    if unknown := [slug for slug in named if slug not in problems_of]:
        find_outlet(found, unknown[0])
    gazetteer = load_gazetteer(settings.gazetteer)
    for slug, outlet in found.items():
        if outlet.province and not gazetteer.provinces(outlet.province):
            problems_of[slug].append(f"province: no province is called {outlet.province!r}")
    chosen = {slug: problems_of[slug] for slug in sorted(named or problems_of)}
    if form:
        rows = (
            {"outlet": slug, "valid": not lines, "problems": lines}
            for slug, lines in chosen.items()
        )
        print_rows(form, rows, "outlet valid problems")
    else:
        for slug, lines in chosen.items():
            _print_check(slug, lines, found.get(slug))
    if any(chosen.values()):
        raise typer.Exit(1)


def _read_all(folders: Iterable[Path]) -> tuple[dict[str, Outlet], dict[str, str]]:
    """Return the outlets of all folders, and the errors of invalid files, by slug."""
    found: dict[str, Outlet] = {}
    wrong: dict[str, str] = {}
    for folder in folders:
        read, refused = read_outlets(folder, FAMILY_NAMES)
        # A file replaces those of the same name in earlier folders, even if it is invalid.
        found = {slug: outlet for slug, outlet in found.items() if slug not in refused} | read
        wrong = {slug: error for slug, error in wrong.items() if slug not in read} | refused
    return found, wrong


def _print_check(slug: str, lines: list[str], outlet: Outlet | None) -> None:
    for line in lines:
        complain(f"{slug}: {line}")
    if outlet and not lines:
        pages = len(outlet.proof.written) + len(outlet.proof.real)
        proved = f"proved by {counted(pages, 'page')}" if pages else "no page proves it"
        sections = counted(len(outlet.sections), "section")
        say(f"{slug}: valid ({outlet.family}, {sections}, {proved})")
