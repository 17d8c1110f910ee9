"""Pictures of a subtree: real addresses behind lazy loading, captions, credits. Pure."""

import re
from itertools import islice
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.metadata import clean
from crawler.extract.subtree import drop, has_text, text_of
from storage.model.articles import Image

CAPTION_MARK = "data-tq-caption"  # set on what a layout's caption selectors match

_MAX_CAPTION = 600  # characters
_MAX_PICTURES = 300  # photo stories have up to about a hundred
_MAX_INLINE = 40  # children of one paragraph
_MAX_GAP = 5  # empty elements between a picture and its caption
_MAX_UNMARKED = 300  # characters of a caption that only its place tells
# Where loaders keep the real address, best first; `src` is often a placeholder.
_SOURCES = ("data-original", "data-src", "data-lazy-src", "data-lazy", "data-photo-original-src",
            "data-image", "src", "data-srcset", "srcset")  # fmt: skip
_NOT_PICTURE = re.compile(
    r"\.svg(?:$|\?)|/(?:icons?|logo|avatar|emoji|pixel|blank|spacer|loading)[^/]*$|1x1|transparent",
    re.IGNORECASE,
)
_CAPTION_CLASS = re.compile(
    r"(?:^|[\W_])p?_?caption|photocms_caption|image-?desc|chu-?thich", re.IGNORECASE
)
_IMAGE_CLASS = re.compile(r"\bimage\b|photo|picture|caption", re.IGNORECASE)
_MARKED = etree.XPath(
    f".//figcaption | .//*[@{CAPTION_MARK} or contains(@class, 'aption')"
    " or contains(@class, 'image-desc') or contains(@class, 'imagedesc')"
    " or contains(@class, 'chu')]"
)
_PARAGRAPHS = frozenset(("p", "div", "h6", "center", "td", "span", "em", "i"))
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_CREDIT = re.compile(
    r"[\s(.\-–—|/]*\b(?:Ảnh|Nguồn ảnh|Photo|Ảnh minh họa|Nguồn)\s*[:：]"
    r"\s*(?P<who>[^()]{2,60}?)[\s).]*$"
)


def find_captions(root: HtmlElement) -> list[HtmlElement]:
    """Return the caption elements in reading order: by layout, tag, class, table or place."""
    chosen = {each for each in _candidates(root) if _is_marked(each)}
    if next(root.iter("img"), None) is not None:
        for table in root.iter("table"):
            chosen.update(_table_captions(table))
        chosen |= _by_place(root, chosen)
    return [
        element
        for element in root.iter(*{each.tag for each in chosen} or {"figcaption"})
        if element in chosen
        and element is not root
        and _is_short(element)
        and not any(up in chosen for up in element.iterancestors())
    ]


def _candidates(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements whose tag or class may make them captions."""
    return cast("list[HtmlElement]", _MARKED(root))


def _is_marked(element: HtmlElement) -> bool:
    if element.get(CAPTION_MARK) or element.tag == "figcaption":
        return True
    return bool(_CAPTION_CLASS.search(element.get("class", "")))


def _is_short(element: HtmlElement) -> bool:
    """True unless an element is too long for a caption, or holds more than one picture."""
    return len(text_of(element)) <= _MAX_CAPTION * 3 and len(element.findall(".//img")) <= 1


def _table_captions(table: HtmlElement) -> list[HtmlElement]:
    """Return the text cells of a table that is a frame around pictures, not data."""
    cells = list(table.iter("td", "th"))
    pictures = sum(cell.find(".//img") is not None and not text_of(cell) for cell in cells)
    texts = [cell for cell in cells if text_of(cell) and cell.find(".//td") is None]
    if pictures and len(texts) <= pictures and all(len(text_of(t)) <= _MAX_CAPTION for t in texts):
        return texts
    return []


def _by_place(root: HtmlElement, known: set[HtmlElement]) -> set[HtmlElement]:
    """Return short text in a picture's own paragraph, or centred or slanted right after one."""
    found = set()
    for picture in islice(root.iter("img"), _MAX_PICTURES):
        block = picture
        parent = block.getparent()
        while parent is not None and parent is not root and not has_text(parent):
            block, parent = parent, parent.getparent()
        if parent is None:
            continue
        if parent is not root and parent.tag in _PARAGRAPHS and not _holds_blocks(parent):
            beside: HtmlElement | None = parent
            apart = True
        else:
            following = islice(block.itersiblings(), _MAX_GAP)
            beside = next((each for each in following if has_text(each)), None)
            apart = beside is not None and beside.tag in _PARAGRAPHS and _looks_apart(beside)
        if beside is not None and apart and len(text_of(beside)) <= _MAX_UNMARKED:
            found.add(beside)
    return found - known


def _holds_blocks(element: HtmlElement) -> bool:
    if len(element) > _MAX_INLINE:
        return True
    return any(child.tag in ("p", "div", "table", "figure", "ul") for child in element)


def _looks_apart(block: HtmlElement) -> bool:
    """True for centred, slanted or picture-classed text: how captions without a class are set."""
    if _holds_blocks(block) or block.find(".//img") is not None:
        return False
    if block.get("align") == "center" or _CENTRED.search(block.get("style") or ""):
        return True
    if _IMAGE_CLASS.search(block.get("class") or "") or block.tag in ("h6", "center"):
        return True
    slanted = "".join(text_of(part) for part in block.iter("em", "i"))
    return len(slanted) >= 0.9 * len(text_of(block))


def read_images(root: HtmlElement, captions: list[HtmlElement], base_url: str) -> tuple[Image, ...]:
    """Return the pictures in reading order; those that share a caption all have it."""
    wanted = set(captions)
    images: list[Image] = []
    waiting: list[int] = []
    for element in root.iter("img", *{each.tag for each in captions}):
        if element.tag == "img":
            if len(images) < _MAX_PICTURES and (url := _source(element, base_url)):
                waiting.append(len(images))
                images.append(Image(url))
        elif element in wanted:
            inner = element.find(".//img")
            if inner is not None and (url := _source(inner, base_url)):
                images, waiting = [*images, Image(url)], [*waiting, len(images)]
                inner.getparent().remove(inner) if not inner.tail else inner.set("src", "data:")
            caption = clean(text_of(element)) or None
            for number in waiting:
                images[number] = Image(images[number].url, caption, read_photo_credit(caption))
            waiting = []
    return tuple({image.url: image for image in reversed(images)}.values())[::-1]


def read_photo_credit(caption: str | None) -> str | None:
    """Return the photographer or source at the end of a caption ("… Ảnh: Lê Minh"), if any."""
    match = _CREDIT.search(caption or "")
    return match["who"].strip(" .") if match else None


def _source(image: HtmlElement, base_url: str) -> str | None:
    """Return a picture's real address, absolute, or None for icons and placeholders."""
    for name in _SOURCES:
        value = (image.get(name) or "").strip()
        if name.endswith("srcset"):
            value = value.split(",")[0].split(" ")[0]
        if not value or value.startswith(("data:", "blob:", "about:")):
            continue
        if _NOT_PICTURE.search(value) or image.get("width") in ("0", "1"):
            return None
        try:
            url = value if value.startswith("https://") else urljoin(base_url, value)
            return url if urlsplit(url).scheme in ("http", "https") else None
        except ValueError:
            return None
    return None


def remove_captions(captions: list[HtmlElement]) -> None:
    """Take captions and the figures around them out of the text."""
    for caption in captions:
        frame = next(caption.iterancestors("figure"), None)
        drop(caption)
        if frame is not None and frame.getparent() is not None and not text_of(frame):
            drop(frame)


def keep_captions(root: HtmlElement, captions: list[HtmlElement]) -> None:
    """Make captions paragraphs: in a photo story they are the text."""
    for caption in captions:
        caption.tag = "div"
    for frame in root.iter("figure"):
        frame.tag = "div"
