"""What trafilatura makes of a subtree, as blocks. Pure."""

from configparser import ConfigParser
from copy import deepcopy
from typing import Any

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.htmlprocessing import convert_tags
from trafilatura.main_extractor import extract_content
from trafilatura.settings import DEFAULT_CONFIG, Extractor

from crawler.extract.boxes import is_boilerplate_line
from crawler.extract.metadata import clean
from crawler.extract.prose import is_prose, read_prose, unwrap_links
from crawler.extract.subtree import BREAK
from storage.model.articles import Block, BlockKind

_KINDS: dict[str, BlockKind] = {"head": "heading", "quote": "quote", "item": "list"}
_CELL_SEPARATOR = " | "
_STRING = etree.XPath("string()")
# How words look, which no block tells; links stay, for trafilatura weighs them.
_INLINE = ("span", "font", "b", "strong", "i", "em", "u", "label", "small", "big", "img", "abbr")


def _options() -> Extractor:
    config: ConfigParser = deepcopy(DEFAULT_CONFIG)
    # Short notices are articles too: without these, trafilatura answers a short subtree with
    # another reading of it (its baseline), which keeps less of the structure.
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "1"
    config["DEFAULT"]["MIN_OUTPUT_SIZE"] = "1"
    # deduplicate stays off: it makes a page's text depend on the pages read before.
    return Extractor(
        # "txt" and not "python": only the tree is wanted, and "python" renders its text as well.
        config=config,
        output_format="txt",
        fast=True,
        # What is left of a pruned subtree is text: trafilatura need not measure it again against
        # the page ("balanced" does), nor drop more of it ("precision").
        recall=True,
        comments=False,
        with_metadata=False,
    )


_SUBTREE = _options()
_PAGE = Extractor(output_format="txt", comments=False, with_metadata=False)


def read_subtree(root: HtmlElement) -> tuple[Block, ...]:
    """Return the blocks of a flattened subtree; trafilatura strips what else is no text.

    Its extractor is called as `bare_extraction` calls it, without the steps before it: they copy
    the tree four times and clean away what a subtree no longer holds (scripts, comments, classes).
    """
    etree.strip_tags(root, *_INLINE)
    unwrap_links(root)
    if is_prose(root):
        lines = (
            _lines("paragraph" if tag == "p" else "heading", text) for tag, text in read_prose(root)
        )
        return tuple(block for found in lines for block in found)
    # trafilatura takes the first element it knows as an article's frame: this one.
    page = root.makeelement("html")
    frame = etree.SubElement(etree.SubElement(page, "body"), "div", itemprop="articleBody")
    frame.extend(list(root))
    whole = deepcopy(page)
    body, _ = extract_content(convert_tags(page, _SUBTREE), _SUBTREE)
    if len(body) == 0:  # a text of one paragraph, which only the full sequence takes
        document: Any = trafilatura.bare_extraction(whole, options=_SUBTREE)
        body = body if document is None or document.body is None else document.body
    return _blocks(body)


def read_page(html: str) -> tuple[Block, ...]:
    """Return the blocks trafilatura finds on a whole page by itself."""
    document: Any = trafilatura.bare_extraction(html, options=_PAGE)  # its Document, or None
    if document is None or document.body is None:
        return ()
    return tuple(block for block in _blocks(document.body) if not is_boilerplate_line(block.text))


def _blocks(body: etree._Element) -> tuple[Block, ...]:
    """Return the blocks of the tree that trafilatura made."""
    blocks: list[Block] = []
    for element in body:
        for kind, part in _parts(element):
            blocks += _lines(kind, part)
    return tuple(blocks)


def _parts(element: etree._Element) -> list[tuple[BlockKind, etree._Element | str]]:
    """Return an element of trafilatura's tree as one or several blocks."""
    if element.tag == "list":
        return [("list", item) for item in element.iter("item")]
    if element.tag == "table":
        return [("paragraph", _row(row)) for row in element.iter("row")]
    if element.tag == "quote" and element.find("p") is not None:
        return [("quote", part) for part in element]
    return [(_KINDS.get(str(element.tag), "paragraph"), element)]


def _row(row: etree._Element) -> str:
    cells = (clean(_text(cell)) for cell in row.iter("cell"))
    return _CELL_SEPARATOR.join(cell for cell in cells if cell)


def _lines(kind: BlockKind, part: etree._Element | str) -> list[Block]:
    """Return a block for every line; a <br> inside a paragraph ends a line."""
    text = part if isinstance(part, str) else _text(part)
    if BREAK not in text:
        return [Block(kind, line)] if (line := clean(text)) else []
    lines = (clean(line) for line in text.split(BREAK))
    return [Block(kind, line) for line in lines if line and not is_boilerplate_line(line)]


def _text(element: etree._Element) -> str:
    for line_break in element.iter("lb"):
        line_break.tail = BREAK + (line_break.tail or "")
    return str(_STRING(element))
