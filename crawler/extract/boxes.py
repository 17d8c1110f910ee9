"""What stands in a body and is no part of its text: related boxes, share bars, advertising. Pure.

Every rule is general (class words, link density, the boxes' headings) and says why it holds;
what only one family has stands in that family's `drop`.
"""

import re

from lxml.html import HtmlElement

from crawler.authors import read_byline
from crawler.extract.subtree import BREAK, drop, text_of

# A class word never removes more of the text than this: then it names the article's own frame.
_MAX_SHARE = 0.3
_MAX_TEASER = 600  # characters of a headline with its lead
_MIN_HEADLINE = 25  # characters
_INLINE = frozenset(("a", "span", "b", "strong", "i", "em", "font", "u", "small", "br"))
_MIN_POINTER = 15  # characters of a link that is a headline, not a word in a sentence

# Words that templates give to boxes around and in a text, in English and Vietnamese:
_BOX_WORDS = re.compile(
    r"(?:^|[\s_-])(?:"
    # other news
    r"relate[ds]?|relate-?news|related-?\w*|\w*-?relate[ds]?|lien-?quan|tin-?lien-?quan"
    r"|tin-?khac|doc-?them|xem-?them|read-?more|more-?news|see-?more|doc-?nhieu|xem-?nhieu"
    r"|most-?(?:read|view|popular)|suggest\w*|recommend\w*|cung-?chuyen-?muc|next-?post"
    # share bars
    r"|shar(?:e|ing)\w*|social\w*|like-?share|fb-like|zalo-\w+|addthis\w*|copy-?link|follow"
    # advertising
    r"|ads?|adv|advert\w*|adsbygoogle|ads[-_]\w{1,12}|ad-\w{1,12}|banner\w*|qc|quang-?cao|sponsor\w*"
    # what stands below a text, and tools around it
    r"|comments?|comment-?\w+|binh-?luan|tags?|tags?-?(?:list|box|item)|tu-?khoa|keywords?"
    r"|rating|vote|newsletter|subscribe|breadcrumbs?|toolbar|tool-?bar|tooltip|print|popup"
    r"|audio|tts|player|podcast|toc|table-of-contents|notebox|qr-?code|link-source\S*"
    r")(?:$|[\s_-])",
    re.IGNORECASE,
)
_BOX_TAGS = ("div", "section", "aside", "ul", "ol", "table", "article", "dl", "header", "footer")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Headings of boxes: where one stands alone in a block, a box begins.
_BOX_HEADING = re.compile(
    r"^\W*(?:có thể (?:bạn|bạn đọc|độc giả) quan tâm|bạn có thể quan tâm|nên xem|nên đọc|tin khác"
    r"|các tin khác|tin(?:,? bài)? (?:liên quan|cùng chuyên mục|cùng chủ đề|nổi bật|tài trợ)"
    r"|tin (?:mới|mới nhất|nóng|đọc nhiều|xem nhiều)"
    r"|bài (?:liên quan|viết liên quan|cùng chuyên mục)"
    r"|(?:các )?bài viết (?:khác|cùng chuyên mục)|có liên quan|cùng chuyên mục|cùng tác giả"
    r"|xem thêm|đọc thêm|đọc tiếp|đọc nhiều|đọc nhiều nhất|xem nhiều|tham khảo thêm"
    r"|tin đọc nhiều|mới\s*[-–]\s*nóng|phiên bản di động|dòng sự kiện|chủ đề|từ khóa|từ khoá|tags?"
    r"|bình luận(?: \(\d+\))?|ý kiến bạn đọc|chia sẻ(?: bài viết)?|quảng cáo|link bài gốc"
    r"|bài trước(?: đó)?|bài sau(?: đó)?|video|video đang (?:được xem nhiều|hot)|nổi bật)\W*$",
    re.IGNORECASE,
)
# Beginnings of lines that point away or speak about the page, not about the news.
_POINTER_LINE = re.compile(
    r"^\W*(?:>>+|»|►\s*xem|xem thêm\s*:|đọc thêm\s*:|tin liên quan\s*:|bài liên quan\s*:|tags?\s*:"
    r"|từ kho[áa]\s*:|dòng sự kiện\s*:|mời (?:quý )?(?:độc giả|bạn đọc|quý vị)"
    r"|\(\*\) không sao chép"
    r"|có thể bạn quan tâm\s*:|chia sẻ (?:facebook|zalo|bài viết)|theo dõi (?:báo|chúng tôi|kênh) "
    r"|bấm (?:vào đây )?để (?:theo dõi|xem thêm)|link bài gốc|copy link)",
    re.IGNORECASE,
)
_MAX_POINTER_LINE = 250  # characters; a longer line that begins so is a sentence
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "strong", "b", "a", "li", "td")


def prune_boxes(root: HtmlElement) -> None:
    """Remove boxes by their class words, hidden ones, and those with a box's heading."""
    whole = len(text_of(root)) or 1
    for element in list(root.iter(*_BOX_TAGS)):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        is_box = _BOX_WORDS.search(names) or _HIDDEN.search(element.get("style") or "")
        if is_box and element is not root and len(text_of(element)) <= _MAX_SHARE * whole:
            drop(element)
    for element in list(root.iter(*_HEADINGS)):
        if _is_box_heading(element):
            _drop_box(element, root, whole)
    for element in list(root.iter("div", "section", "table", "li", "article")):
        if element is not root and _is_teaser(element, whole):
            drop(element)


def _is_teaser(element: HtmlElement, whole: int) -> bool:
    """True for a small box that opens with a headline that is one link: another story, its lead.

    The link stands alone in its line; a sentence that begins with a link goes on behind it.
    """
    text = text_of(element)
    if not _MIN_POINTER < len(text) <= min(_MAX_TEASER, _MAX_SHARE * whole):
        return False
    link = next((link for link in element.iter("a") if text_of(link)), None)
    if link is None or not (link.get("href") or "").startswith(("http", "/")):
        return False
    headline = text_of(link)
    if len(headline) < _MIN_HEADLINE or not text.startswith(headline):
        return False
    part: HtmlElement | None = link
    while part is not None and part is not element and part.tag in _INLINE:
        if part.tail and part.tail.strip():
            return False
        following = part.getnext()
        if following is not None and following.tag in _INLINE and text_of(following):
            return False
        part = part.getparent()
    return not read_byline(headline)


def _is_box_heading(element: HtmlElement) -> bool:
    if len(element) > 3:
        return False
    text = text_of(element)
    return 4 <= len(text) <= 40 and bool(_BOX_HEADING.match(text))


def _drop_box(heading: HtmlElement, root: HtmlElement, whole: int) -> None:
    """Remove a box's heading, its frame if that is mostly links, and the linked cards after it."""
    box = heading
    for ancestor in heading.iterancestors():
        if ancestor is root or len(text_of(ancestor)) > _MAX_SHARE * whole:
            break
        if link_share(ancestor) > 0.2 or len(text_of(ancestor)) <= 60:
            box = ancestor
    for sibling in list(box.itersiblings()):
        if _is_card(sibling):
            drop(sibling)
        elif text_of(sibling):
            break
    drop(box)


def _is_card(element: HtmlElement) -> bool:
    """True for a teaser or a list of them: a headline that is one link, perhaps with a lead."""
    if not isinstance(element.tag, str):
        return False
    links = [len(text_of(link)) for link in element.iter("a")]
    return max(links, default=0) >= _MIN_POINTER and link_share(element) > 0.15


def link_share(element: HtmlElement) -> float:
    """Return how much of an element's text is link text, from 0 to 1."""
    links = sum(len(text_of(link)) for link in element.iter("a") if link.get("href"))
    return min(1.0, links / (len(text_of(element)) or 1))


def prune_pointers(blocks: list[HtmlElement]) -> None:
    """Remove blocks that are nothing but a link to another page, or a line that points away.

    Prose has words around its links; a block that is one link is a headline of another story.
    A linked byline stays: it is read later.
    """
    for block in blocks:
        text = text_of(block)
        if not text:
            continue
        points_away = len(text) <= _MAX_POINTER_LINE and _POINTER_LINE.match(text)
        is_headline = len(text) >= _MIN_POINTER and _is_one_link(block, text)
        if points_away or (is_headline and not read_byline(text)):
            drop(block)


def _is_one_link(block: HtmlElement, text: str) -> bool:
    if BREAK in "".join(block.itertext()).strip(BREAK + " \n\t"):
        return False
    links = [
        link
        for link in ([block] if block.tag == "a" else block.iter("a"))
        if (link.get("href") or "").startswith(("http", "/")) and text_of(link)
    ]
    letters = re.sub(r"\W+", "", text)
    linked = re.sub(r"\W+", "", "".join(text_of(link) for link in links))
    return bool(letters) and len(linked) >= 0.95 * len(letters)


def is_boilerplate_line(text: str) -> bool:
    """True for a line that is only a box's heading or points away from the article."""
    if len(text) <= 40 and _BOX_HEADING.match(text):
        return True
    return len(text) <= _MAX_POINTER_LINE and bool(_POINTER_LINE.match(text))
