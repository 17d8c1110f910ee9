"""`tinquan diff` and `tinquan revisions`: what outlets changed after publication."""

from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import (
    MAX_COUNT,
    err,
    out,
    print_json,
    reading_of,
    say,
    slugs_of,
)
from crawler.commands.listing import Listing
from crawler.render.base import revision_json, time_json, time_text
from crawler.render.diff import (
    FieldChange,
    Piece,
    changed_share,
    compare_articles,
    lines_of,
    share_text,
)
from crawler.render.table import Column
from storage.errors import NotFoundError, UsageError
from storage.model.articles import ArchivedArticle, Revision
from storage.model.edits import Edit, EditQuery

_STYLES = {"same": "", "removed": "red strike", "added": "green"}
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def diff(
    *,
    ref: options.Ref,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="STATE", help="Two states; by default the last two.", min=1, max=MAX_COUNT
        ),
    ] = None,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Show what changed between two states of an article, word by word."""
    settings = setup.load()
    if numbers and len(numbers) != 2:
        raise UsageError(f"expected two states or none, not {len(numbers)}: diff {ref} 1 2")
    with reading_of(settings) as opened:
        archived = opened.articles.get(ref)
    last = len(archived.revisions)
    if not numbers and last == 1:
        err.print(f"article {archived.id} has one state only: nothing has changed since")
        if json:
            print_json(None)
        return
    before, after = numbers or (last - 1, last)
    edit = Edit(archived.id, _state(archived, before), _state(archived, after))
    changes = compare_articles(edit.before.article, edit.after.article)
    if json:
        print_json(edit_json(edit) | {"fields": [_change_json(change) for change in changes]})
    else:
        _print_diff(edit, changes)


def _state(archived: ArchivedArticle, number: int) -> Revision:
    for revision in archived.revisions:
        if revision.number == number:
            return revision
    raise NotFoundError(no_state_text(archived, number))


def no_state_text(archived: ArchivedArticle, number: int | None) -> str:
    """Return the message for a state that an article does not have."""
    count = len(archived.revisions)
    states = f"its states are 1 to {count}" if count > 1 else "its only state is 1"
    return f"article {archived.id} has no state {number}: {states}"


def edit_json(edit: Edit) -> dict[str, Any]:
    """Return an edit without its text; `share` is the share of changed words, from 0 to 1."""
    article = edit.after.article
    return {
        "id": edit.id,
        "outlet": article.outlet,
        "url": article.url,
        "title": article.title,
        "seen_at": time_json(edit.after.first_seen_at),
        "modified_at": time_json(article.modified_at),
        "share": round(_share(edit), 4),
        "stealth": edit.is_stealth,
        "maybe_reextraction": edit.after.maybe_reextraction,
        "before": revision_json(edit.before),
        "after": revision_json(edit.after),
    }


def _change_json(change: FieldChange) -> dict[str, Any]:
    pieces = [{"op": piece.op, "text": piece.text} for piece in change.pieces]
    return {"field": change.field, "pieces": pieces}


def _print_diff(edit: Edit, changes: tuple[FieldChange, ...]) -> None:
    before, after = edit.before, edit.after
    say(
        f"article {edit.id}, state {before.number} ({time_text(before.first_seen_at)})"
        f" and state {after.number} ({time_text(after.first_seen_at)}): {marks_text(edit)}",
    )
    for change in changes:
        out.print(f"\n[bold]{change.field}[/bold]")
        for line in changed_lines(change.pieces):
            out.print(_line(line), soft_wrap=True)
    if not changes:
        out.print("no visible text is different")


def marks_text(edit: Edit) -> str:
    """Return a summary: the share of changed words, and whether the outlet announces the edit."""
    found = [f"{share_text(_share(edit))} of the words"]
    if edit.is_stealth:
        found.append("stealth: the outlet gives no new time of modification")
    if edit.after.maybe_reextraction:
        found.append("perhaps from re-extraction: `tinquan reextract` shows it")
    return "; ".join(found)


def changed_lines(pieces: tuple[Piece, ...]) -> list[list[Piece]]:
    """Return the paragraphs that changed, each as pieces without line breaks."""
    return [
        [piece for piece in line if piece.text]
        for line in lines_of(pieces)
        if any(piece.op != "same" and piece.text for piece in line)
    ]


def _line(pieces: list[Piece]) -> Text:
    """Return a paragraph in colour, or with marks if the output has no colours."""
    line = Text()
    for piece in pieces:
        if out.is_terminal and not out.no_color:
            line.append(piece.text, _STYLES[piece.op])
            continue
        word = piece.text.rstrip()
        start, end = _MARKS[piece.op]
        line.append(f"{start}{word}{end}{piece.text[len(word) :]}" if word else piece.text)
    return line


def revisions(
    *,
    outlet: options.Outlets = None,
    window: options.Window,
    place: options.Place,
    maybe_reextraction: Annotated[
        bool,
        typer.Option("--maybe-reextraction", help="Also changes that re-extraction may have made."),
    ] = False,
    part: options.Part,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List articles that their outlets edited, newest edit first.

    --since and --until bound when the changed state was first seen.
    """
    form = output.form()
    settings = setup.load()
    start, end = window.bounds()
    choice = choose(settings, place)
    query = EditQuery(
        places=choice.units,
        since=start,
        until=end,
        maybe_reextraction=maybe_reextraction,
        offset=part.offset,
    )
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        announce(choice, opened, err if form else out)
        found = islice(opened.articles.edits(query), part.limit)
        _EDITS.print(found, form, part, partial(opened.articles.count_edits, query))


def _share(edit: Edit) -> float:
    return changed_share(edit.before.article, edit.after.article)


_EDITS: Listing[Edit] = Listing(
    ("edit", "edits"),
    "newest first",
    (
        Column("seen", lambda edit: edit.after.first_seen_at, time=True),
        Column("ID", lambda edit: edit.id, number=True),
        Column("state", lambda edit: edit.after.number, number=True, rank=4),
        Column("outlet", lambda edit: edit.after.article.outlet, rank=2),
        Column("title", lambda edit: edit.after.article.title, least=24),
        Column("changed", lambda edit: ", ".join(edit.after.changed), rank=3, least=12),
        Column("words", lambda edit: share_text(_share(edit)), number=True, rank=1),
        Column("announced", lambda edit: "no" if edit.is_stealth else "yes", rank=1),
    ),
    edit_json,
    "id outlet seen_at title after.number after.changed share stealth maybe_reextraction"
    " modified_at url",
)
