"""`tinquan places`: the gazetteer, its places, and how often they are in the news."""

from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.app import CommandApp
from crawler.commands.archive.tag import tag
from crawler.commands.choosing import one_place, unit_table, unknown, warn_untagged
from crawler.commands.common import (
    archive_of,
    day_of,
    load_settings,
    note,
    out,
    outlets_of,
    print_facts,
    print_json,
    print_table,
    reading_of,
)
from crawler.commands.listing import print_rows
from crawler.commands.progress import progress
from crawler.extract.worker import ExtractionWorker
from crawler.jobs.signals import raise_on_term
from crawler.places import Gazetteer, build_tables, load_gazetteer, version_of
from crawler.places.tag_articles import check_provinces, load_into
from crawler.render.base import LOCAL, counted
from crawler.render.places import (
    above_text,
    clause_text,
    era_text,
    place_json,
    unit_json,
    units_json,
    units_text,
)
from crawler.render.table import Column, table_of
from crawler.reprocess.retag import retag as retag_all
from crawler.shipped import is_clone, shipped
from storage.errors import ConfigError, UsageError
from storage.model.articles import ArticleQuery
from storage.model.places import Succession, Unit

places_app = CommandApp("Districts and wards, with their eras.")
places_app.command()(tag)

_UNIT_CSV = "id name type level province valid_from valid_to"
_STATS_CSV = " unit.".join(("articles", *_UNIT_CSV.split()))

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A name, or a unit's id.")]


@places_app.command()
def build(
    *,
    raw_dir: Annotated[
        Path,
        typer.Argument(
            help="Holds unit*.json* and resolutions/; a history.csv there is taken for ours."
        ),
    ],
    out_dir: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where the tables go; the configured folder."),
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Rebuild the gazetteer's tables from raw data."""
    folder = out_dir or load_settings(config, None).gazetteer
    if not out_dir and folder == shipped("gazetteer") and not is_clone():
        raise UsageError("name --out FOLDER: the shipped tables are not replaced; set `gazetteer`")
    own = raw_dir / "history.csv"
    history = own if own.is_file() else shipped("gazetteer") / "history.csv"
    tables = build_tables(raw_dir, history)
    changed = [name for name, text in tables.items() if _replace(folder / name, text)]
    if json:
        print_json({"folder": str(folder), "changed": changed})
    elif changed:
        out.print(f"{escape(str(folder))}: changed {', '.join(changed)}", soft_wrap=True)
    else:
        out.print(f"{escape(str(folder))}: nothing changed", soft_wrap=True)


def _replace(path: Path, text: str) -> bool:
    """Write `text` whole or not at all; return whether that changed the file."""
    data = text.encode("utf-8")
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    return True


@places_app.command()
def find(
    *,
    name: NameArgument,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="Only what existed on that day.")
    ] = None,
    config: options.Config = None,
    output: options.Output,
) -> None:
    """List the units that a name can mean, with or without diacritics and type."""
    form = output.form()
    gazetteer = load_gazetteer(load_settings(config, None).gazetteer)
    day = day_of("--on", on) if on else None
    if day and (missing := gazetteer.note(day)):
        note(f"note: {missing}")
    everywhere = gazetteer.find(name)
    if not everywhere:
        raise unknown(gazetteer, name)
    found = [unit for unit in everywhere if day is None or unit.valid_on(day)]
    if form:
        print_rows(form, units_json([unit.id for unit in found], gazetteer), _UNIT_CSV)
        return
    when = f" on {day}" if day else ""
    title = f"{counted(len(found), 'unit')} called {name!r}{when}"
    print_table(unit_table(found, title, gazetteer))


@places_app.command()
def show(name: NameArgument, config: options.Config = None, json: options.Json = False) -> None:
    """Show one place: its eras, what it was made of, and what became of it."""
    gazetteer = load_gazetteer(load_settings(config, None).gazetteer)
    unit = one_place(gazetteer, name)
    if json:
        print_json(place_json(unit, gazetteer))
    else:
        _print_place(unit, gazetteer)


def _print_place(unit: Unit, gazetteer: Gazetteer) -> None:
    facts = {
        "id": unit.id,
        "code": unit.code or "unknown",
        "level": unit.level,
        "in": above_text(unit, gazetteer),
        "valid": era_text(unit),
        "eras": units_text(gazetteer.line(unit.id), gazetteer),
        "source": unit.source,
        "core": units_text(gazetteer.core(unit.id), gazetteer) or "–",
        "touched": units_text(gazetteer.touched(unit.id), gazetteer) or "–",
    }
    out.print(f"[bold]{escape(unit.full_name)}[/bold]\n")
    print_facts(facts, 9)
    before, after = gazetteer.predecessors(unit.id), gazetteer.successors(unit.id)
    _print_successions("made of", [(item.old, item) for item in before], gazetteer)
    _print_successions("became", [(item.new, item) for item in after], gazetteer)


def _print_successions(
    title: str, rows: list[tuple[str, Succession]], gazetteer: Gazetteer
) -> None:
    if not rows:
        return
    columns: tuple[Column[tuple[str, Succession]], ...] = (
        Column("ID", lambda row: row[0]),
        Column("unit", lambda row: gazetteer.unit(row[0]).full_name, least=30),
        Column("valid", lambda row: era_text(gazetteer.unit(row[0])), rank=1),
        Column("share", lambda row: row[1].share, rank=2),
        Column("resolution", lambda row: clause_text(row[1]), below=True),
    )
    out.print()
    print_table(table_of(title, columns, rows))


@places_app.command()
def stats(
    *,
    by: Annotated[
        Literal["district", "ward"] | None,
        typer.Option(
            help="Which level; if not given, what lies right below a province: districts before"
            " July 2025, wards from then on."
        ),
    ] = None,
    window: options.Window,
    about: options.About = "likely",
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Count the articles that are about each district or ward, most first.

    Counted are the units that existed in the period of --since and --until.
    """
    form = output.form()
    settings = setup.load()
    gazetteer = load_gazetteer(settings.gazetteer)
    start, end = window.bounds()
    query = ArticleQuery(since=start, until=end, about=about)
    with reading_of(settings) as opened:
        warn_untagged(opened, gazetteer.version)
        counts = opened.places.counts(query)
    period = tuple(bound and bound.astimezone(LOCAL).date() for bound in (start, end))
    units = ((gazetteer.units.get(identity), count) for identity, count in counts)
    found = [
        (unit, count)
        for unit, count in units
        if unit and _is_wanted(unit, by, gazetteer) and _was(unit, *period)
    ]
    if form:
        rows = ({"unit": unit_json(unit.id, gazetteer), "articles": count} for unit, count in found)
        print_rows(form, rows, _STATS_CSV)
        return
    columns: tuple[Column[tuple[Unit, int]], ...] = (
        Column("articles", lambda row: row[1], number=True),
        Column("ID", lambda row: row[0].id),
        Column("unit", lambda row: row[0].full_name),
        Column("in", lambda row: above_text(row[0], gazetteer), least=16),
        Column("valid", lambda row: era_text(row[0]), rank=1),
    )
    print_table(table_of(f"{counted(len(found), by or 'place')} in the news", columns, found))


def _is_wanted(unit: Unit, level: str | None, gazetteer: Gazetteer) -> bool:
    if level:
        return unit.level == level
    return unit.parent is not None and gazetteer.unit(unit.parent).level == "province"


def _was(unit: Unit, since: date | None, until: date | None) -> bool:
    """Return whether a unit existed at any time in [since, until)."""
    ended = since and unit.valid_to and unit.valid_to <= since
    begins_later = until and unit.valid_from and unit.valid_from >= until
    return not ended and not begins_later


@places_app.command()
def retag(
    *,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that tag at the same time.")] = 2,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Tag articles again where gazetteer or rules have changed; can be interrupted."""
    settings = setup.load()
    outlets = outlets_of(settings)
    check_provinces(outlets.values(), load_gazetteer(settings.gazetteer))
    raise_on_term()
    with archive_of(settings) as opened:
        tables = load_into(opened, settings.gazetteer)
        version = version_of(tables.version)
        left = opened.places.count_untagged(version)
        workers = partial(ExtractionWorker, workers=jobs)
        with progress("tagging", total=left, hidden=json) as update:
            done = retag_all(opened, tables, outlets, lambda count: update(advance=count), workers)
    if json:
        print_json({"version": version} | asdict(done))
    else:
        out.print(
            f"{counted(done.tagged, 'state of an article', 'states of articles')} tagged,"
            f" {counted(done.mentions, 'mention')},"
            f" {done.failed} failed, {done.remaining} remaining (version {version})"
        )
    if done.failed or done.remaining:
        raise typer.Exit(1)
