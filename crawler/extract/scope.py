"""The article's frame on a page of an unknown template: what holds title and text. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MIN_HEADLINE = 25  # characters of a link that is a headline
_STORIES = 3  # so many of them make a column of other stories
_APART = ("aside", "footer", "nav")


@dataclass(frozen=True, slots=True)
class ScopedSelector:
    """Finds fields around a text.

    places: the nodes (by address) of each place on the page where fields may stand, best first;
    empty where a template is known, and any place will do.
    """

    root: LexborHTMLParser | LexborNode
    places: tuple[frozenset[int], ...] = ()

    def __call__(self, selector: str) -> list[LexborNode]:
        """Return what a selector finds in the best place where it finds anything."""
        found = self.root.css(selector)
        if not self.places or not found:
            return found
        each = ([node for node in found if node.mem_id in place] for place in self.places)
        return next((nodes for nodes in each if nodes), [])

    def by_place(self, selectors: tuple[str, ...]) -> Iterator[tuple[str, list[LexborNode]]]:
        """Yield what each selector finds, in the best place first, then in the next."""
        if not self.places:
            yield from ((selector, self.root.css(selector)) for selector in selectors)
            return
        found = [(selector, self.root.css(selector)) for selector in selectors]
        for place in self.places:
            for selector, nodes in found:
                yield selector, [node for node in nodes if node.mem_id in place]


def whole_page(tree: LexborHTMLParser) -> ScopedSelector:
    """Return a selection from anywhere on the page: a known template's classes mean one thing."""
    return ScopedSelector(tree)


def article_scope(tree: LexborHTMLParser, container: LexborNode | None) -> ScopedSelector:
    """Return a selection from around a text, never from inside it.

    On an unknown template "time" or "author" may be any teaser's. The article's own stand between
    headline and text, or before the headline, or after the text until other stories begin.
    """
    if container is None:
        return ScopedSelector(tree)
    if container.css_first("h1") is not None:
        return ScopedSelector(container)
    scope = _scope(container)
    before, between = _before(scope, container)
    after = frozenset(_after(scope, container))
    return ScopedSelector(scope, (between, before, after))


def _scope(container: LexborNode) -> LexborNode:
    scope = container
    while scope.css_first("h1") is None and scope.parent is not None and scope.tag != "body":
        scope = scope.parent
    return scope


def _before(scope: LexborNode, container: LexborNode) -> tuple[frozenset[int], frozenset[int]]:
    """Return the nodes before the text: up to the headline, and from it on."""
    nodes: list[int] = []
    headline = 0
    for node in scope.traverse():
        if node.mem_id == container.mem_id:
            break
        if node.tag == "h1":
            headline = len(nodes)
        nodes.append(node.mem_id)
    return frozenset(nodes[:headline]), frozenset(nodes[headline:])


def _after(scope: LexborNode, container: LexborNode) -> Iterator[int]:
    """Yield the nodes that follow the text, up to the first column of other stories."""
    node: LexborNode | None = container
    while node is not None and node.mem_id != scope.mem_id:
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
