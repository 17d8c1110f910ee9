"""Subtrees that are nothing but paragraphs and headings, as blocks. Pure.

trafilatura tells boxes from text by links, lists, tables and quotations. A subtree without any
comes out of it as it went in, at a fifth of the price of the whole extraction; read here, it
gives the same blocks (a test holds the two together).
"""

from lxml import etree
from lxml.html import HtmlElement
from trafilatura.settings import MIN_DUPLICATE_LENGTH
from trafilatura.utils import textfilter

from crawler.extract.subtree import text_of

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PROSE = frozenset(("div", "figure", "p", *_HEADINGS))
_MIN_SENTENCE = 60  # characters; trafilatura weighs the links of shorter paragraphs
_MAX_LINKED = 0.5  # share of a sentence's words; above it the links are what it is about


def unwrap_links(root: HtmlElement) -> None:
    """Take off the links inside sentences: they are words, whatever they lead to."""
    for paragraph in root.iter("p"):
        if len(paragraph) == 0:
            continue
        links = list(paragraph.iter("a"))
        if not links or len(text := text_of(paragraph)) < _MIN_SENTENCE:
            continue
        if sum(len(text_of(link)) for link in links) <= _MAX_LINKED * len(text):
            etree.strip_tags(paragraph, "a")


def is_prose(root: HtmlElement) -> bool:
    """True where nothing but paragraphs and headings is left."""
    return all(element.tag in _PROSE for element in root.iterdescendants())


def read_prose(root: HtmlElement) -> list[tuple[str, str]]:
    """Return (tag, text) of each paragraph and heading, filtered as trafilatura filters them.

    Words of share bars that stand alone ("Facebook"), headings at the end and a paragraph that
    repeats the one before it are left out.
    """
    found: list[tuple[str, str]] = []
    for element in root.iter("p", *_HEADINGS):
        element.text = text = " ".join((element.text or "").split())
        if text and not textfilter(element):
            found.append((element.tag, text))
    while found and found[-1][0] != "p":
        found.pop()
    return [
        each
        for number, each in enumerate(found)
        if len(each[1]) <= MIN_DUPLICATE_LENGTH or number == 0 or each[1] != found[number - 1][1]
    ]
