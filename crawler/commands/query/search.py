"""`tinquan search`: full-text search, and facet counts of its hits."""

from dataclasses import replace
from functools import partial
from typing import Annotated, get_args

import typer
from rich.text import Text

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import (
    err,
    out,
    place_names,
    print_json,
    print_table,
    reading_of,
    slugs_of,
)
from crawler.commands.listing import Portion, print_object, print_rows
from crawler.places import Gazetteer
from crawler.render.base import counted, time_text
from crawler.render.places import names_text
from crawler.render.search import facets_json, result_json
from crawler.render.table import ZONE, Column, table_of
from storage import parse_words
from storage.errors import UsageError
from storage.model.articles import ArticleKind
from storage.model.search import (
    MAX_LIMIT,
    Facets,
    Order,
    SearchHit,
    SearchQuery,
    SearchResult,
    Words,
)

KINDS = get_args(ArticleKind)
_CSV = "id outlet published_at title sapo snippet.text score authors section tags kind url"
_FOUND = "bold black on yellow"

Values = list[str] | None
SectionOption = Annotated[Values, typer.Option("--section", help="In this section.")]
AuthorOption = Annotated[Values, typer.Option("--author", help="By this author.")]
TagOption = Annotated[Values, typer.Option("--tag", help="With this tag.")]
KindOption = Annotated[
    Values, typer.Option("--kind", help=f"Of this kind: {', '.join(KINDS)}.", metavar="KIND")
]
ClusterOption = Annotated[
    bool, typer.Option("--one-per-cluster", help="Show one of the copies of a story.")
]
OrderOption = Annotated[
    Order, typer.Option("--order", help="By date, newest first, or by relevance, best match first.")
]
FacetsOption = Annotated[
    bool, typer.Option("--facets", help="Count by outlet, month, section, author, tag and place.")
]


def search(
    *,
    words: options.Words = None,
    outlet: options.Outlets = None,
    section: SectionOption = None,
    author: AuthorOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    place: options.AboutPlace,
    window: options.Window,
    order: OrderOption = "relevance",
    fold: options.Fold = False,
    one_per_cluster: ClusterOption = False,
    part: options.Part,
    facets: FacetsOption = False,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Search the texts of archived articles."""
    form = output.form()
    parsed = parsed_words(words or [], fold)
    _check(part, kind or [])
    settings = setup.load()
    choice = choose(settings, place)
    start, end = window.bounds()
    query = SearchQuery(
        words=parsed,
        sections=tuple(section or ()),
        authors=tuple(author or ()),
        tags=tuple(tag or ()),
        kinds=tuple(kind or ()),
        places=choice.units,
        about=choice.about,
        since=start,
        until=end,
        one_per_cluster=one_per_cluster,
        order=order,
        limit=part.limit + part.offset,
    )
    if not facets and not outlet and query == SearchQuery(order=order, limit=query.limit):
        raise UsageError("nothing to search for: expected words, or an option such as --author")
    with reading_of(settings) as opened:
        query = replace(query, outlets=slugs_of(outlet or (), settings, opened))
        announce(choice, opened, err if form else out)
        if facets:
            counted = opened.search.facets(query)
            names = place_names(settings)
            _list_facets(form, counted) if form else _print_facets(counted, names)
        else:
            found = opened.search.find(query)
            found = replace(found, hits=found.hits[part.offset :])
            portion = Portion(
                len(found.hits), found.total, part.offset, is_exact=found.total_is_exact
            )
            if form:
                print_object(form, result_json(found), "hits", _CSV)
            else:
                _print_result(found, query, portion)
            portion.print_rest()


def _list_facets(form: options.Form, counted: Facets) -> None:
    found = facets_json(counted)
    if form == "json":
        print_json(found)
        return
    rows = ({"facet": kind} | row for kind, rows in found["facets"].items() for row in rows)
    print_rows(form, rows, "facet value articles")


def parsed_words(given: list[str], fold: bool) -> Words:
    """Return the parsed query. Raises QueryError, and UsageError for an unknown option."""
    # The command passes unknown options through as words, for the sake of -word.
    for word in given:
        if word.startswith("--"):
            raise UsageError(f"no option {word!r}: --help lists them")
    return parse_words(" ".join(given), fold=fold)


def _check(part: options.Part, kinds: list[str]) -> None:
    limit, offset = part.limit, part.offset
    if limit + offset > MAX_LIMIT:
        what = f"--limit {limit} with --offset {offset}" if offset else f"--limit is {limit}"
        raise UsageError(
            f"{what}: expected at most {MAX_LIMIT:,}; --order date with --until reaches older ones"
        )
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"no kind {kind!r}: expected one of {', '.join(KINDS)}")


def _print_result(found: SearchResult, query: SearchQuery, portion: Portion) -> None:
    order = "newest first" if query.order == "date" else "best first"
    zone = f"; {ZONE}" if found.hits else ""
    out.print(f"{portion.title('article')}, {order}{zone}")
    if not found.complete:
        since = time_text(found.ranked_since)
        out.print(f"too many to rank all: only those since {since} are ranked")
    for hit in found.hits:
        _print_hit(hit)


def _print_hit(hit: SearchHit) -> None:
    article = hit.article.latest.article
    title = Text(article.title, "bold")
    for mark in hit.marks:
        if mark.field == "title":
            title.stylize(_FOUND, mark.start, mark.end)
    head = f"{hit.article.id}  {time_text(article.published_at)}  {article.outlet}  "
    out.print()
    out.print(Text(head) + title, soft_wrap=True)
    if hit.snippet:
        text = Text(hit.snippet.text)
        for start, end in hit.snippet.marks:
            text.stylize(_FOUND, start, end)
        out.print(text)


def _print_facets(facets: Facets, gazetteer: Gazetteer) -> None:
    out.print(counted(facets.total, "article"))
    if not facets.complete:
        since = time_text(facets.counted_since)
        out.print(f"too many to count all: only those since {since} are counted")
    for kind, counts in facets.counts.items():
        shown: tuple[Column[tuple[str, int]], ...] = (
            Column(kind, partial(_facet_text, kind, gazetteer), least=20),
            Column("articles", lambda row: row[1], number=True),
        )
        if counts:
            out.print()
            print_table(table_of("", shown, counts))


def _facet_text(kind: str, gazetteer: Gazetteer, counted: tuple[str, int]) -> str:
    return names_text(counted[:1], gazetteer) if kind == "place" else counted[0]
