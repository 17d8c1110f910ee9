"""A container's text, pictures and byline. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree
from lxml.html import HtmlElement
from selectolax.lexbor import LexborHTMLParser

from crawler.extract.metadata.authors import Byline, is_plain_name, is_stamp, read_byline
from crawler.extract.metadata.head import Metadata, clean, strip_controls
from crawler.extract.text import subtree
from crawler.extract.text.blocks import read_page, read_subtree, size_of
from crawler.extract.text.boundaries import drop_other_articles
from crawler.extract.text.boxes import drop_linked_boxes, drop_marked_boxes
from crawler.extract.text.container import Containers, drop_other_stories, remove_nodes
from crawler.extract.text.furniture import is_barrier
from crawler.extract.text.images import (
    find_captions,
    keep_captions,
    read_images,
    remove_captions,
)
from crawler.extract.text.subtree import BREAK, CAPTION_MARK, Line
from crawler.families.base import Layout
from storage.model.articles import Block, Image

# Captions are the story where they hold this many times the rest of the text.
_PHOTO_STORY = 4.0
_MIN_PHOTO_TEXT = 200  # characters
_LAST_LINES = 3  # a byline, a credit and a line of the outlet's may close a text
_MIN_LIST = 3  # names one under the other
_MIN_ANNOUNCED = 2
_MAX_ACCOUNT = 60  # characters
_AUTHOR_MARK = re.compile(r"author|byline|tac-?gia|nguoi-?dang", re.IGNORECASE)
_RIGHT = re.compile(r"\bright\b|author|byline|tac-?gia", re.IGNORECASE)
_MAIL = re.compile(r"\S+@\S+\.\w+")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MAX_SUBHEAD = 120  # characters
_HEAD_LINES = 8  # section, title in parts, byline, date, lead
_STRING = etree.XPath("string()")
_MAX_HEAD_LINE = 80  # characters of what stands between title and lead


@dataclass(frozen=True, slots=True)
class Body:
    """What a container holds.

    bylines: closing lines that were taken off, in reading order. lead: the first line, if it was
    taken off as the lead. barrier: the closing line that asks for a subscription, if any.
    stamp: a line that only told a time, before the text.
    """

    blocks: tuple[Block, ...] = ()
    images: tuple[Image, ...] = ()
    bylines: tuple[Byline, ...] = ()
    is_photo_story: bool = False
    lead: str = ""
    barrier: str = ""
    stamp: str = ""

    @property
    def text(self) -> str:
        """All text in one line."""
        return " ".join(block.text for block in self.blocks)

    @property
    def length(self) -> int:
        """Characters of text."""
        return size_of(self.blocks)


def read_body(
    containers: Containers, layout: Layout, url: str, known: tuple[str, ...], described: str = ""
) -> Body:
    """Return the text of containers, without what the layout and the general rules drop.

    known: title and lead; where the container repeats them, they are taken out of the text.
    described: the head's description; a first line in bold that says just that is the lead.
    """
    _apply_layout(containers, layout)
    root = subtree.build(strip_controls("".join(part.html or "" for part in containers)))
    drop_marked_boxes(root)
    captions = find_captions(root)
    photo = _is_photo_story(root, captions, known)
    images = read_images(root, captions, url)
    if photo:
        keep_captions(root, captions)
    else:
        remove_captions(captions)
    subtree.flatten(root)
    lines, barrier = _take_barrier(subtree.lines(root))
    lines = drop_linked_boxes(root, lines)
    stamp = next((line.text for line in lines[:_HEAD_LINES] if is_stamp(line.text)), "")
    lines = _drop_head(lines, known)
    lead = described if described and _opens_with(lines, described) else ""
    if lead:
        subtree.drop(lines.pop(0).element)
    lines, bylines = _take_bylines(lines)
    _mark_subheads(lines)
    _end_in_prose(lines)
    subtree.strip_attributes(root)
    return Body(read_subtree(root), images, bylines, photo, lead, barrier, stamp)


def _apply_layout(containers: Containers, layout: Layout) -> None:
    elements = [part for part in containers if part.is_element_node]
    kept = {part.mem_id for part in elements}
    if layout.caption:
        for node in (node for part in elements for node in part.css(",".join(layout.caption))):
            node.attrs[CAPTION_MARK] = "1"
    if layout.drop:
        found = [node for part in elements for node in part.css(",".join(layout.drop))]
        remove_nodes([node for node in found if node.mem_id not in kept])


def _is_photo_story(root: HtmlElement, captions: list[HtmlElement], known: tuple[str, ...]) -> bool:
    """True where captions hold most of the text; links and what the page's head says aside."""
    held = sum(len(subtree.text_of(caption)) for caption in captions)
    if held < _MIN_PHOTO_TEXT:
        return False
    linked = sum(len(subtree.text_of(link)) for link in root.iter("a"))
    rest = len(subtree.text_of(root)) - held - linked - sum(map(len, known))
    return held > _PHOTO_STORY * rest


def _drop_head(lines: list[Line], known: tuple[str, ...]) -> list[Line]:
    """Remove the article's head (section, title, byline, date, lead) where the text repeats it."""
    wanted = {_key(text) for text in known if text}
    last = 0
    for number, line in enumerate(lines[:_HEAD_LINES], start=1):
        if _repeats(_key(line.text), wanted) or is_stamp(line.text):
            last = number
        elif len(line.text) > _MAX_HEAD_LINE:
            break
    for line in lines[:last]:
        subtree.drop(line.element)
    return lines[last:]


def _repeats(key: str, wanted: set[str]) -> bool:
    return bool(key) and any(key == each or (len(key) > 40 and key in each) for each in wanted)


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _take_bylines(lines: list[Line]) -> tuple[list[Line], tuple[Byline, ...]]:
    """Remove the closing lines that only say who wrote it or whom it is taken from.

    Returns the lines left and what was taken off. Names that a line with a colon announces, and
    three or more one under the other, are a list of the text: who won, who was given what.
    """
    found: list[tuple[Line, Byline]] = []
    for line in reversed(lines[1:][-_LAST_LINES:]):
        byline = _read_closing(line)
        if byline is None:
            break
        found.append((line, byline))
        if len(_parts(line.element)) > 1:
            break
    if _is_list(lines[: len(lines) - len(found)], [line for line, byline in found if byline.names]):
        # Below a list, who signs stands out of it.
        found = [each for each in found[:1] if _is_signed(each[0]) and not _is_signed(found[-1][0])]
    rest = lines[: len(lines) - len(found)]
    for line, _ in found:
        if len(_parts(line.element)) > 1:
            _drop_last_line(line.element)
            rest.append(line)
        else:
            subtree.drop(line.element)
    return rest, tuple(_without_sources(byline for _, byline in reversed(found)))


def _take_barrier(lines: list[Line]) -> tuple[list[Line], str]:
    """Remove and return the line at the end that asks for a subscription."""
    for line in lines[1:][-_LAST_LINES:]:
        if is_barrier(line.text):
            subtree.drop(line.element)
            return [each for each in lines if each is not line], line.text
    return lines, ""


def _is_list(before: list[Line], named: list[Line]) -> bool:
    """True for names one under the other without roles: many, or some that a colon announces.

    A single name below a colon signs the text: pictures or a film stood between.
    """
    announced = bool(before) and before[-1].text.endswith(":")
    enough = len(named) >= (_MIN_ANNOUNCED if announced else _MIN_LIST)
    return enough and all(is_plain_name(line.text) for line in named)


def _is_signed(line: Line) -> bool:
    """True for a line that is set to the right, slanted or in bold, as bylines are."""
    looks = " ".join(line.element.get(name) or "" for name in ("style", "align", "class"))
    parts = sum(len(subtree.text_of(part)) for part in line.element.iter("b", "strong", "em", "i"))
    return bool(_RIGHT.search(looks)) or parts >= len(line.text)


def _read_closing(line: Line) -> Byline | None:
    """Return what a closing line's last words say of the author, or None for other words."""
    if line.element.tag == "li":
        return None
    parts = _parts(line.element)
    if len(parts) >= _MIN_LIST and is_plain_name(parts[-2]):
        return None  # the last of a list of names
    if parts and (byline := read_byline(parts[-1])):
        return byline
    if _MAIL.fullmatch(line.text):
        return Byline()
    marks = " ".join(filter(None, (line.element.get("class"), line.element.get("id"))))
    if len(line.text) <= _MAX_ACCOUNT and _AUTHOR_MARK.search(marks):
        return Byline()  # an account of the CMS, which names nobody
    return None


def _parts(element: HtmlElement) -> list[str]:
    """Return the lines into which breaks divide a block."""
    return [part for part in str(_STRING(element)).split(BREAK) if part.strip()]


def _without_sources(bylines: Iterable[Byline]) -> Iterator[Byline]:
    """Yield bylines; a name under "Theo …" belongs to the source and is nobody of the outlet."""
    after_credit = False
    for byline in bylines:
        yield replace(byline, names=()) if after_credit and len(byline.names) == 1 else byline
        after_credit = byline.credit is not None and not byline.names


def _mark_subheads(lines: list[Line]) -> None:
    """Make headings of short lines that are bold throughout: how many editors set subheads."""
    for element, text in lines:
        if element.tag != "p" or len(text) > _MAX_SUBHEAD or text.endswith((".", ":", ",", ";")):
            continue
        if _is_bold(element, text):
            element.tag = "h3"


def _end_in_prose(lines: list[Line]) -> None:
    """Make paragraphs of the headings at the end, which trafilatura takes for a box's."""
    for element, _ in reversed(lines):
        if element.tag not in _HEADINGS:
            return
        element.tag = "p"


def _opens_with(lines: list[Line], lead: str) -> bool:
    if not lines or _key(lines[0].text) != _key(lead):
        return False
    return lines[0].element.tag != "p" or _is_bold(*lines[0])


def _is_bold(element: HtmlElement, text: str) -> bool:
    return sum(len(subtree.text_of(part)) for part in element.iter("b", "strong")) >= len(text)


def _drop_last_line(block: HtmlElement) -> None:
    """Cut a block's text at the break before its last words."""
    met_words = False
    for element in reversed(list(block.iter())):
        for name in ("tail", "text") if element is not block else ("text",):
            rest, mark = getattr(element, name) or "", BREAK
            while mark:
                rest, mark, after = rest.rpartition(BREAK)
                met_words = met_words or bool(after.strip())
                if mark and met_words:
                    setattr(element, name, rest)
                    return
            setattr(element, name, None)


def read_whole_page(
    tree: LexborHTMLParser, url: str, meta: Metadata, known: tuple[str, ...]
) -> tuple[Block, ...]:
    """Return the blocks trafilatura finds on the page by itself, without title and lead."""
    drop_other_articles(tree, url, meta.headline)
    drop_other_stories(tree)
    return _without(read_page(strip_controls(tree.html or "")), known)


def read_article_body(text: str, known: tuple[str, ...]) -> tuple[Block, ...]:
    """Return the blocks of the text that a page's JSON-LD holds, as lines or as HTML."""
    if "<p" in text or "<br" in text:
        parsed = LexborHTMLParser(text).body
        root = subtree.build(strip_controls((parsed.html or "") if parsed else ""))
        subtree.flatten(root)
        return _without(read_subtree(root), known)
    lines = filter(None, map(clean, text.splitlines()))
    return _without((Block("paragraph", line) for line in lines), known)


def _without(blocks: Iterable[Block], known: tuple[str, ...]) -> tuple[Block, ...]:
    wanted = {_key(text) for text in known if text}
    return tuple(block for block in blocks if _key(block.text) not in wanted)
