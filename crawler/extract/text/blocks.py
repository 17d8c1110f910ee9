"""Extraction of blocks with trafilatura. Pure."""

from collections.abc import Iterable
from configparser import ConfigParser
from copy import deepcopy
from typing import Any

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.settings import DEFAULT_CONFIG, Extractor

from crawler.extract.metadata.head import clean
from crawler.extract.text.furniture import is_boilerplate_line
from crawler.extract.text.subtree import BREAK, CELL_SEPARATOR, text_of
from storage.model.articles import Block, BlockKind

_KINDS: dict[str, BlockKind] = {"head": "heading", "quote": "quote", "item": "list"}
_MIN_SENTENCE = 60  # characters; in shorter paragraphs trafilatura weighs the links
_MAX_LINKED = 0.5  # link share of a sentence; above it the paragraph is a list of links
_STRING = etree.XPath("string()")
# Formatting, which blocks do not keep. Links are kept, because trafilatura weighs them.
_INLINE = ("span", "font", "b", "strong", "i", "em", "u", "label", "small", "big", "img", "abbr")


def _options() -> Extractor:
    config: ConfigParser = deepcopy(DEFAULT_CONFIG)
    # Short notices are articles too: with the default sizes, trafilatura extracts a short subtree
    # again with its baseline, which keeps less of the structure.
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "1"
    config["DEFAULT"]["MIN_OUTPUT_SIZE"] = "1"
    # `deduplicate` stays off: it makes a page's text depend on the pages read before.
    return Extractor(
        # "txt", not "python": only the tree is needed, and "python" also renders its text.
        config=config,
        output_format="txt",
        fast=True,
        # A pruned subtree is only text: trafilatura need not compare it with the page again
        # ("balanced" does), nor drop more of it ("precision").
        recall=True,
        comments=False,
        with_metadata=False,
    )


_SUBTREE = _options()
_PAGE = Extractor(output_format="txt", comments=False, with_metadata=False)


def read_subtree(root: HtmlElement) -> tuple[Block, ...]:
    """Return the blocks of a flattened subtree, from which trafilatura strips other non-text."""
    etree.strip_tags(root, *_INLINE)
    _unwrap_links(root)
    # trafilatura uses the first element that it knows as an article's container: this one.
    page = root.makeelement("html")
    container = etree.SubElement(etree.SubElement(page, "body"), "div", itemprop="articleBody")
    container.extend(list(root))
    return _read(page, _SUBTREE)


def read_page(html: str) -> tuple[Block, ...]:
    """Return the blocks that trafilatura finds on a whole page by itself."""
    return tuple(block for block in _read(html, _PAGE) if not is_boilerplate_line(block.text))


def _read(page: str | HtmlElement, options: Extractor) -> tuple[Block, ...]:
    document: Any = trafilatura.bare_extraction(page, options=options)  # its Document, or None
    return () if document is None or document.body is None else _blocks(document.body)


def _unwrap_links(root: HtmlElement) -> None:
    """Unwrap the links within sentences, whose text is part of the prose.

    trafilatura keeps such a paragraph with its links, but drops a short box of several.
    """
    for paragraph in root.iter("p"):
        links = list(paragraph.iter("a")) if len(paragraph) else []
        if not links or len(text := text_of(paragraph)) < _MIN_SENTENCE:
            continue
        if sum(len(text_of(link)) for link in links) <= _MAX_LINKED * len(text):
            etree.strip_tags(paragraph, "a")


def size_of(blocks: Iterable[Block]) -> int:
    """Return the number of characters in blocks."""
    return sum(len(block.text) for block in blocks)


def missing_prose(kept: Iterable[Block], page: Iterable[Block], known: Iterable[str]) -> int:
    """Return the number of characters of a page's prose that `kept` lacks.

    page: the blocks that trafilatura finds on the whole page. known: texts that are stored
    elsewhere, such as captions. Lines too short for prose do not count.
    """
    kept_key = _key("\n".join((*(block.text for block in kept), *known)))
    lines = (block.text for block in page if len(block.text) >= _MIN_SENTENCE)
    return sum(len(line) for line in lines if _key(line) not in kept_key)


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _blocks(body: etree._Element) -> tuple[Block, ...]:
    """Return the blocks of trafilatura's tree."""
    blocks: list[Block] = []
    for element in body:
        for kind, part in _parts(element):
            blocks += _lines(kind, part)
    return tuple(blocks)


def _parts(element: etree._Element) -> list[tuple[BlockKind, etree._Element | str]]:
    """Return the parts of an element of trafilatura's tree, each with its kind of block."""
    if element.tag == "list":
        return [("list", item) for item in element.iter("item")]
    if element.tag == "table":
        return [("paragraph", _row(row)) for row in element.iter("row")]
    if element.tag == "quote" and element.find("p") is not None:
        return [("quote", part) for part in element]
    return [(_KINDS.get(str(element.tag), "paragraph"), element)]


def _row(row: etree._Element) -> str:
    cells = (clean(_text(cell)) for cell in row.iter("cell"))
    return CELL_SEPARATOR.join(cell for cell in cells if cell)


def _lines(kind: BlockKind, part: etree._Element | str) -> list[Block]:
    """Return a block for every line; a <br> within a paragraph ends a line."""
    text = part if isinstance(part, str) else _text(part)
    if BREAK not in text:
        return [Block(kind, line)] if (line := clean(text)) else []
    lines = (clean(line) for line in text.split(BREAK))
    return [Block(kind, line) for line in lines if line and not is_boilerplate_line(line)]


def _text(element: etree._Element) -> str:
    for line_break in element.iter("lb"):
        line_break.tail = BREAK + (line_break.tail or "")
    return str(_STRING(element))
