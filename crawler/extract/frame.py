"""The article's frame on a page of an unknown template: what holds title and text. Pure."""

from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser, LexborNode

Select = Callable[[str], list[LexborNode]]


def whole_page(tree: LexborHTMLParser) -> Select:
    """Return a selection from anywhere on the page: a known template's classes mean one thing."""
    return tree.css


def article_frame(tree: LexborHTMLParser, container: LexborNode | None) -> Select:
    """Return a selection from around a text, what stands before it first, nothing inside it.

    On an unknown template "time" or "author" may be any teaser's; the article's own stand with
    its headline, in the smallest element that holds both headline and text.
    """
    if container is None:
        return tree.css
    if container.css_first("h1") is not None:
        return container.css
    frame = _frame(container)
    inside = {node.mem_id for node in container.traverse()}
    before = _before(frame, container)

    def select(selector: str) -> list[LexborNode]:
        nodes = [node for node in frame.css(selector) if node.mem_id not in inside]
        first = [node for node in nodes if node.mem_id in before]
        return first or nodes

    return select


def _frame(container: LexborNode) -> LexborNode:
    frame = container
    while frame.css_first("h1") is None and frame.parent is not None and frame.tag != "body":
        frame = frame.parent
    return frame


def _before(frame: LexborNode, container: LexborNode) -> set[int]:
    before = set()
    for node in frame.traverse():
        if node.mem_id == container.mem_id:
            break
        before.add(node.mem_id)
    return before
