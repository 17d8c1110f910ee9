"""What stands in a body and is no part of its text: related boxes, share bars, advertising. Pure.

Every rule is general (class words, link density, the boxes' headings) and says why it holds;
what only one family has stands in that family's `drop`.
"""

import re

from lxml.html import HtmlElement

from crawler.extract.authors import read_byline
from crawler.extract.subtree import Line, drop, text_of

# A class word never removes more of the text than this: then it names the article's own frame.
_MAX_SHARE = 0.3
_MAX_TEASER = 600  # characters of a headline with its lead
_MIN_HEADLINE = 25  # characters
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
    r"|comments?|comment-?\w+|cmt|cmt-\w+|binh-?luan|y-?kien\S*|tags?|tags?-?(?:list|box|item)|tu-?khoa|keywords?"
    r"|(?:star-?)?ratings?|votes?|quiz\w*|polls?|survey|binh-?chon|tham-?do|[\w-]*newsletters?|subscribe|breadcrumbs?|toolbar|tool-?bar|tooltip|print|popup"
    r"|videos?|video-\w+|\w+-video|audio|tts|player|podcast|toc|table-of-contents|notebox|qr-?code|link-source\S*"
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
    r"|bài trước(?: đó)?|bài sau(?: đó)?|video|video đang (?:được xem nhiều|hot)|nổi bật"
    r"|đừng bỏ lỡ|tin (?:bài khác|nổi bật khác|cùng mục|liên quan khác)|bài (?:mới|nổi bật|khác)"
    r"|bạn (?:cũng )?có thể thích|có thể bạn thích|ý kiến của bạn|video nổi bật|nên đọc"
    r"|related(?: posts)?|zalo|lưu(?: bài(?: viết)?)?|thích|like|theo dõi|bản in"
    r"|in bài(?: viết)?|gửi email|google news"
    r"|cỡ chữ|a ?[-+] ?a ?[-+]?)\W*$",
    re.IGNORECASE,
)
# Beginnings of lines that point away or speak about the page, not about the news.
_POINTER_LINE = re.compile(
    r"^\W*(?:> ?>+|»|►\s*xem|(?:xem|đọc) (?:thêm|tiếp)\s*(?::|> ?>)|xem (?:video|clip)\s*:"
    r"|tin liên quan\s*:|bài liên quan\s*:|tags?\s*:|từ kho[áa]\s*:|dòng sự kiện\s*:"
    r"|mời (?:quý )?(?:độc giả|bạn đọc|quý vị)|có thể bạn quan tâm\s*:"
    r"|chia sẻ (?:facebook|zalo|bài viết)|theo dõi (?:báo|chúng tôi|kênh) "
    r"|(?:bấm|nhấn|ấn|click) (?:vào )?(?:đây )?để (?:theo dõi|xem|đọc)|link bài gốc|copy link"
    # whose it is, and what is shown beside it
    r"|(?:video|clip)\s*:|©|(?:bản quyền|copyright)\s*(?:©|thuộc|bởi)|(?:nghiêm )?cấm sao chép"
    r"|\(\*\) không sao chép|(?:vui lòng )?ghi rõ nguồn"
    r"|nguồn(?: tin| bài viết)?\s*:\s*(?:https?:|\[|link)|link (?:gốc|nguồn)"
    r"|bạn đang (?:đọc|xem) bài viết|mọi (?:thông tin )?(?:góp ý|ý kiến).{0,80} (?:gửi|liên hệ)"
    r"|(?:#[\w-]+[\s,]*)+$)",
    re.IGNORECASE,
)
# The same in few words: a longer line that begins so is a sentence.
_PROMOTION = re.compile(
    r"^\W*(?:tải (?:ứng dụng|app)\b|đọc báo in\W*$|đánh giá bài viết|gửi bình luận|in bài viết"
    r"|theo dõi .{2,40} trên (?:google|facebook|zalo|youtube|tiktok))",
    re.IGNORECASE,
)
_MAX_PROMOTION = 70  # characters
_PHOTO_CREDIT = re.compile(
    r"^\W*(?:nguồn )?(?:ảnh|đồ họa|infographic)(?: minh họa| tư liệu)?\s*[:：]", re.IGNORECASE
)
_CLOSING = 3  # lines at the end, where bylines stand
# Behind a headline in a list of other stories.
_DAY_BEHIND = re.compile(
    r"\s*\(?\d{1,2}[/-]\d{1,2}(?:[/-]\d{4})?\)?(?:\s*[|,-]?\s*\d{1,2}:\d{2})?\W*$"
)
_MAX_POINTER_LINE = 250  # characters; a longer line that begins so is a sentence
_MAX_BOX_HEADING = 40  # characters
_PAGES = ("http", "/")  # how links to other pages begin
_SIGNS = re.compile(r"\W+")


def drop_marked_boxes(root: HtmlElement) -> None:
    """Remove what class words or a style mark as a box, unless it holds much of the text."""
    whole = 0
    for element in list(root.iter(*_BOX_TAGS)):
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if not _BOX_WORDS.search(names) and not _HIDDEN.search(element.get("style", "")):
            continue
        whole = whole or len(text_of(root)) or 1
        if element is not root and len(text_of(element)) <= _MAX_SHARE * whole:
            drop(element)


def drop_linked_boxes(root: HtmlElement, lines: list[Line]) -> list[Line]:
    """Remove boxes by their headings ("Tin liên quan"), teasers and lines that point elsewhere.

    Prose has words around its links; a line that is one link is a headline of another story, and
    the small box that opens with it a teaser. A linked byline stays: it is read later.
    Returns the lines left.
    """
    whole = sum(len(line.text) for line in lines)
    texts: dict[HtmlElement, str] = {}
    boxes: list[HtmlElement] = []
    closing = len(lines) - _CLOSING
    for number, line in enumerate(lines):
        size = len(line.text)
        if size <= _MAX_BOX_HEADING and _BOX_HEADING.match(line.text):
            boxes += _headed_box(line.element, root, whole)
        elif _points_away(line.text) or (number < closing and _is_photo_credit(line.text)):
            boxes.append(line.element)
        elif size >= _MIN_POINTER and _is_one_link(line) and not read_byline(line.text):
            boxes.append(_teaser(line, root, whole, texts))
    for box in boxes:
        drop(box)
    return lines if not boxes else [line for line in lines if root in line.element.iterancestors()]


def _headed_box(heading: HtmlElement, root: HtmlElement, whole: int) -> list[HtmlElement]:
    """Return a box's heading or its frame, if that is mostly links, and the cards after it."""
    box = heading
    for ancestor in heading.iterancestors():
        if ancestor is root or len(text_of(ancestor)) > _MAX_SHARE * whole:
            break
        if link_share(ancestor) > 0.2 or len(text_of(ancestor)) <= 60:
            box = ancestor
    found = [box]
    for sibling in box.itersiblings():
        if _is_card(sibling):
            found.append(sibling)
        elif text_of(sibling):
            break
    return found


def _is_card(element: HtmlElement) -> bool:
    """True for a teaser or a list of them: a headline that is one link, perhaps with a lead."""
    if not isinstance(element.tag, str):
        return False
    links = [len(text_of(link)) for link in element.iter("a")]
    return max(links, default=0) >= _MIN_POINTER and link_share(element) > 0.15


def _teaser(
    line: Line, root: HtmlElement, whole: int, texts: dict[HtmlElement, str]
) -> HtmlElement:
    """Return the small box that opens with a headline that is one link: another story, its lead.

    texts: those of boxes seen before, kept because many teasers share a frame.
    """
    box = line.element
    for ancestor in line.element.iterancestors():
        if ancestor is root:
            break
        if ancestor not in texts:
            texts[ancestor] = text_of(ancestor)
        text = texts[ancestor]
        small = len(text) <= min(_MAX_TEASER, _MAX_SHARE * whole)
        opens = len(line.text) >= _MIN_HEADLINE and text.startswith(line.text)
        if not small or not opens:
            break
        box = ancestor
    return box


def link_share(element: HtmlElement) -> float:
    """Return how much of an element's text is link text, from 0 to 1."""
    links = sum(len(text_of(link)) for link in element.iter("a") if link.get("href"))
    return min(1.0, links / (len(text_of(element)) or 1))


def _is_one_link(line: Line) -> bool:
    if len(line.element) == 0 or next(line.element.iter("a"), None) is None:
        return False
    links = (link for link in line.element.iter("a") if link.get("href", "").startswith(_PAGES))
    linked = _SIGNS.sub("", "".join(map(text_of, links)))
    return len(linked) >= 0.95 * len(_SIGNS.sub("", _DAY_BEHIND.sub("", line.text))) > 0


def is_boilerplate_line(text: str) -> bool:
    """True for a line that is only a box's heading or points away from the article."""
    if len(text) <= 40 and _BOX_HEADING.match(text):
        return True
    return _points_away(text)


def _is_photo_credit(text: str) -> bool:
    """True for a line that only says whose a picture is; at a text's end it may be its byline."""
    return len(text) <= _MAX_PROMOTION and bool(_PHOTO_CREDIT.match(text))


def _points_away(text: str) -> bool:
    if len(text) <= _MAX_PROMOTION and _PROMOTION.match(text):
        return True
    return len(text) <= _MAX_POINTER_LINE and bool(_POINTER_LINE.match(text))
