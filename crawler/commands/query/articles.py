"""`tinquan articles` and `show`: what is archived."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import (
    err,
    moment,
    out,
    place_names,
    print_facts,
    print_json,
    reading_of,
    slugs_of,
)
from crawler.commands.listing import Listing
from crawler.places import Gazetteer
from crawler.render.base import (
    archived_json,
    time_text,
)
from crawler.render.clusters import cluster_json, cluster_text
from crawler.render.places import primary_json, primary_text, tags_json
from crawler.render.table import Column
from storage.model.articles import ArchivedArticle, Article, ArticleQuery

_CSV = (
    "id outlet published_at title sapo authors credit section tags kind places url article_id"
    " modified_at removed_at"
)
_COLUMNS: tuple[Column[ArchivedArticle], ...] = (
    Column("ID", lambda one: one.id, number=True),
    Column("published", lambda one: one.latest.article.published_at, time=True),
    Column("outlet", lambda one: one.latest.article.outlet, rank=1),
    Column("title", lambda one: one.latest.article.title, least=40),
    Column("authors", lambda one: _authors(one.latest.article), rank=3, least=15),
    Column("states", lambda one: len(one.revisions), number=True, rank=2),
)


def _authors(article: Article) -> str | None:
    return ", ".join(article.authors) or article.credit


def articles(
    *,
    outlet: options.Outlets = None,
    window: options.Window,
    place: options.AboutPlace,
    removed: options.Removed = False,
    arrived_since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="That the archive learned of then or later, whatever their dates."
        ),
    ] = None,
    part: options.Part,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List archived articles, newest publication first."""
    form = output.form()
    settings = setup.load()
    start, end = window.bounds()
    arrived = moment("--arrived-since", arrived_since)
    choice = choose(settings, place)
    query = ArticleQuery(
        places=choice.units,
        about=choice.about,
        since=start,
        until=end,
        limit=part.limit,
        offset=part.offset,
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
        gazetteer = place_names(settings) if form else Gazetteer((), (), "")

        def as_json(one: ArchivedArticle) -> dict[str, Any]:
            return archived_json(one) | {"places": primary_json(one.latest.tags, gazetteer)}

        listing = Listing(("article", "articles"), "newest first", _COLUMNS, as_json, _CSV)
        listing.print(found, form, part, partial(opened.articles.count, query))


def show(
    *,
    ref: options.Ref,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Show one article in full, with the history of its states."""
    settings = setup.load()
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
        print_json(
            archived_json(archived) | places | found | copies | {"link_sources": list(sources)}
        )
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
    print_facts(facts, 9)
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
