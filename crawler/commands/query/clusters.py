"""`tinquan cluster` and `clusters`: who reprints whom."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from crawler.commands.common import (
    MOST,
    ArchiveOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    UntilOption,
    load_settings,
    out,
    print_json,
    print_json_array,
    print_table,
    reading_of,
    slugs_of,
    window,
)
from crawler.render.base import counted, time_text
from crawler.render.clusters import cluster_json, delay_text
from crawler.render.table import Column, Table
from storage.model.clusters import Cluster, ClusterQuery, Member


def cluster(
    ref: Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")],
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Show the copies of one article's story, from the earliest known publication on."""
    with reading_of(load_settings(config, archive)) as opened:
        found = opened.clusters.get(ref)
    if json:
        print_json(cluster_json(found))
        return
    out.print(_tree(found), soft_wrap=True)
    if len(found.members) == 1:
        out.print("No other article of the archive is a copy of it, nor it of any.")


def clusters(
    since: SinceOption = None,
    until: UntilOption = None,
    min_outlets: Annotated[
        int, typer.Option(min=1, max=MOST, help="Carried by at least so many.")
    ] = 1,
    outlet: Annotated[
        list[str] | None, typer.Option("--outlet", help="Carried by this one, or by another given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 20,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """List the most reprinted stories: those in most outlets first."""
    settings = load_settings(config, archive)
    start, end = window(since, until)
    query = ClusterQuery(
        since=start,
        until=end,
        min_outlets=min_outlets,
        limit=limit,
    )
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        found = opened.clusters.find(query)
        if json:
            print_json_array(map(cluster_json, found))
        else:
            print_table(_table(list(found)))


def _tree(found: Cluster) -> Tree:
    source = found.source
    tree = Tree(f"[bold]{escape(source.title)}[/bold]\n{_facts(source)}")
    for member in found.members[1:]:
        told = "updated · " if member.is_update else ""
        like = f"{delay_text(member, source)} · {told}{member.similarity:.0%} alike"
        retitled = "" if member.title == source.title else f"\n{escape(member.title)}"
        tree.add(f"{_facts(member)} · {like}{retitled}")
    return tree


def _facts(member: Member) -> str:
    credit = f" · credit: {escape(member.credit)}" if member.credit else ""
    shown = member.published_at or member.first_seen_at
    seen = "" if member.published_at else " (first seen)"
    return f"{member.id} · {member.outlet} · {time_text(shown)}{seen}{credit}"


def _table(found: list[Cluster]) -> Table:
    listed = Table(
        f"{counted(len(found), 'story', 'stories')}, most reprinted first",
        (
            Column("ID", number=True),
            Column("published"),
            Column("outlets", number=True),
            Column("articles", number=True, rank=1),
            Column("title", least=36),
            Column("carried by", rank=2, least=20),
        ),
    )
    for one in found:
        listed.add(
            str(one.id),
            time_text(one.source.published_at),
            str(len(one.outlets)),
            str(len(one.members)),
            one.source.title,
            ", ".join(one.outlets),
        )
    return listed
