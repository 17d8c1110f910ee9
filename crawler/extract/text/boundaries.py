"""The boundaries of a page's article: further parts of its text, and other articles. Pure.

Templates split one text into several boxes, and a stray `</div>` of an editor closes a box before
its text ends. Pages with infinite scrolling contain the next article as well.
"""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.metadata.head import clean
from crawler.page.printed import overlap

_HEADLINE_WORDS = 5  # a subhead in <h1> or a side box's name mostly has fewer
_SAME_HEADLINE = 0.5  # word overlap with the title in the head
_MAX_BEFORE = 120  # characters before a headline in its box: section, date, byline
_MIN_OWN = 120  # characters of prose that the page must keep
_MIN_STORY = 200  # characters of prose under another headline
_MIN_PARAGRAPH = 40
_MAX_LINKED = 0.5
_SAME_START = 80  # characters by which a repeated text is recognized
_MAX_CLIMB = 3  # boxes that consecutive stray end tags can close
# Elements that editors write; templates' boxes are <div>, <section>, <ul> with a class.
_EDITED = frozenset(
    ("p", "h2", "h3", "h4", "blockquote", "figure", "table", "ul", "ol", "pre", "div", "br",
     "b", "i", "strong", "em", "a", "span", "img")
)  # fmt: skip
_EDITED_BLOCKS = frozenset(("p", "h2", "h3", "blockquote", "figure", "table", "ul", "ol"))
_URL_ATTRIBUTES = ("data-url", "data-href", "data-article-url")
_WITH_URL = ", ".join(
    f"{tag}[{name}]" for tag in ("article", "div", "section") for name in _URL_ATTRIBUTES
)


def drop_other_articles(tree: LexborHTMLParser, url: str, title: str) -> None:
    """Remove the articles after the page's own, which have their own headline or URL.

    url: of the page. title: of the article, from the head. If no h1 is like it, the page's own
    article is unknown, and nothing is removed.
    """
    headlines = tree.css("h1")
    own = _most_alike(headlines, title)
    if own is None or overlap(_text(own), title) < _SAME_HEADLINE:
        return
    following = headlines[[node.mem_id for node in headlines].index(own.mem_id) + 1 :]
    boxes = [_box(node, own) for node in following if _is_other_headline(node, own)]
    boxes += [node for node in _boxes_with_url(tree, url) if not holds(node, own)]
    removed: set[int] = set()
    page = _prose(tree) if boxes else 0
    for box in boxes:
        if removed.isdisjoint(node.mem_id for node in _ancestry(box)) and _is_story(box, page):
            removed.add(box.mem_id)
            box.decompose()


def own_headline(tree: LexborHTMLParser, title: str) -> LexborNode | None:
    """Return the h1 most like the title in the head, the first of equal ones."""
    return _most_alike(tree.css("h1"), title)


def _most_alike(headlines: list[LexborNode], title: str) -> LexborNode | None:
    return max(headlines, key=lambda node: overlap(_text(node), title), default=None)


def _is_other_headline(node: LexborNode, own: LexborNode) -> bool:
    text = _text(node)
    return len(text.split()) >= _HEADLINE_WORDS and overlap(text, _text(own)) < _SAME_HEADLINE


def _box(headline: LexborNode, own: LexborNode) -> LexborNode:
    """Return the largest element around a headline without the article's own headline."""
    box = headline
    while box.parent is not None and not holds(box.parent, own):
        box = box.parent
    return box


def _boxes_with_url(tree: LexborHTMLParser, url: str) -> Iterator[LexborNode]:
    """Yield the elements that have a headline and, in an attribute, the URL of another article."""
    for node in tree.css(_WITH_URL):
        href = next(filter(None, (node.attributes.get(name) for name in _URL_ATTRIBUTES)), "")
        try:
            path = urlsplit(urljoin(url, href)).path
        except ValueError:
            continue
        heading = node.css_first("h1, h2")
        if len(path) > 1 and path != urlsplit(url).path and heading is not None:
            yield node


def _is_story(box: LexborNode, page: int) -> bool:
    """True if a box begins with a headline, has prose, and leaves enough prose on the page.

    page: characters of prose on the whole page. A subhead has text of its article before it.
    """
    heading = box.css_first("h1, h2")
    if heading is None:
        return False
    text, title = _text(box), _text(heading)
    prose = _prose(box)
    is_first = 0 <= text.find(title) <= _MAX_BEFORE
    return is_first and prose >= _MIN_STORY and page - prose >= _MIN_OWN


def _prose(root: LexborHTMLParser | LexborNode) -> int:
    return sum(len(_text(paragraph)) for paragraph in root.css("p"))


def join_containers(found: list[LexborNode], min_text: int) -> tuple[LexborNode, ...]:
    """Return the longest container and those with other parts of its text.

    It skips containers that are nested, empty or repeated (for phones, for a pop-up), and cards of
    other stories, which have a linked headline.
    """
    if not found:
        return ()
    texts = {node.mem_id: node.text(deep=True, strip=True) for node in found}
    best = max(found, key=lambda node: len(texts[node.mem_id]))
    if len(texts[best.mem_id]) < min_text:
        return ()
    chosen: list[LexborNode] = []
    starts = {texts[best.mem_id][:_SAME_START]}
    for node in found:
        start = texts[node.mem_id][:_SAME_START]
        if node.mem_id == best.mem_id:
            chosen.append(node)
        elif len(texts[node.mem_id]) >= min_text and start not in starts and _belongs(node, best):
            starts.add(start)
            chosen.append(node)
    return with_following(_span(chosen))


def _belongs(node: LexborNode, best: LexborNode) -> bool:
    """True for a container next to the best one that is not another story's."""
    return not holds(node, best) and not holds(best, node) and not _is_apart(node, best)


def _is_apart(node: LexborNode, best: LexborNode) -> bool:
    """True for a container of another story: in a column, a list or below a linked headline."""
    if linked_share(node) > _MAX_LINKED:
        return True
    for up in _ancestry(node):
        if holds(up, best):
            return False
        if up.tag in ("aside", "footer", "nav", "li"):
            return True
        if any(head.css_first("a[href]") is not None for head in up.css("h1, h2, h3, h4")):
            return True
        if any(head.parent is not None and head.parent.tag == "a" for head in up.css("h2, h3, h4")):
            return True
    return False


def _span(nodes: list[LexborNode]) -> tuple[LexborNode, ...]:
    """Return containers with the nodes between them, such as images, if all are siblings."""
    parents = {node.parent.mem_id for node in nodes if node.parent is not None}
    if len(nodes) < 2 or len(parents) != 1:
        return tuple(nodes)
    spanned, last = [nodes[0]], nodes[-1]
    while spanned[-1].mem_id != last.mem_id and spanned[-1].next is not None:
        spanned.append(spanned[-1].next)
    return tuple(spanned)


def with_following(nodes: tuple[LexborNode, ...]) -> tuple[LexborNode, ...]:
    """Return a text's boxes and the paragraphs after the last one that a stray end tag cut off.

    Only elements that an editor writes are added: they lack the classes of templates' boxes.
    """
    box: LexborNode | None = nodes[-1]
    if not nodes[-1].is_element_node:
        return nodes
    classes = {paragraph.attributes.get("class") or "" for paragraph in nodes[-1].css("p")} | {""}
    tags = _EDITED
    for _ in range(_MAX_CLIMB):
        if box is None or box.tag == "body":
            break
        if rest := _edited_after(box, tags, classes):
            return (*nodes, *rest)
        box = box.parent
        if box is not None and box.css_first("h1") is not None:
            tags = _EDITED_BLOCKS  # next to the headline's box, bare text and <div> are the page's
    return nodes


def _edited_after(box: LexborNode, tags: frozenset[str], classes: set[str]) -> list[LexborNode]:
    """Return the siblings after an element up to the last paragraph that an editor wrote."""
    run: list[LexborNode] = []
    last = 0
    node = box.next
    while node is not None:
        if node.tag == "-text" and "b" in tags:
            is_prose = len(node.text(deep=True).strip()) >= _MIN_PARAGRAPH
        elif node.tag in ("-comment", "-text"):
            is_prose = False
        elif node.tag not in tags or not _is_bare(node, classes):
            break
        else:
            is_prose = len(_text(node)) >= _MIN_PARAGRAPH and linked_share(node) <= _MAX_LINKED
        run.append(node)
        last = len(run) if is_prose else last
        node = node.next
    return run[:last]


def _is_bare(node: LexborNode, classes: set[str]) -> bool:
    attributes = node.attributes
    return not attributes.get("id") and (attributes.get("class") or "") in classes


def linked_share(node: LexborNode) -> float:
    """Return the part of an element's text that is link text, from 0 to 1."""
    linked = sum(len(_text(link)) for link in node.css("a[href]"))
    return min(1.0, linked / (len(_text(node)) or 1))


def _text(node: LexborNode) -> str:
    return clean(node.text(deep=True, separator=" "))


def _ancestry(node: LexborNode) -> Iterator[LexborNode]:
    """Yield an element and its ancestors, innermost first."""
    up: LexborNode | None = node
    while up is not None:
        yield up
        up = up.parent


def holds(outer: LexborNode, inner: LexborNode) -> bool:
    """True if `outer` is `inner` or an ancestor of it."""
    return any(up.mem_id == outer.mem_id for up in _ancestry(inner))
