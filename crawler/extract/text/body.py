"""Extraction of text, images and closing bylines from a container. Pure."""

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

# Captions are the story if they are this many times as long as the rest of the text.
_PHOTO_STORY = 4.0
_MIN_PHOTO_TEXT = 200  # characters
_LAST_LINES = 3  # a byline, a credit and a line about the outlet may end a text
_MIN_LIST = 3  # lines that are names
_MIN_ANNOUNCED = 2  # lines that are names, below a colon
_MAX_ACCOUNT = 60  # characters of a CMS account's name
_AUTHOR_MARK = re.compile(r"author|byline|tac-?gia|nguoi-?dang", re.IGNORECASE)
_RIGHT = re.compile(r"\bright\b|author|byline|tac-?gia", re.IGNORECASE)
_MAIL = re.compile(r"\S+@\S+\.\w+")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MAX_SUBHEAD = 120  # characters
_HEAD_LINES = 8  # section, title in parts, byline, date, lead
_STRING = etree.XPath("string()")
_MAX_HEAD_LINE = 80  # characters of a line between title and lead


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a container.

    bylines: closing lines that were removed, in reading order. lead: the first line, if it was
    removed as the lead. barrier: the closing line that asks for a subscription, if any.
    stamp: a line before the text that is only a date.
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
        """The whole text in one line."""
        return " ".join(block.text for block in self.blocks)

    @property
    def length(self) -> int:
        """The number of characters of text."""
        return size_of(self.blocks)


def read_body(
    containers: Containers, layout: Layout, url: str, known: tuple[str, ...], described: str = ""
) -> Body:
    """Return the content of containers, without what the layout and the general rules drop.

    known: title and lead; they are removed where the container repeats them.
    described: the description in the head; a bold first line that is equal to it is the lead.
    """
    _apply_layout(containers, layout)
    root = subtree.build(strip_controls("".join(part.html or "" for part in containers)))
    drop_marked_boxes(root)
    captions = find_captions(root)
    is_photo_story = _is_photo_story(root, captions, known)
    images = read_images(root, captions, url)
    if is_photo_story:
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
    return Body(read_subtree(root), images, bylines, is_photo_story, lead, barrier, stamp)


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
    """True if captions are most of the text, apart from links, title and lead."""
    captioned = sum(len(subtree.text_of(caption)) for caption in captions)
    if captioned < _MIN_PHOTO_TEXT:
        return False
    linked = sum(len(subtree.text_of(link)) for link in root.iter("a"))
    rest = len(subtree.text_of(root)) - captioned - linked - sum(map(len, known))
    return captioned > _PHOTO_STORY * rest


def _drop_head(lines: list[Line], known: tuple[str, ...]) -> list[Line]:
    """Remove the article's head (section, title, byline, date, lead) if the text repeats it."""
    known_keys = {_key(text) for text in known if text}
    last = 0
    for number, line in enumerate(lines[:_HEAD_LINES], start=1):
        if _repeats(_key(line.text), known_keys) or is_stamp(line.text):
            last = number
        elif len(line.text) > _MAX_HEAD_LINE:
            break
    for line in lines[:last]:
        subtree.drop(line.element)
    return lines[last:]


def _repeats(key: str, known_keys: set[str]) -> bool:
    return bool(key) and any(key == full or (len(key) > 40 and key in full) for full in known_keys)


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _take_bylines(lines: list[Line]) -> tuple[list[Line], tuple[Byline, ...]]:
    """Remove the closing lines that are only a byline or a credit.

    Returns the remaining lines and the bylines. Names below a line that ends with a colon, and
    three or more lines of names, are a list in the text: winners, say.
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
        # Below a list, a byline is formatted differently.
        found = [pair for pair in found[:1] if _is_signed(pair[0]) and not _is_signed(found[-1][0])]
    rest = lines[: len(lines) - len(found)]
    for line, _ in found:
        if len(_parts(line.element)) > 1:
            _drop_last_line(line.element)
            rest.append(line)
        else:
            subtree.drop(line.element)
    return rest, tuple(_without_sources(byline for _, byline in reversed(found)))


def _take_barrier(lines: list[Line]) -> tuple[list[Line], str]:
    """Remove the closing line that asks for a subscription; return the other lines, and it."""
    for line in lines[1:][-_LAST_LINES:]:
        if is_barrier(line.text):
            subtree.drop(line.element)
            return [other for other in lines if other is not line], line.text
    return lines, ""


def _is_list(before: list[Line], named: list[Line]) -> bool:
    """True for lines of names without roles: three, or two below a colon.

    A single name below a colon is a byline: images or a video were in between.
    """
    is_announced = bool(before) and before[-1].text.endswith(":")
    has_enough = len(named) >= (_MIN_ANNOUNCED if is_announced else _MIN_LIST)
    return has_enough and all(is_plain_name(line.text) for line in named)


def _is_signed(line: Line) -> bool:
    """True for a line that is right-aligned, italic or bold, as bylines are."""
    styles = " ".join(line.element.get(name) or "" for name in ("style", "align", "class"))
    styled = sum(len(subtree.text_of(part)) for part in line.element.iter("b", "strong", "em", "i"))
    return bool(_RIGHT.search(styles)) or styled >= len(line.text)


def _read_closing(line: Line) -> Byline | None:
    """Return the byline at the end of a closing line, or None if there is none."""
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
        return Byline()  # a CMS account, which names no person
    return None


def _parts(element: HtmlElement) -> list[str]:
    """Return the lines of a block, split at line breaks."""
    return [part for part in str(_STRING(element)).split(BREAK) if part.strip()]


def _without_sources(bylines: Iterable[Byline]) -> Iterator[Byline]:
    """Yield the bylines without a name right after a "Theo …", which belongs to that source."""
    after_credit = False
    for byline in bylines:
        yield replace(byline, names=()) if after_credit and len(byline.names) == 1 else byline
        after_credit = byline.credit is not None and not byline.names


def _mark_subheads(lines: list[Line]) -> None:
    """Turn short, entirely bold lines into headings; many editors write subheads this way."""
    for element, text in lines:
        if element.tag != "p" or len(text) > _MAX_SUBHEAD or text.endswith((".", ":", ",", ";")):
            continue
        if _is_bold(element, text):
            element.tag = "h3"


def _end_in_prose(lines: list[Line]) -> None:
    """Turn headings at the end into paragraphs; trafilatura takes them for those of boxes."""
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
    """Remove a block's last line that has words."""
    has_words = False
    for element in reversed(list(block.iter())):
        for name in ("tail", "text") if element is not block else ("text",):
            rest, mark = getattr(element, name) or "", BREAK
            while mark:
                rest, mark, after = rest.rpartition(BREAK)
                has_words = has_words or bool(after.strip())
                if mark and has_words:
                    setattr(element, name, rest)
                    return
            setattr(element, name, None)


def read_whole_page(
    tree: LexborHTMLParser, url: str, meta: Metadata, known: tuple[str, ...]
) -> tuple[Block, ...]:
    """Return the blocks that trafilatura finds on the whole page, without title and lead."""
    drop_other_articles(tree, url, meta.headline)
    drop_other_stories(tree)
    return _without(read_page(strip_controls(tree.html or "")), known)


def read_article_body(text: str, known: tuple[str, ...]) -> tuple[Block, ...]:
    """Return the blocks of a JSON-LD articleBody, plain text or HTML, without title and lead."""
    if "<p" in text or "<br" in text:
        parsed = LexborHTMLParser(text).body
        root = subtree.build(strip_controls((parsed.html or "") if parsed else ""))
        subtree.flatten(root)
        return _without(read_subtree(root), known)
    lines = filter(None, map(clean, text.splitlines()))
    return _without((Block("paragraph", line) for line in lines), known)


def _without(blocks: Iterable[Block], known: tuple[str, ...]) -> tuple[Block, ...]:
    known_keys = {_key(text) for text in known if text}
    return tuple(block for block in blocks if _key(block.text) not in known_keys)
