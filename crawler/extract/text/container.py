"""Location of an article's text: by a family's selectors, else by the density of prose. Pure."""

import re
from collections.abc import Container

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.text.boundaries import holds, join_containers, own_headline, with_following

Containers = tuple[LexborNode, ...]  # the parts of one text, in reading order

_MIN_TEXT = 60  # characters; some templates repeat the container, empty, for a pop-up
_MIN_PARAGRAPH = 40
_MAX_CARD = 600  # characters of a headline with its lead
_MAX_APART = 3_000  # characters; a larger element may be the page's frame
_MAX_LEADS = 2  # paragraphs of a card
_MIN_SENTENCE = 100  # characters; shorter paragraphs are weak evidence of prose
_MIN_ARTICLE = 300  # characters of prose around a headline that make an article
_MIN_PART = 80  # characters of prose in a box that is a part of the text
_MAX_CLIMB = 3
_MIN_BREAKS = 3  # <br> in an element that separate its paragraphs
_BLOCKS = frozenset(("p", "div", "table", "ul", "ol", "h2", "h3", "section", "article"))
_NOT_TEXT = re.compile(
    r"comment|binh-?luan|\bcmt|y-?kien|feedback|phan-?hoi|footer|header|menu|sidebar|relate|lien-?quan|breadcrumb|banner|popup|modal|consent|cookie|privacy"
    r"|most-?view|doc-?nhieu|xem-?nhieu|nav\b",
    re.IGNORECASE,
)


def find_containers(tree: LexborHTMLParser, selectors: tuple[str, ...]) -> Containers:
    """Return the containers of the article's text by the first selector that finds any, or ()."""
    for selector in selectors:
        if joined := join_containers(tree.css(selector), _MIN_TEXT):
            return joined
    return ()


def find_empty(tree: LexborHTMLParser, selectors: tuple[str, ...]) -> LexborNode | None:
    """Return the page's container if all containers are empty (a player, a shell), or None."""
    found = [node for selector in selectors for node in tree.css(selector)]
    return found[0] if found and all(_length(node) == 0 for node in found) else None


def size(containers: Containers) -> int:
    """Return the number of characters of text in containers."""
    return sum(map(_length, containers))


def _length(node: LexborNode) -> int:
    return len(node.text(deep=True, strip=True))


def guess_containers(tree: LexborHTMLParser, lead: str = "", headline: str = "") -> Containers:
    """Return the element whose own paragraphs have most of the page's prose, or ().

    Every paragraph adds its length, without its links, to its parent's score, and half of it to
    the grandparent's: the paragraphs of a body are siblings, while each teaser has its own card.
    Siblings of the best element that have prose are parts of the same text. lead: the description
    in the head, which is outside the text if it is printed. headline: the title in the head; the
    text is searched around it.
    """
    scores: dict[int, float] = {}
    nodes: dict[int, LexborNode] = {}
    prose: list[tuple[LexborNode, float]] = []
    for paragraph in tree.css("p, div, li, td, h2, h3"):
        own = _own_text(paragraph)
        weight = own or _weight(paragraph)
        if weight <= 0 or (lead and paragraph.text(deep=True, strip=True) == lead):
            continue
        prose.append((paragraph, weight))
        # Lines separated by <br> are the paragraphs of their parent.
        parent = paragraph if own else _paragraph_parent(paragraph)
        for share in (1.0, 0.5):
            if parent is None or parent.tag in ("html", "-document"):
                break
            nodes[parent.mem_id] = parent
            scores[parent.mem_id] = scores.get(parent.mem_id, 0) + weight * share
            parent = parent.parent
    if not scores:
        return ()
    title = own_headline(tree, headline) if headline else None
    prose_of = _prose_by_node(prose)
    box = _article_box(title, prose_of) if title is not None else None
    candidates = {id_ for id_, node in nodes.items() if box is not None and holds(box, node)}
    best = max(scores, key=lambda id_: (id_ in candidates, scores[id_]))
    if scores[best] < _MIN_TEXT:
        return ()
    return with_following(_with_siblings(nodes[best], title, prose_of))


def _prose_by_node(prose: list[tuple[LexborNode, float]]) -> dict[int, float]:
    """Return how much prose each element has, descendants included, by `mem_id`."""
    prose_of: dict[int, float] = {}
    for paragraph, weight in prose:
        up: LexborNode | None = paragraph
        while up is not None:
            prose_of[up.mem_id] = prose_of.get(up.mem_id, 0) + weight
            up = up.parent
    return prose_of


def _article_box(title: LexborNode, prose_of: dict[int, float]) -> LexborNode | None:
    """Return the smallest box around a headline with the prose of an article, or None.

    Longer texts elsewhere are other articles, comments, or about the outlet.
    """
    box = title.parent
    while box is not None and box.tag != "body":
        if prose_of.get(box.mem_id, 0) >= _MIN_ARTICLE:
            return box
        box = box.parent
    return None


def _paragraph_parent(node: LexborNode) -> LexborNode | None:
    """Return the parent of a paragraph; of a cell, that of its table, which frames an image."""
    up = node.parent
    while up is not None and node.tag == "td" and up.tag in ("tr", "tbody", "table"):
        up = up.parent
    return up


def _with_siblings(
    best: LexborNode, own: LexborNode | None, prose_of: dict[int, float]
) -> Containers:
    """Return a box with its siblings that have prose, and the nodes between them.

    If it has none, the siblings of its ancestors are considered. These must be of the same kind, as
    must siblings of the headline, which include leads, tools and lists.
    """
    branch = best
    for _ in range(_MAX_CLIMB):
        parent = branch.parent
        if parent is None or parent.tag in ("body", "html"):
            break
        has_headline = own is not None and holds(parent, own)
        must_be_alike = has_headline or branch.mem_id != best.mem_id
        children = list(parent.iter(include_text=True))
        indices = [
            index
            for index, child in enumerate(children)
            if prose_of.get(child.mem_id, 0) >= _MIN_PART
            and (not must_be_alike or _are_alike(child, branch))
            and not (own is not None and holds(child, own))
        ]
        if len(indices) > 1:
            return tuple(children[indices[0] : indices[-1] + 1])
        if has_headline:
            break
        branch = parent
    return (best,)


def _are_alike(node: LexborNode, other: LexborNode) -> bool:
    """True for boxes of one template: the same tag and class, but not <div> without a class."""
    kinds = {(box.tag, box.attributes.get("class") or "") for box in (node, other)}
    return len(kinds) == 1 and kinds != {("div", "")}


def _own_text(node: LexborNode) -> float:
    """Return how much prose an element's own lines have, if they are separated by <br>."""
    if node.tag not in ("div", "td"):
        return 0.0
    children = list(node.iter(include_text=True))
    if sum(child.tag == "br" for child in children) < _MIN_BREAKS:
        return 0.0
    texts = (child.text(deep=True, strip=True) for child in children if child.tag == "-text")
    length = sum(len(text) for text in texts if len(text) >= _MIN_PARAGRAPH)
    return float(length) if length and not _is_outside_article(node) else 0.0


def _weight(node: LexborNode) -> float:
    """Return how much prose an element has as a paragraph."""
    if node.tag in ("div", "td") and any(child.tag in _BLOCKS for child in node.iter()):
        return 0.0
    text = node.text(deep=True, strip=True)
    if len(text) < _MIN_PARAGRAPH:
        return 0.0
    linked = sum(len(link.text(deep=True, strip=True)) for link in node.css("a"))
    if linked > 0.5 * len(text) or _is_outside_article(node) or _is_teaser(node.parent):
        return 0.0
    return (len(text) - linked) * (0.3 if node.tag in ("li", "h2", "h3") else 1.0)


def prose_sizes(tree: LexborHTMLParser, containers: Containers) -> tuple[int, int]:
    """Return the number of characters of prose in containers, and outside of them.

    A repeated paragraph counts once. Outside, links do not count, nor do paragraphs of cards,
    comments and pop-ups.
    """
    within = {node.mem_id for part in containers for node in part.css("p")}
    sizes = {True: 0, False: 0}
    seen: set[str] = set()
    for paragraph in tree.css("p"):
        text = paragraph.text(deep=True)
        if len(text) < _MIN_SENTENCE or text in seen:
            continue
        seen.add(text)
        is_inside = paragraph.mem_id in within
        sizes[is_inside] += len(text) if is_inside else int(_weight(paragraph))
    return sizes[True], sizes[False]


def drop_other_stories(tree: LexborHTMLParser) -> None:
    """Remove the parts of a page that are certainly not its article: cards, comments, footer."""
    apart = tree.css("aside, footer, nav, [class*=comment], [class*=cmt]")
    boxes = [node for node in apart if len(node.text(deep=True, strip=True)) <= _MAX_APART]
    remove_nodes([*boxes, *(node for node in tree.css("article, li, div") if _is_teaser(node))])


def remove_nodes(nodes: list[LexborNode]) -> None:
    """Remove nodes from their tree, each once: removing a node frees its descendants."""
    unwanted = {node.mem_id: node for node in nodes}
    outermost = [node for node in unwanted.values() if not _has_ancestor(node, unwanted)]
    for node in outermost:
        node.decompose()


def _has_ancestor(node: LexborNode, others: Container[int]) -> bool:
    up = node.parent
    while up is not None:
        if up.mem_id in others:
            return True
        up = up.parent
    return False


def _is_teaser(card: LexborNode | None) -> bool:
    """True for a card: a linked headline, perhaps with a lead below."""
    if card is None or len(card.text(deep=True, strip=True)) > _MAX_CARD:
        return False
    tags = [child.tag for child in card.iter()]
    if tags.count("p") > _MAX_LEADS:
        return False
    heads = (child for child in card.iter() if child.tag in ("h2", "h3", "h4"))
    return any(head.css_first("a[href]") is not None for head in heads)


def _is_outside_article(node: LexborNode) -> bool:
    """True within comments, side columns and the like."""
    up: LexborNode | None = node
    for _ in range(4):
        if up is None or up.tag in ("body", "html"):
            return False
        if up.tag in ("aside", "footer", "nav", "form"):
            return up.tag != "form"  # ASP.NET wraps whole pages in one form
        attributes = up.attributes
        if _NOT_TEXT.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
            return True
        up = up.parent
    return False
