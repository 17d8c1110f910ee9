"""`/`: the newest articles, one per story."""

from starlette.responses import Response

from crawler.web.asked import cursor_in, day_in, end_of, place_in, start_of, text_in
from crawler.web.page import Page
from crawler.web.rows import PER_PAGE, row_page
from storage.model.articles import ArticleQuery


def newest(page: Page) -> Response:
    """Answer `/`, filtered by outlet, place and day if given."""
    reader, values = page.reader, page.values
    named = place_in(values, "noi", reader.gazetteer)
    outlet, day = text_in(values, "bao"), day_in(values, "ngay")
    unit = named.unit
    query = ArticleQuery(
        outlets=(outlet,) if outlet else (),
        places=reader.gazetteer.scope(unit.id, "core") if unit else (),
        since=start_of(day) if day else None,
        until=end_of(day) if day else None,
        limit=PER_PAGE + 1,
        without_copies=not outlet and not unit,
    )
    unclear = bool(named.text) and unit is None
    found = [] if unclear else reader.archive.articles.find(query, cursor_in(values))
    listed = row_page(reader, found, collapse=True)
    return page.render(
        "newest.html",
        rows=listed.rows,
        more=listed.more,
        named=named,
        unit=unit,
        outlet=outlet,
        day=day,
    )
