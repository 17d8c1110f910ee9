"""`tinquan places tag`: find the places in texts, without an archive."""

import json as json_module
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.common import complain, day_of, load_settings, out, print_table, say
from crawler.places import Tagger, load_gazetteer
from crawler.render.places import era_text, primary_text, tags_json
from crawler.render.table import Column, table_of
from crawler.render.terminal import json_text
from storage.errors import UsageError
from storage.model.places import Mention, Tags

_FIELDS = ("title", "sapo", "body")


@dataclass(frozen=True, slots=True)
class Row:
    """One text to be tagged. `id` is whatever JSON value the row has."""

    id: Any
    day: date
    title: str
    sapo: str
    body: str
    province: str | None


def tag(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="JSON lines with title, sapo, body, date, outlet_province, id; - reads standard"
            " input. Without FILE, standard input is the body of one text."
        ),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--date", metavar="DAY", help="Day of publication of lines without one."),
    ] = None,
    outlet_province: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Province of the outlet, for lines without one."),
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Print the places that texts mention and are about."""
    default = day_of("--date", day) if day else None
    tagger = Tagger(load_gazetteer(load_settings(config, None).gazetteer))
    if outlet_province and not tagger.gazetteer.provinces(outlet_province):
        raise UsageError(
            f"--outlet-province {outlet_province!r}: no such province; expected a name or code"
        )
    if file is None:
        _print_row(tagger, _row_of_input(default, outlet_province), as_json=json)
        return
    with _lines(file) as lines:
        is_valid = True
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    _print_row(tagger, parse_row(line, default, outlet_province), as_json=json)
            except UsageError as error:
                is_valid = False
                complain(f"{file}: line {number}: {error}")
    if not is_valid:
        raise typer.Exit(1)


def _row_of_input(day: date | None, province: str | None) -> Row:
    if day is None:
        raise UsageError("--date is missing: places depend on the day, such as --date 2025-07-01")
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input: not UTF-8: {error}") from None
    return Row(None, day, "", "", text, province)


@contextmanager
def _lines(file: Path) -> Iterator[Iterable[bytes]]:
    """Open the file, or standard input, as lines of bytes, so that each is decoded on its own."""
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; expected JSON lines") from None
    with opened:
        yield opened


def parse_row(line: bytes, day: date | None = None, province: str | None = None) -> Row:
    """Parse a JSON line; `day` and `province` are the defaults for what it does not give.

    Raises UsageError if it is not a JSON object in UTF-8, or a value has the wrong type.
    """
    try:
        row = json_module.loads(line.decode("utf-8-sig"))
        json_module.dumps(row, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
    except (ValueError, RecursionError) as error:
        raise UsageError(f"expected a JSON object in UTF-8 ({error})") from None
    if not isinstance(row, dict):
        raise UsageError(f"expected a JSON object, not {str(row)[:40]!r}")
    given = {key: _text(row, key) for key in (*_FIELDS, "date", "outlet_province")}
    if given["date"]:
        day = day_of("date", given["date"])
    if day is None:
        raise UsageError("date is missing: expected a day such as 2025-07-01, here or by --date")
    title, sapo, body = (given[key] or "" for key in _FIELDS)
    return Row(row.get("id"), day, title, sapo, body, given["outlet_province"] or province)


def _text(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{key}: expected a text, not {str(value)[:40]!r}")
    return value


def _print_row(tagger: Tagger, row: Row, *, as_json: bool) -> None:
    tags = tagger.tag(
        row.day,
        title=row.title,
        sapo=row.sapo,
        body=row.body,
        outlet_province=row.province,
    )
    if as_json:
        answer = {"id": row.id} | tags_json(tags, tagger.gazetteer)
        sys.stdout.write(json_text(answer) + "\n")
    else:
        _print_tags(tags, tagger, "text" if row.id is None else str(row.id))


def _print_tags(tags: Tags, tagger: Tagger, title: str) -> None:
    units = tagger.gazetteer.units
    columns: tuple[Column[Mention], ...] = (
        Column("in", lambda found: found.field),
        Column("start", lambda found: found.start, number=True, rank=3),
        Column("end", lambda found: found.end, number=True, rank=2),
        Column("text", lambda found: found.text, least=20),
        Column("unit", lambda found: units[found.unit].full_name, least=20),
        Column("valid", lambda found: era_text(units[found.unit]), rank=1),
    )
    if tags.mentions:
        print_table(table_of(title, columns, tags.mentions))
    primary = primary_text(tags, tagger.gazetteer) or "no place"
    out.print(f"{escape(title)} is about: {escape(primary)}", soft_wrap=True)
    if tags.note:
        say(f"note: {tags.note}")
