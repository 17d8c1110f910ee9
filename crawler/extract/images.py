"""Pictures of a subtree: real addresses behind lazy loading, captions, credits. Pure."""

import re
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from crawler.extract.metadata import clean
from crawler.extract.subtree import drop, text_of
from storage.model import Image

CAPTION_MARK = "data-tq-caption"  # set on what a layout's caption selectors match

_MAX_CAPTION = 600  # characters
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
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_CREDIT = re.compile(
    r"[\s(.\-–—|/]*\b(?:Ảnh|Nguồn ảnh|Photo|Ảnh minh họa|Nguồn)\s*[:：]"
    r"\s*(?P<who>[^()]{2,60}?)[\s).]*$"
)


def mark_captions(root: HtmlElement) -> list[HtmlElement]:
    """Return the caption elements in reading order: by layout, tag, class, table or place."""
    found = []
    for table in root.iter("table"):
        found += _table_captions(table)
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        marked = element.get(CAPTION_MARK) or element.tag == "figcaption"
        if marked or _CAPTION_CLASS.search(element.get("class") or ""):
            found.append(element)
    chosen = set(found) | _by_place(root, set(found))
    outer = [each for each in chosen if not any(up in chosen for up in each.iterancestors())]
    order = {element: number for number, element in enumerate(root.iter())}
    return sorted(
        (each for each in outer if each is not root and _is_short(each)), key=order.__getitem__
    )


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
    """Return short centred or slanted blocks that follow a picture, or stand in its paragraph."""
    found = set()
    after_picture = False
    for block in root.iter("p", "div", "h6", "center", "td"):
        if block in known or any(child.tag in ("p", "div", "table", "figure") for child in block):
            continue
        text, picture = text_of(block), block.find(".//img") is not None
        if not text:
            after_picture = picture or after_picture
            continue
        short = len(text) <= _MAX_UNMARKED
        if short and (
            (picture and text[0] != "<") or (after_picture and _looks_apart(block, text))
        ):
            found.add(block)
        after_picture = False
    return found


def _looks_apart(block: HtmlElement, text: str) -> bool:
    """True for centred, slanted or picture-classed text: how captions without a class are set."""
    if block.get("align") == "center" or _CENTRED.search(block.get("style") or ""):
        return True
    if _IMAGE_CLASS.search(block.get("class") or "") or block.tag in ("h6", "center"):
        return True
    slanted = "".join(text_of(part) for part in block.iter("em", "i"))
    return len(slanted) >= 0.9 * len(text)


def read_images(root: HtmlElement, captions: list[HtmlElement], base_url: str) -> tuple[Image, ...]:
    """Return the pictures in reading order; those that share a caption all have it."""
    wanted = set(captions)
    images: list[Image] = []
    waiting: list[int] = []
    for element in root.iter("img", *{each.tag for each in captions}):
        if element.tag == "img":
            if url := _source(element, base_url):
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
            url = urljoin(base_url, value)
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
