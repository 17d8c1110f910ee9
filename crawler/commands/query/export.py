"""`tinquan export`: write articles to a file for other programs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.progress import TextColumn

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import MAX_COUNT, err, given_path, note, reading_of, say, slugs_of
from crawler.commands.progress import progress
from crawler.jobs.signals import raise_on_term
from crawler.render.base import counted
from storage import parse_words
from storage.errors import UsageError
from storage.model.articles import ArticleQuery
from storage.model.exports import ExportFormat, ExportOrder
from storage.model.search import SearchQuery, Words

OutputOption = Annotated[
    Path, typer.Option(metavar="FILE", parser=given_path, help="The file to write.")
]
FormatOption = Annotated[
    ExportFormat | None, typer.Option("--format", help="By default, as FILE's extension says.")
]
LimitOption = Annotated[
    int | None, typer.Option(min=1, max=MAX_COUNT, help="Export at most N articles.")
]
StatesOption = Annotated[
    bool, typer.Option("--states", help="Every state of an article, not only the newest.")
]
ExcelOption = Annotated[
    bool, typer.Option("--excel", help="Begin CSV with the byte order mark that Excel needs.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it exists.")]


def export(
    *,
    output: OutputOption,
    query: Annotated[
        str, typer.Option(help="Only articles that match this query, as in `tinquan search`.")
    ] = "",
    format_: FormatOption = None,
    outlet: options.Outlets = None,
    window: options.Window,
    place: options.AboutPlace,
    removed: options.Removed = False,
    limit: LimitOption = None,
    states: StatesOption = False,
    excel: ExcelOption = False,
    overwrite: OverwriteOption = False,
    setup: options.Setup,
) -> None:
    """Write articles to a file, newest publication first, with a manifest beside it.

    `tinquan import` reads JSON lines back. FILE appears when it is complete, or not at all.
    """
    settings = setup.load()
    if str(output) == "-":
        raise UsageError(
            "--output -: an export is a file with its manifest beside it; name one, such as"
            " articles.jsonl"
        )
    kind = format_ or _format_of(output)
    start, end = window.bounds()
    words = parse_words(query)
    raise_on_term()
    rows = TextColumn("{task.completed:.0f} rows")
    choice = choose(settings, place)
    with reading_of(settings) as opened, progress("exporting", columns=(rows,)) as update:
        announce(choice, opened, err)
        slugs = slugs_of(outlet or (), settings, opened)
        wanted = ArticleQuery(
            outlets=tuple(dict.fromkeys(slugs)),
            places=choice.units,
            about=choice.about,
            since=start,
            until=end,
            limit=limit,
            removed=removed,
        )
        order = ExportOrder(
            query=_with_words(wanted, words),
            asked=query,
            removed=removed,
            limit=limit,
            file=output,
            format=kind,
            made_at=datetime.now(UTC),
            states=states,
            excel=excel,
            overwrite=overwrite,
            progress=lambda rows: update(completed=rows),
        )
        made = opened.articles.export(order)
    if not made.rows:
        note("note: no article of the archive matches")
    say(
        f"{output}: {counted(made.rows, 'row')} of {counted(made.articles, 'article')},"
        f" {counted(made.bytes, 'byte')}"
    )


def _with_words(query: ArticleQuery, words: Words) -> ArticleQuery | SearchQuery:
    """Return the query as a search if there are words to match, and unchanged otherwise."""
    if not (words.required or words.excluded):
        return query
    shared = ("outlets", "places", "about", "since", "until")
    return SearchQuery(words=words, **{name: getattr(query, name) for name in shared})


def _format_of(file: Path) -> ExportFormat:
    for known in get_args(ExportFormat):
        if file.suffix == f".{known}":
            return cast("ExportFormat", known)
    raise UsageError(f"{file}: its extension names no format; give --format jsonl, csv or parquet")
