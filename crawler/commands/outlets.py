"""`tinquan outlets list` and `check`: what the outlet files say."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.commands.canary import check_live
from crawler.commands.common import (
    ConfigOption,
    JsonOption,
    out,
    outlets_of,
    print_json_array,
    settle,
    table,
)
from crawler.outlets import Outlet, find_outlet
from crawler.places import load_gazetteer
from crawler.placing import check_provinces

outlets_app = typer.Typer(help="The outlets: one TOML file each.", no_args_is_help=True)


@outlets_app.command("list")
def list_outlets(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the outlets with their family, sections, status and confidence."""
    known = outlets_of(settle(config, None)).values()
    if json:
        print_json_array(outlet_json(outlet) for outlet in known)
        return
    columns = ("outlet", "name", "family", "domains", "sections", "status", "confidence")
    listed = table(f"{len(known)} outlets (* district news)", *columns, wide="sections")
    for outlet in known:
        listed.add_row(
            outlet.slug,
            escape(outlet.name),
            outlet.family,
            ", ".join(outlet.hosts),
            ", ".join(_section_text(outlet)),
            outlet.status,
            outlet.confidence,
        )
    out.print(listed)
    for outlet in known:
        if outlet.status_note:
            out.print(f"{outlet.slug}: {outlet.status}: {escape(outlet.status_note)}")


def _section_text(outlet: Outlet) -> list[str]:
    return [section.slug + ("*" if section.district else "") for section in outlet.sections]


def outlet_json(outlet: Outlet) -> dict[str, Any]:
    """Return an outlet as plain data."""
    return outlet.model_dump(mode="json") | {"host": outlet.host}


@outlets_app.command("check")
def check_outlets(
    outlet: Annotated[list[str] | None, typer.Argument(help="Which; all if none is named.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Fetch a listing and two articles of each, politely.")
    ] = False,
    replay: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="With --live: take the bytes from WARC files."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Validate outlet files, and with --live whether they still fit; exit 1 where they do not."""
    settings = settle(config, None)
    known = outlets_of(settings)
    chosen = [find_outlet(known, slug) for slug in outlet or known]
    check_provinces(chosen, load_gazetteer(settings.gazetteer))
    if live:
        active = [item for item in chosen if outlet or item.status != "retired"]
        recorded = tuple(path.resolve() for path in replay or ())
        if not check_live(settings, active, recorded, as_json=json):
            raise typer.Exit(1)
        return
    if json:
        print_json_array({"outlet": item.slug, "valid": True} for item in chosen)
        return
    for item in chosen:
        out.print(f"{item.slug}: valid ({item.family}, {len(item.sections)} sections)")
