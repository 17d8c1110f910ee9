"""`tinquan refusals`: list fetched pages that were not articles."""

from functools import partial
from itertools import islice
from typing import Annotated, Any

import typer

from crawler.commands import options
from crawler.commands.common import reading_of, slugs_of
from crawler.commands.listing import Listing
from crawler.render.base import capture_json
from crawler.render.table import Column
from storage.model.articles import Capture, Refusal, RefusalQuery, RefusalReason


def refusals(
    *,
    outlet: options.Outlets = None,
    window: options.Window,
    reason: Annotated[
        list[RefusalReason] | None,
        typer.Option("--reason", help="For this reason; may be repeated."),
    ] = None,
    part: options.Part,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List fetched pages that were not articles, newest first, with reasons.

    --since and --until bound the time of capture. Requests without a response are not listed:
    `tinquan runs` counts them.
    """
    form = output.form()
    settings = setup.load()
    start, end = window.bounds()
    with reading_of(settings) as opened:
        slugs = slugs_of(outlet or (), settings, opened)
        query = RefusalQuery(slugs, tuple(reason or ()), start, end)
        found = islice(opened.articles.refusals(query), part.offset, part.offset + part.limit)
        _REFUSALS.print(found, form, part, partial(opened.articles.count_refusals, query))


def _json(found: tuple[Capture, Refusal]) -> dict[str, Any]:
    capture, refusal = found
    return capture_json(capture) | {
        "outlet": refusal.outlet,
        "url": refusal.url,
        "reason": refusal.reason.value,
        "evidence": refusal.evidence,
    }


_REFUSALS: Listing[tuple[Capture, Refusal]] = Listing(
    ("refusal", "refusals"),
    "newest first",
    (
        Column("captured", lambda row: row[0].captured_at, time=True),
        Column("outlet", lambda row: row[1].outlet, rank=1),
        Column("reason", lambda row: row[1].reason.value),
        Column("url", lambda row: row[1].url, least=36),
        Column("evidence", lambda row: row[1].evidence, below=True),
    ),
    _json,
    "outlet url captured_at reason evidence status warc_file warc_offset",
)
