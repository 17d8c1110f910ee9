"""The body's subtree, flattened to plain paragraphs as the input of trafilatura. Pure.

Outlets write paragraphs as <p>, <div>, table cells or lines between <br>. Here they all become
<p>, so that trafilatura, which expects that form, loses nothing. Class names are removed, so that
its word lists ("bar", "slide", "meta") do not match an article's own container.
"""

import re
from typing import NamedTuple

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

# Replaces <br> for trafilatura; blocks are split at it afterwards. It is in the private use area,
# so that no page's text contains it.
BREAK = "\ue000"

CAPTION_MARK = "data-tq-caption"  # set on elements that a layout's caption selectors match
CONTROLS = "data-tq-controls"
CELL_SEPARATOR = " | "

_LEAF_TAGS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th"))
_BLOCKS = _LEAF_TAGS | frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "details", "div", "dl",
     "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "main", "nav", "ol",
     "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
# Renamed to <div>: they have no meaning for the text, and trafilatura drops some of them.
_PLAIN = frozenset(("address", "article", "center", "details", "fieldset", "figure", "footer",
                    "form", "header", "main", "section", "summary", "span", "font", "b", "strong",
                    "i", "em", "u", "label", "pre"))  # fmt: skip
_STYLES = ("span", "font", "label", "small", "big", "u", "abbr")  # formatting
_CONTAINERS = frozenset(("div", "td", "th", "li", "dd", "blockquote"))
_SIMPLE_LEAVES = _BLOCKS & _PLAIN | {"div", "summary"}  # paragraphs, if they contain no block
# Never text of an article.
_JUNK = ("script", "style", "noscript", "iframe", "input", "button", "select", "textarea", "svg",
         "object", "embed", "template", "link", "meta", "video", "audio", "canvas", "zone",
         "wbr", "nav")  # fmt: skip
_BR = re.compile(r"<br\b[^>]*>")
_PRE = re.compile(r"<pre\b[^>]*>.*?</pre>", re.DOTALL)
# An exponent after a digit; "m2" is kept as it is, because users search for that.
_EXPONENT = re.compile(r"(?<=\d)<sup\b[^>]*>\s*([+-]?\d{1,3})\s*</sup>")
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_MARK = re.compile(rf"[^\s{BREAK}]")
_STRING = etree.XPath("string()")
# lxml.html's own parser calls Python to look up the class of each element.
_PARSER = etree.HTMLParser()
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))


class Line(NamedTuple):
    """A block of the subtree with text and without inner blocks."""

    element: HtmlElement
    text: str


def build(html: str) -> HtmlElement:
    """Parse HTML that lexbor serialized into a subtree, without scripts and players.

    The parents of form controls get the attribute `CONTROLS`.
    """
    html = _BR.sub(BREAK, html)
    if "<sup" in html:
        html = _EXPONENT.sub(_raise, html)
    if "<pre" in html:
        html = _PRE.sub(_keep_lines, html)
    page = f"<html><body><div>{html}</div></body></html>"
    root: HtmlElement = document_fromstring(page, parser=_PARSER)[-1][0]
    for control in root.iter("input", "button", "select", "textarea"):
        if control.get("type") != "hidden" and (parent := control.getparent()) is not None:
            parent.set(CONTROLS, "1")
    _unwrap_pictures(root)
    etree.strip_elements(root, etree.Comment, *_JUNK, with_tail=False)
    for part in root.iter("td", "th", "tr", "tbody"):
        if next(part.iterancestors("table"), None) is None:  # the container is one cell
            part.tag = "div"
    return root


def _unwrap_pictures(root: HtmlElement) -> None:
    """Turn the images of lazy loaders, AMP pages and <picture> elements into <img>."""
    for hidden in root.iter("noscript"):
        if hidden.find(".//img") is not None:  # lazy loaders keep the image itself here
            hidden.tag = "span"
    for picture in root.iter("amp-img"):
        picture.tag = "img"
    for picture in root.iter("picture"):
        if picture.find(".//img") is None:
            etree.SubElement(picture, "img")


def _keep_lines(match: re.Match[str]) -> str:
    """Return preformatted text, such as verse, with its line breaks kept."""
    return match.group().strip().replace("\n", BREAK)


def _raise(match: re.Match[str]) -> str:
    return match[1].translate(_RAISED)


def text_of(element: HtmlElement) -> str:
    """Return an element's text in one line."""
    text = str(_STRING(element)) if len(element) else element.text or ""
    return " ".join(text.replace(BREAK, " ").split())


def has_text(element: HtmlElement) -> bool:
    """True if `text_of` is not empty."""
    return bool(_MARK.search(str(_STRING(element)) if len(element) else element.text or ""))


def drop(element: HtmlElement) -> None:
    """Remove an element with its descendants, but not the text after it (its tail)."""
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
    """Turn every run of text into a <p>, a heading or a list item of its own."""
    holders = _block_holders(root)
    for element in list(root.iter()):
        if element in holders and element.tag in _PLAIN:
            element.tag = "div"
    _set_tables(root)
    for element in list(root.iter()):
        if element in holders and element.tag in _CONTAINERS:
            _wrap_loose_text(element)
        elif element not in holders and element.tag in _SIMPLE_LEAVES:
            element.tag = "p"
    etree.strip_tags(root, *_STYLES)
    for paragraph in list(root.iter("p")):
        _split_lines(paragraph)
    for item in [item for item in root.iter("li") if item.find(".//li") is not None]:
        _lift_items(item)
    for item in root.iter("li", "dd"):
        if item in holders:
            _separate_blocks(item)
            etree.strip_tags(item, "p", "div")


def _block_holders(root: HtmlElement) -> set[HtmlElement]:
    """Return the elements with a block element among their descendants."""
    holders: set[HtmlElement] = set()
    for element in reversed(list(root.iter())):
        if element.tag in _BLOCKS or element in holders:
            parent = element.getparent()
            if parent is not None:
                holders.add(parent)
    holders.add(root)
    return holders


def _split_lines(paragraph: HtmlElement) -> None:
    """Split a paragraph into one for each line, if its line breaks are between inline elements."""
    tails = (child.tail or "" for child in paragraph)
    if BREAK not in (paragraph.text or "") and not any(BREAK in tail for tail in tails):
        return
    line = paragraph
    rest = list(paragraph)
    first, *more = (paragraph.text or "").split(BREAK)
    paragraph.text = first
    for text in more:
        line = _line_after(line, text)
    for child in rest:
        first, *more = (child.tail or "").split(BREAK)
        child.tail = first
        if line is not paragraph:
            line.append(child)
        for text in more:
            line = _line_after(line, text)


def _line_after(line: HtmlElement, text: str) -> HtmlElement:
    new = line.makeelement("p", dict(line.attrib))
    new.text = text
    line.addnext(new)
    new.tail, line.tail = line.tail, None
    return new


def _lift_items(item: HtmlElement) -> None:
    """Move the items of nested lists after their parent item, so that each text occurs once."""
    parent = item.getparent()
    inner = [nested for nested in item.iter("li") if nested is not item]
    if parent is None or next(item.iterancestors("li"), None) is not None:
        return
    for nested in reversed(inner):
        nested.drop_tree()
        item.addnext(nested)
    for emptied in [*item.findall("ul"), *item.findall("ol")]:
        drop(emptied)


def _set_tables(root: HtmlElement) -> None:
    """Turn table rows into paragraphs, and layout tables into <div>.

    A layout table contains another table, or never has two filled cells in one row.
    """
    for table in list(root.iter("table")):
        rows = list(table.iter("tr"))
        filled = (sum(has_text(cell) for cell in row if cell.tag in ("td", "th")) for row in rows)
        if table.find(".//table") is not None or max(filled, default=0) <= 1:
            parts = ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup")
            for part in list(table.iter(*parts)):
                part.tag = "div"
            table.tag = "div"
        else:
            _set_rows(table)


def _separate_blocks(element: HtmlElement) -> str:
    """Separate an element's inner blocks by spaces; return its text."""
    for block in element.iterdescendants(*_BLOCKS):
        block.text, block.tail = f" {block.text or ''}", f" {block.tail or ''}"
    return text_of(element)


def _set_rows(table: HtmlElement) -> None:
    """Turn every row of a table into a paragraph, in which an empty cell keeps its column."""
    for row in list(table.iter("tr")):
        cells = [_separate_blocks(cell) for cell in row if cell.tag in ("td", "th")]
        while cells and not cells[-1]:
            cells.pop()
        row.clear(keep_tail=True)
        row.tag = "p"
        row.text = CELL_SEPARATOR.join(cells)
    etree.strip_tags(table, "tbody", "thead", "tfoot")
    table.tag = "div"


def _wrap_loose_text(element: HtmlElement) -> None:
    """Wrap text and inline elements between block elements in <p>."""
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
    """Return the blocks with text and without inner blocks, in reading order."""
    return [
        Line(leaf, text)
        for leaf in root.iter(*_LEAF_TAGS)
        if not _holds_leaf(leaf) and (text := text_of(leaf))
    ]


def _holds_leaf(element: HtmlElement) -> bool:
    return bool(len(element)) and next(element.iterdescendants(*_LEAF_TAGS), None) is not None


def strip_attributes(root: HtmlElement) -> None:
    """Remove all attributes except link targets and the spans of cells."""
    for element in root.iter():
        for name in list(element.attrib):
            if name not in ("href", "colspan", "rowspan"):
                del element.attrib[name]
