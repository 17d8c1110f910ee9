"""The choice of a page's family, layout, text container and canonical URL. Pure."""

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

_MIN_NAMED = 0.7  # part of the guessed container's text that one found by selector must have
_MARKS = {family.name: [m.encode() for m in family.marks] for family in FAMILIES.values()}


_MIN_HEADLINE = 25  # characters of a link that is a headline
_STORIES = 3  # headline links that make a column of other stories
_APART = ("aside", "footer", "nav")


@dataclass(frozen=True, slots=True)
class ScopedSelector:
    """Selects the fields around an article's text.

    regions: the node ids (`mem_id`) of each region of the page that may hold fields, best first;
    empty for a known template, where a selector may match anywhere. page: the whole page, if root
    is a part of it.
    """

    root: LexborHTMLParser | LexborNode
    regions: tuple[frozenset[int], ...] = ()
    page: LexborHTMLParser | None = None

    def __call__(self, selector: str) -> list[LexborNode]:
        """Return the matches of a selector in the best region that has any."""
        found = self.root.css(selector)
        if not self.regions or not found:
            return found
        by_region = ([node for node in found if node.mem_id in region] for region in self.regions)
        return next((nodes for nodes in by_region if nodes), [])

    def is_in_best_region(self, node: LexborNode) -> bool:
        """True for a node in the best region, between headline and text."""
        return bool(self.regions) and node.mem_id in self.regions[0]

    def on_whole_page(self, selectors: list[str]) -> list[LexborNode]:
        """Return the matches of selectors on the whole page; none if `page` is None."""
        return self.page.css(",".join(selectors)) if self.page and selectors else []

    def by_region(self, selectors: tuple[str, ...]) -> Iterator[tuple[str, list[LexborNode]]]:
        """Yield each selector with its matches, for each region, best first."""
        if not self.regions:
            yield from ((selector, self.root.css(selector)) for selector in selectors)
            return
        found: dict[str, list[LexborNode]] = {}  # filled on demand
        for region in self.regions:
            for selector in selectors:
                if selector not in found:
                    found[selector] = self.root.css(selector)
                yield selector, [node for node in found[selector] if node.mem_id in region]


@dataclass(frozen=True, slots=True)
class PageReading:
    """The family, layout and container by which a page is extracted.

    containers: the elements with the text; empty if there is none. select: selects the fields
    around it.
    """

    family: Family
    layout: Layout
    containers: Containers
    select: ScopedSelector
    notes: tuple[str, ...] = ()
    # True if the family's own selectors found the container: then the page is an article.
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
    """Return how to extract a page: by the outlet's family, by markers in the page, or generically.

    Outlets change family: a page with the container of another family is read with that one, and a
    note says so. left_out: names of families not to try, for benchmarks.
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
            # The generic family would take menus and teasers for the text.
            return PageReading(family, family.layouts[0], (shell,), whole_page(tree))
    is_own = configured is GENERIC or (configured is not None and not configured.layouts)
    return _generic(tree, outlet if is_own else None, configured, meta)


def _order(configured: Family | None, host: str) -> list[Family]:
    """Return the families to try: the outlet's, those of its host, then all the others."""
    known = [family for family in FAMILIES.values() if family is not GENERIC]
    return sorted(known, key=lambda family: (family is not configured, not _is_home(family, host)))


def _is_home(family: Family, host: str) -> bool:
    return host.endswith((*family.hosts, *family.shared_by))


def _may_be(family: Family, configured: Family | None, host: str, data: bytes) -> bool:
    """True if a page has a marker of a family, and a CMS of one outlet is on that outlet's host."""
    is_host_allowed = family is configured or not family.hosts or host.endswith(family.hosts)
    return is_host_allowed and any(mark in data for mark in _MARKS[family.name])


def _generic(
    tree: LexborHTMLParser,
    outlet: Outlet | None,
    configured: Family | None,
    meta: Metadata,
) -> PageReading:
    layout = _with_overrides(GENERIC.layouts[0], outlet.overrides if outlet else None)
    guessed = guess_containers(tree, meta.description, meta.headline)
    named = find_containers(tree, layout.body)
    containers = named if size(named) >= _MIN_NAMED * size(guessed) else guessed
    select = article_scope(tree, containers, meta.headline)
    notes = _changed(configured, GENERIC)
    return PageReading(GENERIC, layout, containers, select, notes, is_certain=False)


def _layouts(family: Family, overrides: Overrides | None, day: date) -> list[Layout]:
    """Return a family's layouts, those that are valid on the day of the capture first."""
    valid = [layout for layout in family.layouts if _is_valid(layout, day)]
    others = [layout for layout in family.layouts if layout not in valid]
    return [_with_overrides(layout, overrides) for layout in (*valid, *others)]


def _is_valid(layout: Layout, day: date) -> bool:
    has_begun = layout.valid_from is None or day >= layout.valid_from
    return has_begun and (layout.valid_to is None or day < layout.valid_to)


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
    """Return a selector of the whole page: in a known template, a class has one meaning."""
    return ScopedSelector(tree)


def article_scope(
    tree: LexborHTMLParser, containers: Containers, headline: str = ""
) -> ScopedSelector:
    """Return a selector of the regions around a text, never of the text itself.

    On an unknown template, a "time" or "author" may belong to a teaser. The article's own are
    between headline and text, before the headline, or after the text up to other stories.
    headline: the title in the head, which distinguishes the article's h1 from those of boxes.
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
    """Return the nodes before the headline, and those from the headline to the text."""
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
    """Yield the nodes after the text, up to the first column of other stories."""
    node: LexborNode | None = container
    while node is not None and node.mem_id != box.mem_id:
        following = node.next
        while following is not None:
            if following.tag in _APART or _is_column(following):
                return
            yield from (descendant.mem_id for descendant in following.traverse())
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
    """Return an article's canonical URL, and the outlet's own id by the first family that finds it.

    The page's canonical link is used if it is on the same site (a share or AMP page then gets the
    article's URL). A link to another site or to a home page is ignored, and so is one without the
    id in the page's URL: some themes link every page to another one. A site without a family has
    no ids, as a number at the end of its URLs may be a year.
    """
    own = canonical_url(page_url)
    canonical = _same_site_url(own, meta.canonical or "") or own
    if own_id := _id_of(own, families):
        return (canonical if _id_of(canonical, families) == own_id else own), own_id
    og_url = _same_site_url(own, meta.prop("og:url") or "")
    return canonical, _id_of(canonical, families) or (_id_of(og_url, families) if og_url else None)


def _id_of(url: str, families: tuple[Family, ...]) -> str | None:
    return next((own_id for family in families if (own_id := article_id(url, family))), None)


def _same_site_url(own: str, href: str) -> str | None:
    """Return the canonical URL of a link; None for another site or a home page."""
    try:
        url = canonical_url(urljoin(own, href.strip())) if href.strip() else None
        if url is None or urlsplit(url).path in ("", "/"):
            return None
        host, other = urlsplit(own).netloc, urlsplit(url).netloc
    except ValueError:
        return None
    is_same_site = other == host or host.endswith("." + other) or other.endswith("." + host)
    return url if is_same_site else None
