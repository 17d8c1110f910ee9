"""`tinquan articles`, `show` and `runs`: questions to the archive."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands.choosing import (
    PlaceOption,
    SuccessorsOption,
    announce,
    choose,
)
from crawler.commands.common import (
    MOST,
    ArchiveOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    UntilOption,
    err,
    load_settings,
    out,
    place_names,
    print_json,
    print_json_array,
    print_table,
    reading_of,
    slugs_of,
    window,
)
from crawler.jobs.liveness import liveness
from crawler.render.base import (
    archived_json,
    counted,
    kept_apart_text,
    refused_text,
    run_json,
    skipped_text,
    time_text,
)
from crawler.render.clusters import cluster_json, cluster_text
from crawler.render.places import names_text, primary_json, tags_json
from crawler.render.table import EMPTY, Column, Table
from storage.model.articles import ArchivedArticle, ArticleQuery
from storage.model.runs import Outcome, Run

OutletsOption = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")
]
RemovedOption = Annotated[bool, typer.Option("--removed", help="Only articles whose page is gone.")]
LimitOption = Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")]


def articles(
    outlet: OutletsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    place: PlaceOption = None,
    with_successors: SuccessorsOption = "none",
    removed: RemovedOption = False,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """List archived articles, newest publication first."""
    settings = load_settings(config, archive)
    start, end = window(since, until)
    choice = choose(settings, place, with_successors)
    query = ArticleQuery(
        places=choice.units,
        since=start,
        until=end,
        limit=limit,
        removed=removed,
    )
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        announce(choice, opened, err if json else out)
        found = opened.articles.find(query)
        if json:
            gazetteer = place_names(settings)
            print_json_array(
                archived_json(article) | {"places": primary_json(article.latest.tags, gazetteer)}
                for article in found
            )
        else:
            print_table(article_table(list(found)))


def article_table(found: list[ArchivedArticle]) -> Table:
    """Return articles as a table an editor understands."""
    listed = Table(
        f"{counted(len(found), 'article')}, newest first",
        (
            Column("ID", number=True),
            Column("published"),
            Column("outlet", rank=1),
            Column("title", least=40),
            Column("authors", rank=3, least=15),
            Column("states", number=True, rank=2),
        ),
    )
    for archived in found:
        article = archived.latest.article
        listed.add(
            str(archived.id),
            time_text(article.published_at),
            article.outlet,
            article.title,
            ", ".join(article.authors) or article.credit or EMPTY,
            str(len(archived.revisions)),
        )
    return listed


def show(
    ref: Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")],
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Show one article in full, with the history of its states."""
    settings = load_settings(config, archive)
    with reading_of(settings) as opened:
        archived = opened.articles.get(ref)
        cluster = opened.clusters.get(str(archived.id))
        newest = archived.latest.article
        sources = opened.links.sources(newest.outlet, newest.url, newest.article_id)
    tags = archived.latest.tags
    gazetteer = place_names(settings)
    if json:
        found = tags_json(tags, gazetteer) if tags else {"mentions": None, "primary": None}
        places = {"places": primary_json(tags, gazetteer)}
        copies = {"cluster": cluster_json(cluster)}
        print_json(archived_json(archived) | places | found | copies | {"ways": list(sources)})
    else:
        about = names_text(tags.primary, gazetteer) if tags else "not tagged"
        _print_article(archived, about, cluster_text(cluster, archived.id), sources)


def _print_article(
    archived: ArchivedArticle, places: str, cluster: str, sources: tuple[str, ...]
) -> None:
    article = archived.latest.article
    facts = {
        "id": str(archived.id),
        "outlet": article.outlet,
        "url": article.url,
        "published": time_text(article.published_at),
        "modified": time_text(article.modified_at),
        "authors": ", ".join(article.authors) or "–",
        "credit": article.credit or "–",
        "section": " › ".join(article.section) or "–",
        "tags": ", ".join(article.tags) or "–",
        "places": places or "–",
        "cluster": cluster,
        "found by": ", ".join(sources) or "–",
        "notes": ", ".join(article.notes) or "–",
    }
    if archived.removed_at:
        facts["removed"] = f"{time_text(archived.removed_at)}: the page was not found any more"
    out.print(f"[bold]{escape(article.title)}[/bold]\n")
    for name, value in facts.items():
        out.print(f"[dim]{name:>9}[/dim]  {escape(value)}", soft_wrap=True)
    if article.sapo:
        out.print(f"\n[italic]{escape(article.sapo)}[/italic]")
    for block in article.blocks:
        style = "bold" if block.kind == "heading" else ""
        out.print(f"\n{escape(block.text)}", style=style)
    for image in article.images:
        if image.caption:
            out.print(f"\n[dim]picture: {escape(image.caption)}[/dim]")
    out.print("\n[bold]states[/bold]")
    for revision in archived.revisions:
        changed = ", ".join(revision.changed) or "first seen"
        out.print(f"{revision.number:>4}  {time_text(revision.first_seen_at)}  {changed}")


def runs(
    outlet: Annotated[str | None, typer.Option(help="Only this outlet.")] = None,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """List crawls, newest first: what each did, and how it ended."""
    settings = load_settings(config, archive)
    with reading_of(settings) as opened:
        slugs_of([outlet] if outlet else [], settings, opened)
        rows = opened.runs.find(outlet, limit)
        alive = liveness(opened, settings.limits.run_seconds, datetime.now(UTC))
        found = [_as_it_stands(run, alive) for run in rows]
    if json:
        print_json_array(run_json(run) for run in found)
    else:
        print_table(run_table(found, "runs, newest first"))
        for run in found:
            if run.error:
                out.print(f"{time_text(run.started_at)} {run.outlet}: {escape(run.error)}")


def _as_it_stands(run: Run, is_alive: Callable[[Run], bool]) -> Run:
    """Return a run as died where its row is open but its process is gone.

    The next crawl writes it down; a query only shows it.
    """
    if run.outcome is not None or is_alive(run):
        return run
    return replace(run, outcome=Outcome.DIED)


def run_table(found: list[Run], title: str) -> Table:
    """Return runs as a table, one row a run."""
    listed = Table(
        title,
        (
            Column("outlet"),
            Column("started"),
            Column("outcome"),
            Column("fetched", number=True, rank=2),
            Column("new", number=True),
            Column("copies", number=True, rank=3),
            Column("revised", number=True, rank=1),
            Column("unchanged", number=True, rank=4),
            Column("refused", below=True),
            Column("skipped", below=True),
            Column("kept apart", below=True),
        ),
    )
    for run in found:
        counts = run.counts
        listed.add(
            run.outlet,
            time_text(run.started_at),
            run.outcome.value if run.outcome else "running",
            str(counts.fetched),
            str(counts.new),
            str(counts.copies),
            str(counts.revised),
            str(counts.unchanged + counts.known),
            refused_text(counts.refused),
            skipped_text(counts.refused),
            kept_apart_text(run),
        )
    return listed
