"""Recognition of boilerplate lines: headings of boxes, and lines about the page or outlet. Pure.

A word alone proves little, because news may begin with it: if a line is longer than a label, the
rest of it must mention a channel, a part of the site or a contact.
"""

import re

# Headings of boxes: a block that is only one of these begins a box.
_BOX_HEADING = re.compile(
    r"^\W*(?:có thể (?:bạn|bạn đọc|độc giả) quan tâm|bạn có thể quan tâm|nên xem|nên đọc|tin khác"
    r"|các tin khác|tin(?:,? bài)? (?:liên quan|cùng chuyên mục|cùng chủ đề|nổi bật|tài trợ)"
    r"|tin (?:mới|mới nhất|nóng|đọc nhiều|xem nhiều)|tin tức (?:gần đây|khác|mới(?: nhất)?)"
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
# Headings of boxes that can also be subheads, if they are formatted as headings above prose.
_AMBIGUOUS_HEADING = re.compile(
    r"^\W*(?:chia sẻ|chủ đề|video|nổi bật|thích|like|theo dõi|tham khảo thêm|bình luận|từ kho[áa]"
    r"|ý kiến (?:bạn đọc|của bạn)|đọc thêm|nên xem|lưu)\W*$",
    re.IGNORECASE,
)
# Beginnings of lines that point to another page or label something next to them.
_POINTER_LINE = re.compile(
    r"^\W*(?:> ?>+|»|►\s*xem|(?:xem|đọc) (?:thêm|tiếp)\s*(?::|> ?>)|xem (?:video|clip)\s*:"
    r"|tin liên quan\s*:|bài liên quan\s*:|tags?\s*:|từ kho[áa]\s*:|dòng sự kiện\s*:"
    r"|có thể bạn quan tâm\s*:|(?:video|clip)\s*:|©|(?:bản quyền|copyright)\s*©"
    r"|chia sẻ bài viết\s*:|chia sẻ\s*:(?:\W*(?:facebook|zalo|twitter|x|email|in))*\W*$"
    r"|\(\*\) không sao chép"
    r"|(?:số )?lượt (?:xem|đọc|truy cập)\s*:\s*[\d.,]+(?: lượt)?\W*$"
    r"|[\d.,]+ lượt (?:xem|đọc)\W*$|(?:người (?:đăng|cập nhật)|đăng bởi|views?)\s*:.{0,40}$"
    r"|(?:tổng số điểm|xếp hạng|đánh giá) (?:của )?bài viết(?: là)?\s*:"
    r"|(?:bình chọn|xếp hạng)\s*:\s*\d.{0,30}$|trang chủ\s*[»›>/|].{0,80}$"
    r"|nguồn(?: tin| bài viết)?\s*:\s*(?:https?:|\[|link)|link (?:gốc|nguồn|bài gốc)\s*(?::|http|$)"
    r"|copy link|https?://\S+$|(?:#[\w-]+[\s,]*)+$)",
    re.IGNORECASE,
)
# Beginnings of lines about the page itself, and also of ordinary sentences. The rest of the line
# decides: a channel, a part of the site, a contact.
_ABOUT_PAGE = re.compile(
    r"^\W*(?:mời (?:quý )?(?:độc giả|bạn đọc|quý vị)|chia sẻ (?:facebook|zalo|bài viết)"
    r"|theo dõi(?= (?:báo|chúng tôi|kênh|trang|fanpage)| .{2,40} trên (?:google|facebook|zalo|you))"
    r"|(?:bấm|nhấn|ấn|click) (?:vào )?(?:đây )?để (?:theo dõi|xem|đọc)|copyright"
    r"|bản quyền (?:thuộc|bởi)|(?:nghiêm )?cấm sao chép|(?:vui lòng )?ghi rõ nguồn|đọc báo in"
    r"|bạn đang (?:đọc|xem) bài viết|mọi (?:thông tin )?(?:góp ý|ý kiến|phản hồi)|gửi bình luận"
    r"|tải (?:ứng dụng|app)|đánh giá bài viết|in bài viết|đăng ký (?:gói|mua|nhận|theo dõi))\b",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"(?i:google news|facebook|fanpage|\bzalo\b|youtube|tiktok|telegram|app store|google play"
    r"|ch play|\bapp\b|website|trang (?:web|này|tin)|\S@\S|https?:|www\.|\.(?:vn|com)\b|toà soạn"
    r"|tòa soạn|bài viết này|chuyên mục|báo (?:điện tử|in)\b|độc giả|bạn đọc|bản tin|tại đây"
    r"|hotline|đường dây nóng|nội dung (?:này|bài)|phát hành lại|dưới mọi hình thức|chúng tôi"
    r"|đón (?:xem|đọc)|đọc tiếp|kênh video|để (?:đọc|xem|nhận|cập nhật) (?:báo|tin|thông báo))"
    r"|\b[Bb](?:áo|ÁO) [A-ZĐ]|[Ứứ]ng dụng (?:của )?(?:báo\b|[A-ZĐ])"
)
PAYWALL = re.compile(
    r"(?:đăng ký|đăng nhập|mua|nâng cấp)[^.]{0,60}(?:để|và) (?:đọc|xem)(?: tiếp| toàn bộ| trọn)"
    r"|dành (?:riêng )?cho (?:độc giả|bạn đọc|thành viên) (?:VIP|premium|trả phí|đặt mua)",
    re.IGNORECASE,
)
# Names of tools, one or several in a line.
_TOOLS = re.compile(
    r"^(?:\W*(?:a|in(?: bài(?: viết)?| trang)?|bản in|print|gửi (?:email|bạn bè)|email|tweet"
    r"|facebook|zalo|lưu|like|thích|chia sẻ|sao chép liên kết|copy link|quay lại|về trước"
    r"|lên đầu trang)(?!\w))+\W*$",
    re.IGNORECASE,
)
_MAX_LABEL = 30  # characters; a line up to this length is a label unless it is a sentence
_PHOTO_CREDIT = re.compile(
    r"^\W*(?:nguồn )?(?:ảnh|đồ họa|infographic)(?: minh họa| tư liệu)?\s*[:：]", re.IGNORECASE
)
_MAX_POINTER_LINE = 250  # characters; a longer line is a paragraph
_MAX_BOX_HEADING = 40  # characters
_MAX_CREDIT = 70  # characters


def is_box_heading(text: str) -> bool:
    """True for the heading of a box on many pages ("Tin liên quan", "Chia sẻ")."""
    if len(text) > _MAX_BOX_HEADING:
        return False
    return bool(_BOX_HEADING.match(text) or _TOOLS.match(text))


def may_be_subhead(text: str) -> bool:
    """True for a box's heading that can also be a subhead of the text."""
    return bool(_AMBIGUOUS_HEADING.match(text))


def is_boilerplate_line(text: str) -> bool:
    """True for a line that is a box's heading or points away from the article."""
    return is_box_heading(text) or points_away(text)


def is_photo_credit(text: str) -> bool:
    """True for a line that is only a photo credit; at the end of a text it may be the byline."""
    return len(text) <= _MAX_CREDIT and bool(_PHOTO_CREDIT.match(text))


def points_away(text: str) -> bool:
    """True for a line that points to another page or is about this page, not about the news."""
    if len(text) > _MAX_POINTER_LINE:
        return False
    if _POINTER_LINE.match(text):
        return True
    begin = _ABOUT_PAGE.match(text)
    if begin is None:
        return False
    is_label = len(text) <= _MAX_LABEL and not text.endswith(".")
    return is_label or bool(_CHANNEL.search(text, begin.end()))


def is_barrier(text: str) -> bool:
    """True for a short line that asks for a subscription or login to read on."""
    return len(text) <= _MAX_POINTER_LINE and bool(PAYWALL.search(text))
