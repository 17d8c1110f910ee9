"""`tinquan recheck`: fetch known articles again, to find edits and removals."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.common import (
    MAX_COUNT,
    archive_of,
    out,
    outlets_of,
    print_json_array,
    print_table,
)
from crawler.commands.crawl.crawling import do_crawls, say_failures
from crawler.commands.query.runs import run_table
from crawler.config.config import require_contact
from crawler.jobs.crawl_job import CrawlJob
from crawler.outlets.model import find_outlet
from crawler.places import load_gazetteer
from crawler.places.tag_articles import check_provinces
from crawler.render.base import run_json
from storage.model.runs import Outcome


def recheck(
    *,
    outlet: Annotated[
        list[str] | None, typer.Argument(help="Outlets; by default all that are not retired.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=MAX_COUNT, help="At most N articles per outlet.")
    ] = 60,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Fetch articles again when due: 1 h, 6 h, 1 day, 7 and 30 days after publication.

    An article that is gone (404, 410) is marked as removed; its text stays.
    """
    settings = setup.load()
    require_contact(settings.contact, settings.file)
    known = outlets_of(settings)
    named = [find_outlet(known, slug) for slug in dict.fromkeys(outlet or ())]
    chosen = named or [item for item in known.values() if item.status != "retired"]
    check_provinces(chosen, load_gazetteer(settings.gazetteer))
    with archive_of(settings) as opened:
        now = datetime.now(UTC)
        jobs = [
            CrawlJob(item.slug, limit=limit, recheck=True)
            for item in chosen
            if opened.schedule.due_checks(item.slug, now, 1)
        ]
        ended = list(do_crawls(opened, settings, [jobs], at_once=4, hidden=json))
    if json:
        print_json_array(run_json(run) for run in ended)
    elif ended:
        print_table(run_table(ended, "rechecked"))
        say_failures(ended)
    else:
        out.print("no article is due for a recheck")
    if any(run.outcome is not Outcome.DONE for run in ended):
        raise typer.Exit(1)
