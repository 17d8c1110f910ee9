"""Removal of boxes within a body: related articles, share bars, advertising. Pure.

Every rule is general (class words, link density, headings of boxes) and says why it holds; the
boxes of a single family are in that family's `drop`.
"""

import re
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.metadata.authors import read_byline
from crawler.extract.text.furniture import (
    is_box_heading,
    is_photo_credit,
    may_be_subhead,
    points_away,
)
from crawler.extract.text.subtree import CAPTION_MARK, CONTROLS, Line, drop, has_text, text_of

# An element with more of the text than this is not removed: it is the article's own frame.
_MAX_SHARE = 0.3
_MAX_TEASER = 600  # characters of a headline with its lead
_MIN_HEADLINE = 25  # characters
_MIN_POINTER = 15  # characters of a link that is a headline, not a word in a sentence

# Class words of templates for boxes around and in a text, in English and Vietnamese. Boxes with
# these never contain the article:
_BOX_WORDS = re.compile(
    r"(?:^|[\s_-])(?:"
    # other news
    r"relate[ds]?|relate-?news|related-?\w*|\w*-?relate[ds]?|lien-?quan|tin-?lien-?quan"
    r"|tin-?khac|doc-?them|xem-?them|read-?more|more-?news|see-?more|doc-?nhieu|xem-?nhieu"
    r"|most-?(?:read|view|popular)|recommend\w*|cung-?(?:chuyen-?)?muc|next-?post"
    # advertising, comments, tools
    r"|ads?|adv|advert\w*|adsbygoogle|ads[-_]\w{1,12}|ad-\w{1,12}|qc|quang-?cao|sponsor\w*"
    r"|comments?|comment-?\w+|cmt|cmt-\w+|binh-?luan|[\w-]*newsletters?|subscribe|popup"
    r"|addthis\w*|fb-like|copy-?link|luot-?xem|view-?count|qr-?code|link-source\S*"
    r")(?:$|[\s_-])",
    re.IGNORECASE,
)
# Boxes with these may also contain news (opinions of experts, results of a vote), so they are only
# removed if they look like tools.
_WEAK_WORDS = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|ing)(?!d)\w*|social\w*|like-?share|zalo-\w+|follow|banner\w*|suggest\w*"
    r"|tags?|tags?-?(?:list|box|item)|tu-?khoa|keywords?|breadcrumbs?|toolbar|tool-?bar|tooltip|print"
    r"|audio|tts|player|podcast|toc|table-of-contents|notebox|y-?kien\S*|(?:star-?)?ratings?|votes?"
    r"|quiz\w*|polls?|survey|binh-?chon|tham-?do)(?:$|[\s_-])",
    re.IGNORECASE,
)
# Players. If a layout marks a caption in one, its image and caption are the story's own.
_PLAYER_WORDS = re.compile(
    r"(?:^|[\s_-])(?:videos?|video-\w+|\w+-video)(?:$|[\s_-])", re.IGNORECASE
)
_BOX_TAGS = ("div", "section", "aside", "ul", "ol", "table", "article", "dl", "header", "footer",
             "form")  # fmt: skip
_HIDDEN = etree.XPath(
    ".//*[@hidden] | .//*[@style] | .//*[contains(@class, 'sr-only')]"
    " | .//*[contains(@class, 'visually-hidden')] | .//*[contains(@class, 'screen-reader')]"
)
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDING_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-hidden|screen-reader(?:-text|-only)?)(?:$|\s)"
)
_MIN_TOOL = 0.2  # link share of a box's text; prose has less
_MAX_TOOL = 60  # characters of a box with such a heading
_MIN_NEWS = 40  # characters of a box that may be news
_SENTENCE = re.compile(r"[^.!?…]{40,}[.!?…][”\"')]*(?:\s|$)")
_TO_READER = re.compile(r"độc giả|bạn đọc|quý vị", re.IGNORECASE)
_MAX_FORM = 300  # characters of text in a form

_MIN_REPEAT = 60  # characters
_CLOSING = 3  # lines at the end, where bylines are
# A date after a headline in a list of other stories.
_DAY_BEHIND = re.compile(
    r"\s*\(?\d{1,2}[/-]\d{1,2}(?:[/-]\d{4})?\)?(?:\s*[|,-]?\s*\d{1,2}:\d{2})?\W*$"
)
_PAGES = ("http", "/")  # prefixes of links to other pages
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MIN_WORDS = 12  # of a sentence; headlines with a full stop are shorter
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|rar)(?:$|\?)", re.IGNORECASE)
_PUNCTUATION = re.compile(r"\W+")


def drop_marked_boxes(root: HtmlElement) -> None:
    """Remove hidden elements, and boxes by class words or form controls.

    An element with much of the text is kept: it is the article's own, which a script makes visible.
    """
    whole = len(text_of(root)) or 1
    for element in cast("list[HtmlElement]", _HIDDEN(root)):
        if _is_hidden(element) and len(text_of(element)) <= _MAX_SHARE * whole:
            drop(element)
    for element in list(root.iter(*_BOX_TAGS)):
        if element is root or not _is_marked(element):
            continue
        if len(text_of(element)) <= _MAX_SHARE * whole:
            drop(element)


def _is_hidden(element: HtmlElement) -> bool:
    if element.get("hidden") is not None or _HIDING_STYLE.search(element.get("style", "")):
        return True
    return bool(_HIDING_CLASS.search(element.get("class", "")))


def _is_marked(element: HtmlElement) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if element.tag == "form":
        return _has_controls(element) and len(text_of(element)) <= _MAX_FORM
    if _BOX_WORDS.search(names):
        return True
    if _PLAYER_WORDS.search(names):
        return has_text(element) and element.find(f".//*[@{CAPTION_MARK}]") is None
    return bool(_WEAK_WORDS.search(names)) and _looks_like_tool(element)


def _looks_like_tool(element: HtmlElement) -> bool:
    """True for a box of controls or links, one without sentence and table, or one to readers."""
    text = text_of(element)
    if _has_controls(element) or link_share(element) > _MIN_TOOL:
        return True
    if not _SENTENCE.search(text) and element.tag != "table" and element.find(".//table") is None:
        return True
    return element.find(".//a") is not None and bool(_TO_READER.search(text))


def _has_controls(element: HtmlElement) -> bool:
    return element.get(CONTROLS) is not None or element.find(f".//*[@{CONTROLS}]") is not None


def drop_linked_boxes(root: HtmlElement, lines: list[Line]) -> list[Line]:
    """Remove boxes by their headings ("Tin liên quan"), teasers and lines that point elsewhere.

    Prose has words around its links; a line that is one link is the headline of another story, and
    a small box that begins with it is a teaser. A linked byline is kept, as it is read later.
    Returns the remaining lines.
    """
    whole = sum(len(line.text) for line in lines)
    texts: dict[HtmlElement, str] = {}
    boxes: list[HtmlElement] = []
    closing = len(lines) - _CLOSING
    for number, line in enumerate(lines):
        size = len(line.text)
        if is_box_heading(line.text):
            if not _heads_prose(line, lines[number + 1 : number + 2]):
                boxes += _headed_box(line.element, root, whole)
        elif points_away(line.text) or (number < closing and is_photo_credit(line.text)):
            boxes.append(line.element)
        elif size >= _MIN_POINTER and _is_one_link(line) and not read_byline(line.text):
            if _is_sentence(line):
                etree.strip_tags(line.element, "a")
            else:
                boxes.append(_teaser(line, root, whole, texts))
    boxes += _repeats(lines)
    for box in boxes:
        drop(box)
    return lines if not boxes else [line for line in lines if root in line.element.iterancestors()]


def _repeats(lines: list[Line]) -> list[HtmlElement]:
    """Return the lines that repeat earlier ones: some pages have texts twice, also for phones."""
    seen: set[str] = set()
    found = []
    for element, text in lines:
        if len(text) >= _MIN_REPEAT and text in seen:
            found.append(element)
        seen.add(text)
    return found


def _heads_prose(line: Line, following: list[Line]) -> bool:
    """True if an ambiguous heading is formatted as a subhead, and prose follows."""
    if not following or not may_be_subhead(line.text):
        return False
    element, text = following[0]
    bold = sum(len(text_of(part)) for part in line.element.iter("b", "strong"))
    is_heading = line.element.tag in _HEADINGS or bold >= len(line.text)
    return is_heading and len(text) >= _MIN_NEWS and link_share(element) <= _MIN_TOOL


def _is_sentence(line: Line) -> bool:
    """True for a linked line of the text: a sentence with a full stop, or a link to a document."""
    links = [link.get("href", "") for link in line.element.iter("a")]
    if any(_DOCUMENT.search(link) for link in links):
        return True
    words = len(line.text.split())
    return words >= _MIN_WORDS and line.text.rstrip('”"’)').endswith(".")


def _headed_box(heading: HtmlElement, root: HtmlElement, whole: int) -> list[HtmlElement]:
    """Return a box's heading or the box around it, if mostly links, and the cards after it."""
    box, label = heading, text_of(heading)
    is_ambiguous = may_be_subhead(label)
    for ancestor in heading.iterancestors():
        if ancestor is root or len(text_of(ancestor)) > _MAX_SHARE * whole:
            break
        max_tool = len(label) if is_ambiguous else _MAX_TOOL
        if link_share(ancestor) > _MIN_TOOL or len(text_of(ancestor)) <= max_tool:
            box = ancestor
    found = [box]
    for sibling in box.itersiblings():
        if _is_card(sibling):
            found.append(sibling)
        elif text_of(sibling):
            break
    return found


def _is_card(element: HtmlElement) -> bool:
    """True for a teaser or a list of teasers: linked headlines, perhaps with a lead."""
    if not isinstance(element.tag, str):
        return False
    links = [len(text_of(link)) for link in element.iter("a")]
    return max(links, default=0) >= _MIN_POINTER and link_share(element) > 0.15


def _teaser(
    line: Line, root: HtmlElement, whole: int, texts: dict[HtmlElement, str]
) -> HtmlElement:
    """Return the small box that begins with a linked headline, the teaser of another story.

    texts: cached texts of boxes, because many teasers share ancestors.
    """
    box = line.element
    for ancestor in line.element.iterancestors():
        if ancestor is root:
            break
        if ancestor not in texts:
            texts[ancestor] = text_of(ancestor)
        text = texts[ancestor]
        is_small = len(text) <= min(_MAX_TEASER, _MAX_SHARE * whole)
        is_first = len(line.text) >= _MIN_HEADLINE and text.startswith(line.text)
        if not is_small or not is_first:
            break
        box = ancestor
    return box


def link_share(element: HtmlElement) -> float:
    """Return the part of an element's text that is link text, from 0 to 1."""
    links = sum(len(text_of(link)) for link in element.iter("a") if link.get("href"))
    return min(1.0, links / (len(text_of(element)) or 1))


def _is_one_link(line: Line) -> bool:
    if any(up.tag == "a" and up.get("href") for up in line.element.iterancestors()):
        return True
    if len(line.element) == 0 or next(line.element.iter("a"), None) is None:
        return False
    links = (link for link in line.element.iter("a") if link.get("href", "").startswith(_PAGES))
    linked = _PUNCTUATION.sub("", "".join(map(text_of, links)))
    return len(linked) >= 0.95 * len(_PUNCTUATION.sub("", _DAY_BEHIND.sub("", line.text))) > 0
