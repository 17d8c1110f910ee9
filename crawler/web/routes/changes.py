"""`/thay-doi`: edits, stealth edits and removals, by place, outlet and day."""

from typing import Literal

from starlette.responses import Response

from crawler.web.asked import choice_in, days_in, end_of, place_in, start_of, text_in
from crawler.web.page import Page
from crawler.web.rows import PER_PAGE
from storage.model.edits import Edit, EditQuery

DAYS, MOST_DAYS = 31, 367
_SCANNED = 400  # edits that are searched for stealth ones
Kind = Literal["sua", "lang-le", "go"]


def changes(page: Page) -> Response:
    """Answer `/thay-doi`. Raises MisreadError."""
    values, reader = page.values, page.reader
    kind: Kind = choice_in(values, "loai", Kind, "sua")
    named = place_in(values, "noi", reader.gazetteer)
    outlet = text_in(values, "bao")
    first, last = days_in(values, page.language.today(page.now), DAYS, MOST_DAYS)
    query = EditQuery(
        outlets=(outlet,) if outlet else (),
        places=reader.gazetteer.scope(named.unit.id, "core") if named.unit else (),
        since=start_of(first),
        until=end_of(last),
        limit=_SCANNED if kind == "lang-le" else PER_PAGE,
    )
    unclear = bool(named.text) and named.unit is None
    edits, scanned = ((), 0) if unclear or kind == "go" else _edits(page, query, kind)
    return page.render(
        "changes.html",
        kind=kind,
        named=named,
        outlet=outlet,
        first=first,
        last=last,
        edits=edits,
        scanned=_SCANNED if scanned == _SCANNED else 0,
        removals=() if unclear or kind != "go" else page.reader.archive.articles.removals(query),
        most=PER_PAGE,
    )


def _edits(page: Page, query: EditQuery, kind: Kind) -> tuple[tuple[Edit, ...], int]:
    """Return the first edits of a kind, and how many were scanned to find them."""
    found: list[Edit] = []
    scanned = 0
    for edit in page.reader.archive.articles.edits(query):
        scanned += 1
        if kind == "sua" or edit.is_stealth:
            found.append(edit)
        if len(found) == PER_PAGE:
            break
    return tuple(found), scanned
