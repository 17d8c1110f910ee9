"""`/thay-doi`: edits, stealth edits and pages that are gone, by place, outlet and day."""

from typing import Literal

from starlette.responses import Response

from crawler.web.asked import choice_in, days_in, end_of, place_in, start_of, text_in
from crawler.web.page import Page
from crawler.web.rows import PER_PAGE
from storage.model.edits import Edit, EditQuery

DAYS, MOST_DAYS = 31, 367
_SIFTED = 400  # edits that are looked through for stealth ones
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
        limit=_SIFTED if kind == "lang-le" else PER_PAGE,
    )
    unclear = bool(named.text) and named.unit is None
    edits, looked_at = ((), 0) if unclear or kind == "go" else _edits(page, query, kind)
    return page.render(
        "changes.html",
        kind=kind,
        named=named,
        outlet=outlet,
        first=first,
        last=last,
        edits=edits,
        sifted=_SIFTED if looked_at == _SIFTED else 0,
        removals=() if unclear or kind != "go" else page.reader.archive.articles.removals(query),
        most=PER_PAGE,
    )


def _edits(page: Page, query: EditQuery, kind: Kind) -> tuple[tuple[Edit, ...], int]:
    """Return the first edits that are wanted, and how many were looked at for them."""
    wanted: list[Edit] = []
    looked_at = 0
    for edit in page.reader.archive.articles.edits(query):
        looked_at += 1
        if kind == "sua" or edit.is_stealth:
            wanted.append(edit)
        if len(wanted) == PER_PAGE:
            break
    return tuple(wanted), looked_at
