"""Extraction of images with their URLs (lazy loading included), captions and credits. Pure."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.metadata.head import clean
from crawler.extract.text.subtree import BREAK, CAPTION_MARK, drop, has_text, text_of
from storage.model.articles import Image

_MAX_CAPTION = 600  # characters
_MAX_PICTURES = 300  # photo stories have up to about a hundred
_MAX_INLINE = 40  # children of one paragraph
_MAX_GAP = 5  # empty elements between an image and its caption
_MAX_UNMARKED = 300  # characters of a caption that is recognized only by its position
# Attributes with the URL under lazy loading, best first; `src` is often a placeholder.
_SOURCES = ("data-original", "data-src", "data-lazy-src", "data-lazyload", "data-lazy",
            "data-photo-original-src", "data-image", "data-srcset", "srcset", "src")  # fmt: skip
_NOT_PICTURE = re.compile(
    r"\.svg(?:$|\?)|/(?:icons?|emojis?|smil(?:ey|ies)|pixel|blank|spacer|loading)[^/]*$"
    r"|/(?:logo|avatar)\.\w+$|/emojis?/|1x1|transparent",
    re.IGNORECASE,
)
_ICON = re.compile(r"/(?:icons?|emojis?|smil(?:ey|ies))[^/]*(?: |$)|emoji|smiley", re.IGNORECASE)
_SMALL = 40  # pixels; an image up to this size is an inline icon
_CANDIDATE = re.compile(r"(\S*[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,\s+|,$|$)")
_CAPTION_CLASS = re.compile(
    r"(?:^|[\W_])p?_?caption|photocms_caption|image-?desc|chu-?thich", re.IGNORECASE
)
_IMAGE_CLASS = re.compile(r"\bimage\b|photo|picture|caption", re.IGNORECASE)
_MARKED = etree.XPath(
    f".//figcaption | .//*[@{CAPTION_MARK} or contains(@class, 'aption')"
    " or contains(@class, 'image-desc') or contains(@class, 'imagedesc')"
    " or contains(@class, 'chu')]"
)
_OF_VIDEO = re.compile(r"\b(?:Video|VIDEO|Clip)\s*[:：]\s*\S")
_PARAGRAPHS = frozenset(("p", "div", "h6", "center", "td", "span", "em", "i"))
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:[\s(.\-–—|/]*\b(?:(?:Nguồn )?[Ảả]nh(?: minh họa| tư liệu)?|(?:NGUỒN )?ẢNH|Photo|Nguồn)"
    r"\s*[:：]\s*"
    r"|[.(]\s*Ảnh\s+(?=[A-ZĐ]))(?P<who>[^()]{2,60}?)[\s).]*$"
)


def find_captions(root: HtmlElement) -> list[HtmlElement]:
    """Return the caption elements in reading order: by layout, tag, class, table or position."""
    chosen = {element for element in _candidates(root) if _is_marked(element)}
    if next(root.iter("img"), None) is not None:
        for table in root.iter("table"):
            chosen.update(_table_captions(table))
        chosen |= _by_position(root, chosen)
    return [
        element
        for element in root.iter(*{caption.tag for caption in chosen} or {"figcaption"})
        if element in chosen
        and element is not root
        and _is_short(element)
        and not any(up in chosen for up in element.iterancestors())
    ]


def _candidates(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that may be captions by tag or class."""
    return cast("list[HtmlElement]", _MARKED(root))


def _is_marked(element: HtmlElement) -> bool:
    if element.get(CAPTION_MARK) or element.tag == "figcaption":
        return True
    return bool(_CAPTION_CLASS.search(element.get("class", "")))


def _is_short(element: HtmlElement) -> bool:
    """True unless an element is too long for a caption, or has more than one image."""
    return len(text_of(element)) <= _MAX_CAPTION * 3 and len(element.findall(".//img")) <= 1


def _table_captions(table: HtmlElement) -> list[HtmlElement]:
    """Return the text cells of a table that is a frame around images, not data."""
    cells = list(table.iter("td", "th"))
    pictures = sum(cell.find(".//img") is not None and not text_of(cell) for cell in cells)
    texts = [cell for cell in cells if text_of(cell) and cell.find(".//td") is None]
    if pictures and len(texts) <= pictures and all(len(text_of(t)) <= _MAX_CAPTION for t in texts):
        return texts
    return []


def _by_position(root: HtmlElement, known: set[HtmlElement]) -> set[HtmlElement]:
    """Return short, distinctly formatted text in an image's paragraph or right after an image."""
    found: set[HtmlElement] = set()
    for picture in islice(root.iter("img"), _MAX_PICTURES):
        if _is_icon(picture) or _in_data(picture):
            continue
        block = picture
        parent = block.getparent()
        while parent is not None and parent is not root and not has_text(parent):
            block, parent = parent, parent.getparent()
        if parent is None:
            continue
        if parent is not root and parent.tag in _PARAGRAPHS and not _holds_blocks(parent):
            if _has_caption_inside(block, parent):
                found.add(parent)
        else:
            found.update(_captions_after(block))
    return found - known


def _has_caption_inside(picture: HtmlElement, paragraph: HtmlElement) -> bool:
    """True if an image's paragraph is its caption: on a line of its own, or distinctly formatted.

    Otherwise the image floats in a paragraph of the text.
    """
    text = text_of(paragraph)
    if len(text) > _MAX_UNMARKED:
        return False
    if _is_distinct(paragraph, text) or _CREDIT.search(text):
        return True
    after = (picture.tail or "").lstrip(" \t\n")
    following = picture.getnext()
    if after or following is None:
        return after.startswith(BREAK)
    return _has_break_first(following)


def _has_break_first(element: HtmlElement) -> bool:
    """True if an element begins with a line break."""
    return "".join(map(str, element.itertext())).lstrip(" \t\n").startswith(BREAK)


def _captions_after(block: HtmlElement) -> list[HtmlElement]:
    """Return the lines right after an image that look like its caption: one, or several italic."""
    found: list[HtmlElement] = []
    size = 0
    for sibling in islice(block.itersiblings(), _MAX_GAP):
        if not has_text(sibling):
            if found and sibling.find(".//img") is not None:
                break
            continue
        text = text_of(sibling)
        size += len(text)
        is_caption = sibling.tag in _PARAGRAPHS and _looks_like_caption(sibling)
        if not is_caption or size > _MAX_UNMARKED:
            break
        if found and (_CREDIT.search(text_of(found[-1])) or not _continues(sibling, text)):
            break
        found.append(sibling)
    return found


def _continues(block: HtmlElement, text: str) -> bool:
    """True for a line that continues the caption before it."""
    return text[:1].islower() or bool(_CREDIT.search(text)) or _is_italic(block, text)


def _is_icon(picture: HtmlElement) -> bool:
    """True for an inline icon or emoji."""
    for name in ("width", "height"):
        size = (picture.get(name) or "").removesuffix("px")
        if size.isdigit() and int(size) <= _SMALL:
            return True
    return bool(_ICON.search(f"{picture.get('src') or ''} {picture.get('class') or ''}"))


def _in_data(picture: HtmlElement) -> bool:
    """True in a table row with several filled cells: a logo next to a name."""
    row = next(picture.iterancestors("tr"), None)
    return row is not None and sum(has_text(cell) for cell in row) > 1


def _holds_blocks(element: HtmlElement) -> bool:
    if len(element) > _MAX_INLINE:
        return True
    return any(child.tag in ("p", "div", "table", "figure", "ul") for child in element)


def _looks_like_caption(block: HtmlElement) -> bool:
    """True for centred or italic text, or a class of images: captions without a class of theirs."""
    if _holds_blocks(block) or block.find(".//img") is not None:
        return False
    return _is_distinct(block, text_of(block))


def _is_distinct(block: HtmlElement, text: str) -> bool:
    if block.get("align") == "center" or _CENTRED.search(block.get("style") or ""):
        return True
    if _IMAGE_CLASS.search(block.get("class") or "") or block.tag in ("h6", "center"):
        return True
    return _is_italic(block, text)


def _is_italic(block: HtmlElement, text: str) -> bool:
    return sum(len(text_of(part)) for part in block.iter("em", "i")) >= 0.9 * len(text)


def read_images(root: HtmlElement, captions: list[HtmlElement], base_url: str) -> tuple[Image, ...]:
    """Return the images in reading order; images that share a caption all have it."""
    caption_set = set(captions)
    images: list[Image] = []
    uncaptioned: list[int] = []
    captioned: list[int] = []  # those of the last caption, which may continue on a second line
    for element in root.iter("img", *{caption.tag for caption in captions}):
        if element.tag == "img":
            captioned = []
            if len(images) < _MAX_PICTURES and (url := _source(element, base_url)):
                uncaptioned.append(len(images))
                images.append(Image(url))
        elif element in caption_set:
            inner = element.find(".//img")
            if inner is not None and (url := _source(inner, base_url)):
                images, uncaptioned = [*images, Image(url)], [*uncaptioned, len(images)]
                inner.getparent().remove(inner) if not inner.tail else inner.set("src", "data:")
            line = clean(text_of(element)) or None
            targets = uncaptioned or captioned
            for index in targets:
                before = images[index].caption if not uncaptioned else None
                caption = " ".join(filter(None, (before, line))) or None
                images[index] = Image(images[index].url, caption, read_photo_credit(caption))
            captioned, uncaptioned = targets, []
    return tuple({image.url: image for image in reversed(images)}.values())[::-1]


def read_photo_credit(caption: str | None) -> str | None:
    """Return the photographer or source at the end of a caption ("… Ảnh: Lê Minh"), if any."""
    match = _CREDIT.search(caption or "")
    return match["who"].strip(" .") if match else None


def _source(image: HtmlElement, base_url: str) -> str | None:
    """Return the absolute URL of an image, or None for an icon or placeholder."""
    if image.get("width") in ("0", "1") or _is_icon(image):
        return None
    for value in _addresses(image):
        if not value or value.startswith(("data:", "blob:", "about:")):
            continue
        if _NOT_PICTURE.search(value):
            return None
        try:
            url = value if value.startswith("https://") else urljoin(base_url, value)
            return url if urlsplit(url).scheme in ("http", "https") else None
        except ValueError:
            return None
    return None


def _addresses(image: HtmlElement) -> Iterator[str]:
    """Yield the candidate URLs of an image: its attributes, then those of its <source>s."""
    picture = next(image.iterancestors("picture"), None)
    sources = [] if picture is None else list(picture.iter("source"))
    for element in (image, *sources):
        for name in _SOURCES:
            value = (element.get(name) or "").strip()
            yield _largest(value) if name.endswith("srcset") else value


def _largest(srcset: str) -> str:
    """Return the URL of the largest image in a srcset; some URLs contain commas."""
    listed = [(float(size or 0), url) for url, size in _CANDIDATE.findall(srcset)]
    return max(listed, key=lambda candidate: candidate[0], default=(0, ""))[1]


def remove_captions(captions: list[HtmlElement]) -> None:
    """Remove captions, and figures that are then empty, from the text."""
    for caption in captions:
        figure = next(caption.iterancestors("figure"), None)
        drop(caption)
        if figure is not None and figure.getparent() is not None and not text_of(figure):
            drop(figure)


def keep_captions(root: HtmlElement, captions: list[HtmlElement]) -> None:
    """Turn captions into paragraphs, the text of a photo story; remove the captions of videos."""
    remove_captions([caption for caption in captions if _OF_VIDEO.search(text_of(caption))])
    for caption in captions:
        caption.tag = "div"
    for figure in root.iter("figure"):
        figure.tag = "div"
