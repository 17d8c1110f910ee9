"""The body's subtree as plain paragraphs: what trafilatura is given. Pure.

Outlets write paragraphs as <p>, <div>, table cells or lines between <br>. Here they all become
<p>, so that nothing is lost where trafilatura expects one form, and class names are taken off,
so that its word lists ("bar", "slide", "meta") cannot take an article's own container for a box.
"""

import re
from typing import NamedTuple

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

# Stands for <br> while trafilatura works; blocks are split at it afterwards. In the private use
# area, so that no page's text holds it.
BREAK = "\ue000"

_LEAF_TAGS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th"))
_BLOCKS = _LEAF_TAGS | frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "details", "div", "dl",
     "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "main", "nav", "ol",
     "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
# Renamed to <div>: they say nothing about the text in them, and trafilatura drops some of them.
_PLAIN = frozenset(("address", "article", "center", "details", "fieldset", "footer", "form",
                    "header", "main", "section", "span", "font", "b", "strong", "i", "em", "u",
                    "label", "pre"))  # fmt: skip
_CONTAINERS = frozenset(("div", "td", "th", "li", "dd", "blockquote"))
# Never text of an article.
_JUNK = ("script", "style", "noscript", "iframe", "input", "button", "select", "textarea", "svg",
         "object", "embed", "template", "link", "meta", "video", "audio", "canvas", "zone",
         "wbr", "nav")  # fmt: skip
_BR = re.compile(r"<br\b[^>]*>", re.IGNORECASE)
_MARK = re.compile(rf"[^\s{BREAK}]")
_STRING = etree.XPath("string()")
# lxml.html's own parser asks Python for the class of each element it hands out.
_PARSER = etree.HTMLParser()
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))


class Line(NamedTuple):
    """A block of the subtree that holds text and no other block."""

    element: HtmlElement
    text: str


def build(html: str) -> HtmlElement:
    """Return the subtree of a serialised element, without scripts, players and forms' controls."""
    html = _BR.sub(BREAK, html)
    page = f"<html><body><div>{html}</div></body></html>"
    root: HtmlElement = document_fromstring(page, parser=_PARSER)[-1][0]
    etree.strip_elements(root, etree.Comment, *_JUNK, with_tail=False)
    for picture in root.iter("amp-img"):  # AMP copies name their pictures so
        picture.tag = "img"
    return root


def text_of(element: HtmlElement) -> str:
    """Return an element's text in one line."""
    text = str(_STRING(element)) if len(element) else element.text or ""
    return " ".join(text.replace(BREAK, " ").split())


def has_text(element: HtmlElement) -> bool:
    """True where `text_of` would return anything."""
    return bool(_MARK.search(str(_STRING(element)) if len(element) else element.text or ""))


def drop(element: HtmlElement) -> None:
    """Remove an element with its descendants; text that follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def flatten(root: HtmlElement) -> None:
    """Turn every run of text into a <p>, a heading, a list item or a cell of its own."""
    holders = _block_holders(root)
    for element in list(root.iter()):
        if element in holders and element.tag in _PLAIN:
            element.tag = "div"
    _unwrap_layout_tables(root)
    for element in list(root.iter()):
        if element.tag not in _CONTAINERS:
            continue
        if element in holders:
            _wrap_loose_text(element)
        elif element.tag == "div":
            element.tag = "p"


def _block_holders(root: HtmlElement) -> set[HtmlElement]:
    """Return the elements that have a block element among their descendants."""
    holders: set[HtmlElement] = set()
    for element in reversed(list(root.iter())):
        if element.tag in _BLOCKS or element in holders:
            parent = element.getparent()
            if parent is not None:
                holders.add(parent)
    holders.add(root)
    return holders


def _unwrap_layout_tables(root: HtmlElement) -> None:
    """Make boxes of tables that hold no data: never two filled cells in one row."""
    for table in list(root.iter("table")):
        rows = list(table.iter("tr"))
        filled = (sum(has_text(cell) for cell in row if cell.tag in ("td", "th")) for row in rows)
        if table.find(".//table") is not None or max(filled, default=0) <= 1:
            parts = ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup")
            for part in list(table.iter(*parts)):
                part.tag = "div"
            table.tag = "div"


def _wrap_loose_text(element: HtmlElement) -> None:
    """Put text and inline elements that stand between block elements into <p>."""
    run: HtmlElement | None = None
    if element.text and element.text.strip():
        run = element.makeelement("p")
        run.text, element.text = element.text, None
    children = list(element)
    if run is not None:
        element.insert(0, run)
    for child in children:
        if child.tag in _BLOCKS or child.tag == "div":
            run = None
            if child.tail and child.tail.strip():
                run = child.makeelement("p")
                run.text, child.tail = child.tail, None
                child.addnext(run)
        else:
            if run is None:
                run = child.makeelement("p")
                child.addprevious(run)
            run.append(child)


def lines(root: HtmlElement) -> list[Line]:
    """Return the blocks that hold text and no other block, in reading order."""
    return [
        Line(leaf, text)
        for leaf in root.iter(*_LEAF_TAGS)
        if not _holds_leaf(leaf) and (text := text_of(leaf))
    ]


def _holds_leaf(element: HtmlElement) -> bool:
    return bool(len(element)) and next(element.iterdescendants(*_LEAF_TAGS), None) is not None


def strip_attributes(root: HtmlElement) -> None:
    """Take off every attribute but link targets and spans of cells."""
    for element in root.iter():
        for name in list(element.attrib):
            if name not in ("href", "colspan", "rowspan"):
                del element.attrib[name]
