"""`/thay-doi`: edits, stealth edits and pages that are gone, by place, outlet and day."""

from datetime import timedelta
from itertools import islice
from typing import Literal

from starlette.responses import Response

from crawler.web.asked import choice_in, day_in, end_of, place_in, start_of, text_in
from crawler.web.edit_rows import edit_rows, removal_rows
from crawler.web.page import Page
from crawler.web.routes.newest import outlet_choices
from storage.errors import UsageError
from storage.model.edits import EditQuery

DAYS, MOST_DAYS = 30, 366
PER_PAGE = 40
_SIFTED = 400  # edits that are looked through for stealth ones
Kind = Literal["sua", "lang-le", "go"]


def changes(page: Page) -> Response:
    """Answer `/thay-doi`. Raises UsageError."""
    values, reader = page.values, page.reader
    kind: Kind = choice_in(values, "loai", Kind, "sua")
    named = place_in(values, "noi", reader.gazetteer)
    outlet = text_in(values, "bao")
    last = day_in(values, "den") or page.language.today(page.now)
    first = day_in(values, "tu") or last - timedelta(days=DAYS)
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise UsageError(f"tu, den: expected two days in order, at most {MOST_DAYS} days apart")
    query = EditQuery(
        outlets=(outlet,) if outlet else (),
        places=reader.gazetteer.scope(named.unit.id, "core") if named.unit else (),
        since=start_of(first),
        until=end_of(last),
        limit=_SIFTED if kind == "lang-le" else PER_PAGE,
    )
    unclear = bool(named.text) and named.unit is None
    return page.render(
        "changes.html",
        kind=kind,
        named=named,
        outlet=outlet,
        first=first,
        last=last,
        outlets=outlet_choices(page),
        edits=() if unclear or kind == "go" else _edits(page, query, kind),
        removals=() if unclear or kind != "go" else _removals(page, query),
        most=PER_PAGE,
    )


def _edits(page: Page, query: EditQuery, kind: Kind) -> tuple[object, ...]:
    found = page.reader.archive.articles.edits(query)
    wanted = (one for one in found if kind == "sua" or one.is_stealth)
    return edit_rows(islice(wanted, PER_PAGE))


def _removals(page: Page, query: EditQuery) -> tuple[object, ...]:
    return removal_rows(page.reader.archive.articles.removals(query))
