"""`tinquan refusals`: what crawls asked for and did not get."""

from functools import partial
from itertools import islice
from typing import Annotated, Any

import typer

from crawler.commands.common import (
    ArchiveOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    UntilOption,
    load_settings,
    print_table,
    reading_of,
    slugs_of,
    window,
)
from crawler.commands.listing import (
    CsvOption,
    JsonLinesOption,
    LimitOption,
    OffsetOption,
    Portion,
    form_of,
    print_portion,
)
from crawler.commands.query.articles import OutletsOption
from crawler.render.base import capture_json, time_text
from crawler.render.table import Column, Table
from storage.model.articles import Capture, Refusal, RefusalQuery, RefusalReason

_COLUMNS = (
    "outlet",
    "url",
    "captured_at",
    "reason",
    "evidence",
    "status",
    "warc_file",
    "warc_offset",
)


def refusals(
    outlet: OutletsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: Annotated[
        list[RefusalReason] | None, typer.Option("--reason", help="For this; may be repeated.")
    ] = None,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """List pages that crawls asked for and that were no articles, newest first, with reasons.

    --since and --until bound the time of capture. What never answered has no page: `tinquan runs`
    counts it.
    """
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    settings = load_settings(config, archive)
    start, end = window(since, until)
    with reading_of(settings) as opened:
        slugs = slugs_of(outlet or (), settings, opened)
        query = RefusalQuery(slugs, tuple(reason or ()), start, end)
        found = islice(opened.articles.refusals(query), offset, offset + limit)
        if form:
            total = partial(opened.articles.count_refusals, query)
            rows = (_json(*one) for one in found)
            print_portion(form, rows, _COLUMNS, (limit, offset), total)
        else:
            listed = list(found)
            portion = Portion(len(listed), opened.articles.count_refusals(query), offset)
            print_table(_table(listed, f"{portion.title('refusal')}, newest first"))
            portion.print_rest()


def _json(capture: Capture, refusal: Refusal) -> dict[str, Any]:
    return capture_json(capture) | {
        "outlet": refusal.outlet,
        "url": refusal.url,
        "reason": refusal.reason.value,
        "evidence": refusal.evidence,
    }


def _table(found: list[tuple[Capture, Refusal]], title: str) -> Table:
    listed = Table(
        title,
        (
            Column("captured", time=True),
            Column("outlet", rank=1),
            Column("reason"),
            Column("url", least=36),
            Column("evidence", below=True),
        ),
    )
    for capture, refusal in found:
        listed.add(
            time_text(capture.captured_at),
            refusal.outlet,
            refusal.reason.value,
            refusal.url,
            refusal.evidence,
        )
    return listed
