"""`tinquan cluster` and `tinquan clusters`: stories with the articles that reprint them."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import (
    MAX_COUNT,
    err,
    out,
    reading_of,
    slugs_of,
)
from crawler.commands.listing import Listing, print_object
from crawler.render.base import time_json, time_text
from crawler.render.clusters import cluster_json, delay_text, time_of
from crawler.render.table import Column
from storage.model.clusters import Cluster, ClusterQuery, Member

_MEMBER_CSV = "id outlet published_at title credit similarity is_source first_seen_at url"


def cluster(
    *,
    ref: options.Ref,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Show the copies of one article's story, from the earliest known publication on."""
    form = output.form()
    with setup.reading() as opened:
        found = opened.clusters.get(ref)
    if form:
        print_object(form, cluster_json(found), "members", _MEMBER_CSV)
        return
    out.print(_tree(found), soft_wrap=True)
    if len(found.members) == 1:
        out.print("It is no copy of another article in the archive, and none is a copy of it.")


def clusters(
    *,
    window: options.Window,
    min_outlets: Annotated[
        int, typer.Option(min=1, max=MAX_COUNT, help="Carried by at least N outlets.")
    ] = 1,
    outlet: Annotated[
        list[str] | None, typer.Option("--outlet", help="Carried by this outlet; may be repeated.")
    ] = None,
    place: options.Place,
    part: options.Part,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List the most reprinted stories: those in most outlets first."""
    form = output.form()
    settings = setup.load()
    start, end = window.bounds()
    choice = choose(settings, place)
    query = ClusterQuery(
        places=choice.units,
        since=start,
        until=end,
        min_outlets=min_outlets,
        limit=part.limit,
        offset=part.offset,
    )
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        announce(choice, opened, err if form else out)
        found = opened.clusters.find(query)
        _STORIES.print(found, form, part, partial(opened.clusters.count, query))


def _story_json(found: Cluster) -> dict[str, Any]:
    """Return a cluster with the title and time of its source, for a list."""
    published = time_json(found.source.published_at)
    return cluster_json(found) | {"title": found.source.title, "published_at": published}


def _tree(found: Cluster) -> Tree:
    source = found.source
    tree = Tree(f"[bold]{escape(source.title)}[/bold]\n{_facts(source)}")
    for member in found.members[1:]:
        update = "updated · " if member.is_update else ""
        relation = f"{delay_text(member, source)} · {update}{member.similarity:.0%} alike"
        retitled = "" if member.title == source.title else f"\n{escape(member.title)}"
        tree.add(f"{_facts(member)} · {relation}{retitled}")
    return tree


def _facts(member: Member) -> str:
    credit = f" · credit: {escape(member.credit)}" if member.credit else ""
    seen = "" if member.published_at else " (first seen)"
    return f"{member.id} · {member.outlet} · {time_text(time_of(member))}{seen}{credit}"


_STORIES: Listing[Cluster] = Listing(
    ("story", "stories"),
    "most reprinted first",
    (
        Column("ID", lambda story: story.id, number=True),
        Column("published", lambda story: story.source.published_at, time=True),
        Column("outlets", lambda story: len(story.outlets), number=True),
        Column("articles", lambda story: len(story.members), number=True, rank=1),
        Column("title", lambda story: story.source.title, least=36),
        Column("carried by", lambda story: ", ".join(story.outlets), rank=2, least=20),
    ),
    _story_json,
    "id published_at articles outlets title members",
)
