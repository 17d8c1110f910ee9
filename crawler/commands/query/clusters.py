"""`tinquan cluster` and `clusters`: who reprints whom."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from crawler.commands.choosing import PlaceOption, SuccessorsOption, announce, choose
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
    print_rows,
)
from crawler.render.base import time_json, time_text
from crawler.render.clusters import cluster_json, delay_text
from crawler.render.table import Column, Table
from storage.model.clusters import Cluster, ClusterQuery, Member

_MEMBER_COLUMNS = (
    "id",
    "outlet",
    "published_at",
    "title",
    "credit",
    "similarity",
    "is_source",
    "first_seen_at",
    "url",
)
_COLUMNS = ("id", "published_at", "articles", "outlets", "title", "members")


def cluster(
    ref: Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")],
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """Show the copies of one article's story, from the earliest known publication on."""
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    with reading_of(load_settings(config, archive)) as opened:
        found = opened.clusters.get(ref)
    if form == "json":
        print_json(cluster_json(found))
        return
    if form:
        print_rows(form, cluster_json(found)["members"], _MEMBER_COLUMNS)
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
    place: PlaceOption = None,
    with_successors: SuccessorsOption = "none",
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """List the most reprinted stories: those in most outlets first."""
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    settings = load_settings(config, archive)
    start, end = window(since, until)
    choice = choose(settings, place, with_successors)
    query = ClusterQuery(
        places=choice.units,
        since=start,
        until=end,
        min_outlets=min_outlets,
        limit=limit,
        offset=offset,
    )
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        announce(choice, opened, err if form else out)
        found = opened.clusters.find(query)
        if form:
            total = partial(opened.clusters.count, query)
            print_portion(form, map(_story_json, found), _COLUMNS, (limit, offset), total)
        else:
            listed = list(found)
            portion = Portion(len(listed), opened.clusters.count(query), offset)
            title = f"{portion.title('story', 'stories')}, most reprinted first"
            print_table(_table(listed, title))
            portion.print_rest()


def _story_json(found: Cluster) -> dict[str, Any]:
    """Return a cluster with what a list shows of its source."""
    published = time_json(found.source.published_at)
    return cluster_json(found) | {"title": found.source.title, "published_at": published}


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


def _table(found: list[Cluster], title: str) -> Table:
    listed = Table(
        title,
        (
            Column("ID", number=True),
            Column("published", time=True),
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
