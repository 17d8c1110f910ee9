"""`tinquan articles` and `show`: what is archived."""

from dataclasses import replace
from functools import partial
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands.choosing import (
    AboutOption,
    PlaceOption,
    SuccessorsOption,
    announce,
    choose,
)
from crawler.commands.common import (
    ArchiveOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    UntilOption,
    err,
    load_settings,
    moment,
    out,
    place_names,
    print_json,
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
from crawler.render.base import (
    archived_json,
    time_text,
)
from crawler.render.clusters import cluster_json, cluster_text
from crawler.render.places import primary_json, primary_text, tags_json
from crawler.render.table import EMPTY, Column, Table
from storage.model.articles import ArchivedArticle, ArticleQuery

OutletsOption = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")
]
ArrivedOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="That the archive learned of then or later, whatever their dates."
    ),
]
RemovedOption = Annotated[bool, typer.Option("--removed", help="Only articles whose page is gone.")]

_COLUMNS = (
    "id",
    "outlet",
    "published_at",
    "title",
    "sapo",
    "authors",
    "credit",
    "section",
    "tags",
    "kind",
    "places",
    "url",
    "article_id",
    "modified_at",
    "removed_at",
)


def articles(
    outlet: OutletsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    place: PlaceOption = None,
    with_successors: SuccessorsOption = "none",
    about: AboutOption = "likely",
    removed: RemovedOption = False,
    arrived_since: ArrivedOption = None,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """List archived articles, newest publication first."""
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    settings = load_settings(config, archive)
    start, end = window(since, until)
    arrived = moment("--arrived-since", arrived_since)
    choice = choose(settings, place, with_successors, about)
    query = ArticleQuery(
        places=choice.units,
        about=choice.about,
        since=start,
        until=end,
        limit=limit,
        offset=offset,
        removed=removed,
    )
    with reading_of(settings) as opened:
        query = replace(
            query,
            outlets=slugs_of(outlet or (), settings, opened),
            arrived_after=opened.watches.cursor_at(arrived).article if arrived else 0,
        )
        announce(choice, opened, err if form else out)
        found = opened.articles.find(query)
        if form:
            gazetteer = place_names(settings)
            rows = (
                archived_json(article) | {"places": primary_json(article.latest.tags, gazetteer)}
                for article in found
            )
            total = partial(opened.articles.count, query)
            print_portion(form, rows, _COLUMNS, (limit, offset), total)
        else:
            listed = list(found)
            portion = Portion(len(listed), opened.articles.count(query), offset)
            print_table(article_table(listed, f"{portion.title('article')}, newest first"))
            portion.print_rest()


def article_table(found: list[ArchivedArticle], title: str) -> Table:
    """Return articles as a table an editor understands."""
    listed = Table(
        title,
        (
            Column("ID", number=True),
            Column("published", time=True),
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
        about = primary_text(tags, gazetteer) if tags else "not tagged"
        _print_article(archived, about, cluster_text(cluster, archived.id), sources)


def _print_article(
    archived: ArchivedArticle, places: str, cluster: str, sources: tuple[str, ...]
) -> None:
    article = archived.latest.article
    facts = {
        "id": str(archived.id),
        "outlet": article.outlet,
        "url": article.url,
        "published": f"{time_text(article.published_at)} (UTC+7)" if article.published_at else "–",
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
