"""Which family and layout read a page, where its fields stand, what its address is. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.metadata.head import Metadata
from crawler.extract.text.boundaries import holds, own_headline
from crawler.extract.text.container import (
    Containers,
    find_containers,
    find_empty,
    guess_containers,
    size,
)
from crawler.families import FAMILIES, GENERIC
from crawler.families.base import Family, Layout
from crawler.outlets.model import Outlet, Overrides
from crawler.page.urls import article_id, canonical_url

_MIN_NAMED = 0.7  # of the guessed text that a container known by its name must hold
_MARKS = {family.name: [m.encode() for m in family.marks] for family in FAMILIES.values()}


_MIN_HEADLINE = 25  # characters of a link that is a headline
_STORIES = 3  # so many of them make a column of other stories
_APART = ("aside", "footer", "nav")


@dataclass(frozen=True, slots=True)
class ScopedSelector:
    """Finds fields around a text.

    places: the nodes (by address) of each place on the page where fields may stand, best first;
    empty where a template is known, and any place will do. page: all of it, where root is a part.
    """

    root: LexborHTMLParser | LexborNode
    places: tuple[frozenset[int], ...] = ()
    page: LexborHTMLParser | None = None

    def __call__(self, selector: str) -> list[LexborNode]:
        """Return what a selector finds in the best place where it finds anything."""
        found = self.root.css(selector)
        if not self.places or not found:
            return found
        each = ([node for node in found if node.mem_id in place] for place in self.places)
        return next((nodes for nodes in each if nodes), [])

    def is_near(self, node: LexborNode) -> bool:
        """True for a node in the best place: between headline and text."""
        return bool(self.places) and node.mem_id in self.places[0]

    def anywhere(self, selectors: list[str]) -> list[LexborNode]:
        """Return what selectors find on the whole page, where the scope is but a part of it."""
        return self.page.css(",".join(selectors)) if self.page and selectors else []

    def by_place(self, selectors: tuple[str, ...]) -> Iterator[tuple[str, list[LexborNode]]]:
        """Yield what each selector finds, in the best place first, then in the next."""
        if not self.places:
            yield from ((selector, self.root.css(selector)) for selector in selectors)
            return
        found: dict[str, list[LexborNode]] = {}  # filled as far as it is asked for
        for place in self.places:
            for selector in selectors:
                if selector not in found:
                    found[selector] = self.root.css(selector)
                yield selector, [node for node in found[selector] if node.mem_id in place]


@dataclass(frozen=True, slots=True)
class PageReading:
    """How a page is read.

    containers: the elements that hold the text, none where nothing on the page does.
    select: finds the fields around it.
    """

    family: Family
    layout: Layout
    containers: Containers
    select: ScopedSelector
    notes: tuple[str, ...] = ()
    # True where the family's own selectors found the container: then it is an article's page.
    is_certain: bool = True


def choose_reading(
    data: bytes,
    tree: LexborHTMLParser,
    outlet: Outlet | None,
    host: str,
    day: date,
    meta: Metadata,
    left_out: frozenset[str] = frozenset(),
) -> PageReading:
    """Return how to read a page: by the outlet's family, else by the marks on it, else generic.

    Outlets change family; a page whose container is another family's is read with that one,
    and the reading says so. left_out: names of families
    that are not tried, for benchmarks.
    """
    named = outlet.family_on(day) if outlet else ""
    configured = None if named in left_out else FAMILIES.get(named)
    for family in _order(configured, host):
        if family.name in left_out or not _may_be(family, configured, host, data):
            continue
        overrides = outlet.overrides if outlet and family is configured else None
        for layout in _layouts(family, overrides, day):
            if containers := find_containers(tree, layout.body):
                notes = (*_changed(configured, family), *_expired(layout, day))
                return PageReading(family, layout, containers, whole_page(tree), notes)
        if (
            family is configured
            and family.layouts
            and (shell := find_empty(tree, family.layouts[0].body))
        ):
            # Else the generic reading would take menus and teasers for the text.
            return PageReading(family, family.layouts[0], (shell,), whole_page(tree))
    is_own = configured is GENERIC or (configured is not None and not configured.layouts)
    return _generic(tree, outlet if is_own else None, configured, meta)


def _order(configured: Family | None, host: str) -> list[Family]:
    """Return the families to try: the outlet's, those of its host, then all others."""
    known = [family for family in FAMILIES.values() if family is not GENERIC]
    return sorted(known, key=lambda family: (family is not configured, not _is_home(family, host)))


def _is_home(family: Family, host: str) -> bool:
    return host.endswith((*family.hosts, *family.shared_by))


def _may_be(family: Family, configured: Family | None, host: str, data: bytes) -> bool:
    """True where a page carries a family's mark; a CMS of one outlet alone stands on its hosts."""
    at_home = family is configured or not family.hosts or host.endswith(family.hosts)
    return at_home and any(mark in data for mark in _MARKS[family.name])


def _generic(
    tree: LexborHTMLParser,
    outlet: Outlet | None,
    configured: Family | None,
    meta: Metadata,
) -> PageReading:
    layout = _with_overrides(GENERIC.layouts[0], outlet.overrides if outlet else None)
    guessed = guess_containers(tree, meta.described, meta.headline)
    named = find_containers(tree, layout.body)
    containers = named if size(named) >= _MIN_NAMED * size(guessed) else guessed
    select = article_scope(tree, containers, meta.headline)
    notes = _changed(configured, GENERIC)
    return PageReading(GENERIC, layout, containers, select, notes, is_certain=False)


def _layouts(family: Family, overrides: Overrides | None, day: date) -> list[Layout]:
    """Return a family's layouts, those valid on the day of the capture first."""
    valid = [layout for layout in family.layouts if _is_valid(layout, day)]
    others = [layout for layout in family.layouts if layout not in valid]
    return [_with_overrides(layout, overrides) for layout in (*valid, *others)]


def _is_valid(layout: Layout, day: date) -> bool:
    after = layout.valid_from is None or day >= layout.valid_from
    return after and (layout.valid_to is None or day < layout.valid_to)


def _with_overrides(layout: Layout, overrides: Overrides | None) -> Layout:
    """Return a layout with an outlet's own selectors before the family's."""
    if overrides is None:
        return layout
    return replace(
        layout,
        title=(*overrides.title, *layout.title),
        sapo=(*overrides.sapo, *layout.sapo),
        body=(*overrides.body, *layout.body),
        author=(*overrides.author, *layout.author),
        time=(*overrides.time, *layout.time),
        section=(*overrides.section, *layout.section),
        tags=(*overrides.tags, *layout.tags),
        caption=(*overrides.caption, *layout.caption),
        drop=(*overrides.drop, *layout.drop),
    )


def _expired(layout: Layout, day: date) -> tuple[str, ...]:
    return () if _is_valid(layout, day) else (f"layout: {layout.name} is read outside its period",)


def _changed(configured: Family | None, family: Family) -> tuple[str, ...]:
    if configured is None or configured is family or not configured.layouts:
        return ()
    return (f"family: configured {configured.name}, read as {family.name}",)


def whole_page(tree: LexborHTMLParser) -> ScopedSelector:
    """Return a selection from anywhere on the page: a known template's classes mean one thing."""
    return ScopedSelector(tree)


def article_scope(
    tree: LexborHTMLParser, containers: Containers, headline: str = ""
) -> ScopedSelector:
    """Return a selection from around a text, never from inside it.

    On an unknown template "time" or "author" may be any teaser's. The article's own stand between
    headline and text, or before the headline, or after the text until other stories begin.
    headline: what the head calls the article, which tells its h1 from those of boxes.
    """
    if not containers:
        return ScopedSelector(tree)
    first, last = containers[0], containers[-1]
    own = own_headline(tree, headline)
    if own is not None and holds(first, own):
        return ScopedSelector(first, page=tree)
    box = first
    while box.parent is not None and box.tag != "body" and not (own and holds(box, own)):
        box = box.parent
    before, between = _before(box, first, own)
    return ScopedSelector(box, (between, before, frozenset(_after(box, last))), tree)


def _before(
    box: LexborNode, container: LexborNode, own: LexborNode | None
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the nodes before the text: up to the headline, and from it on."""
    nodes: list[int] = []
    headline = 0
    for node in box.traverse():
        if node.mem_id == container.mem_id:
            break
        if own is not None and node.mem_id == own.mem_id:
            headline = len(nodes)
        nodes.append(node.mem_id)
    return frozenset(nodes[:headline]), frozenset(nodes[headline:])


def _after(box: LexborNode, container: LexborNode) -> Iterator[int]:
    """Yield the nodes that follow the text, up to the first column of other stories."""
    node: LexborNode | None = container
    while node is not None and node.mem_id != box.mem_id:
        following = node.next
        while following is not None:
            if following.tag in _APART or _is_column(following):
                return
            yield from (each.mem_id for each in following.traverse())
            following = following.next
        node = node.parent


def _is_column(node: LexborNode) -> bool:
    if not node.is_element_node:
        return False
    links = (len(link.text(deep=True, strip=True)) for link in node.css("a"))
    return sum(length >= _MIN_HEADLINE for length in links) >= _STORIES


def read_address(
    page_url: str, meta: Metadata, families: tuple[Family, ...]
) -> tuple[str, str | None]:
    """Return an article's canonical URL and the outlet's own id, by the first family that has one.

    The page's own canonical link wins where it leads to the same site (a share or AMP address
    then leads to the article's); a link to another site or to a home page is not believed, nor
    one without the id that the page's address carries: some themes link every page to another.
    A site without a family has no ids: numbers that end its addresses may be years.
    """
    own = canonical_url(page_url)
    linked = _linked(own, meta.canonical or "") or own
    if own_id := _id_of(own, families):
        return (linked if _id_of(linked, families) == own_id else own), own_id
    shared = _linked(own, meta.prop("og:url") or "")
    return linked, _id_of(linked, families) or (_id_of(shared, families) if shared else None)


def _id_of(url: str, families: tuple[Family, ...]) -> str | None:
    return next((found for family in families if (found := article_id(url, family))), None)


def _linked(own: str, href: str) -> str | None:
    try:
        url = canonical_url(urljoin(own, href.strip())) if href.strip() else None
        if url is None or urlsplit(url).path in ("", "/"):
            return None
        ours, theirs = urlsplit(own).netloc, urlsplit(url).netloc
    except ValueError:
        return None
    return (
        url
        if theirs == ours or ours.endswith("." + theirs) or theirs.endswith("." + ours)
        else None
    )
