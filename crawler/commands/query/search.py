"""`tinquan search`: full text, and how what was found spreads."""

from dataclasses import replace
from typing import Annotated, get_args

import typer
from rich.text import Text

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
    Form,
    JsonLinesOption,
    LimitOption,
    OffsetOption,
    Portion,
    form_of,
    print_rows,
)
from crawler.commands.query.articles import OutletsOption
from crawler.places import Gazetteer
from crawler.render.base import counted, time_text
from crawler.render.places import names_text
from crawler.render.search import facets_json, result_json
from crawler.render.table import ZONE, Column, Table
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
_COLUMNS = (
    "id",
    "outlet",
    "published_at",
    "title",
    "sapo",
    "snippet.text",
    "score",
    "authors",
    "section",
    "tags",
    "kind",
    "url",
)
_FACET_COLUMNS = ("facet", "value", "articles")
_FOUND = "bold black on yellow"

Values = list[str] | None
WordsArgument = Annotated[
    Values,
    typer.Argument(
        metavar="QUERY",
        help='Words, "phrases", -not, OR, prefix*. Without diacritics finds with; put -- first'
        " where a word to exclude comes first.",
    ),
]
SectionOption = Annotated[Values, typer.Option("--section", help="In this section.")]
AuthorOption = Annotated[Values, typer.Option("--author", help="By this author.")]
TagOption = Annotated[Values, typer.Option("--tag", help="With this tag.")]
KindOption = Annotated[
    Values, typer.Option("--kind", help=f"Of this kind: {', '.join(KINDS)}.", metavar="KIND")
]
FoldOption = Annotated[bool, typer.Option("--fold", help="Diacritics do not count, in no word.")]
ClusterOption = Annotated[
    bool, typer.Option("--one-per-cluster", help="Of copies of one story show one.")
]
OrderOption = Annotated[Order, typer.Option("--order", help="Best first, or newest first.")]
FacetsOption = Annotated[
    bool, typer.Option("--facets", help="Count by outlet, month, section, author, tag and place.")
]


def search(
    words: WordsArgument = None,
    outlet: OutletsOption = None,
    section: SectionOption = None,
    author: AuthorOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    place: PlaceOption = None,
    with_successors: SuccessorsOption = "none",
    about: AboutOption = "likely",
    since: SinceOption = None,
    until: UntilOption = None,
    order: OrderOption = "relevance",
    fold: FoldOption = False,
    one_per_cluster: ClusterOption = False,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    facets: FacetsOption = False,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """Search the texts of archived articles."""
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    asked = parsed_words(words or [], fold)
    _check(limit, offset, kind or [])
    settings = load_settings(config, archive)
    choice = choose(settings, place, with_successors, about)
    start, end = window(since, until)
    query = SearchQuery(
        words=asked,
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
        limit=limit + offset,
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
            found = replace(found, hits=found.hits[offset:])
            portion = Portion(len(found.hits), found.total, offset, is_exact=found.total_is_exact)
            _list_hits(form, found) if form else _print_result(found, query, portion)
            portion.print_rest()


def _list_facets(form: Form, counted: Facets) -> None:
    found = facets_json(counted)
    if form == "json":
        print_json(found)
        return
    rows = ({"facet": kind} | row for kind, rows in found["facets"].items() for row in rows)
    print_rows(form, rows, _FACET_COLUMNS)


def _list_hits(form: Form, found: SearchResult) -> None:
    result = result_json(found)
    if form == "json":
        print_json(result)
    else:
        print_rows(form, result["hits"], _COLUMNS)


def parsed_words(given: list[str], fold: bool) -> Words:
    """Return what the words of a command ask for. Raises QueryError, and UsageError for options."""
    # What looks like an option that nobody knows came through as a word, as -words do.
    for word in given:
        if word.startswith("--"):
            raise UsageError(f"no option {word!r}: --help lists them")
    return parse_words(" ".join(given), fold=fold)


def _check(limit: int, offset: int, kinds: list[str]) -> None:
    if limit + offset > MAX_LIMIT:
        what = f"--limit {limit} with --offset {offset}" if offset else f"--limit is {limit}"
        raise UsageError(f"{what}: expected at most {MAX_LIMIT:,}; --order date --until goes on")
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"no kind {kind!r}: expected one of {', '.join(KINDS)}")


def _print_result(found: SearchResult, query: SearchQuery, portion: Portion) -> None:
    order = "newest first" if query.order == "date" else "best first"
    zone = f"; {ZONE}" if found.hits else ""
    out.print(f"{portion.title('article')}, {order}{zone}")
    if not found.complete:
        out.print(f"too many to rank all: only those since {time_text(found.ranked_since)} were")
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
        out.print(f"too many to count all: only those since {since} were")
    for kind, counts in facets.counts.items():
        listed = Table("", (Column(kind, least=20), Column("articles", number=True)))
        for value, count in counts:
            name = names_text((value,), gazetteer) if kind == "place" else value
            listed.add(name, str(count))
        if counts:
            out.print()
            print_table(listed)
