"""Pages of outlets that no family knows, in the markup of real templates.

One invented story is rendered in many templates (tests/unseen_pages); each adds the boxes that such
pages have in and around the text. The expected result is the same for all, except for what `Unseen`
names, so that a rule that fits only one page breaks another.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from string import Template

from crawler.page.response import Page
from tests.support.paths import TESTS

FETCHED = datetime(2026, 11, 22, 3, tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 14, 23, 45, tzinfo=UTC)  # printed as 06:45, 15/11/2026
TITLE = "Xã Bến Lau dựng lại chợ nổi sau mười năm vắng thuyền"
LEAD = (
    "Chợ nổi Bến Lau họp lại từ sáng 14/11 với gần 60 chiếc ghe, sau khi xã nạo vét xong bốn cây "
    "số rạch."
)
PARAGRAPHS = (
    "Ông Lương Khắc Duy, Chủ tịch UBND xã Bến Lau, cho biết đợt nạo vét kéo dài bảy tháng, do ba "
    "hợp tác xã ghe hàng cùng góp máy và góp công. Con rạch nay đủ sâu cho ghe mười tấn.",
    "Theo ban quản lý chợ, mỗi phiên họp từ 4 giờ đến 8 giờ sáng, bán gạo, trái cây và đồ gốm. "
    "Phiên đầu tiên có 57 ghe, nhiều nhất là ghe chở bưởi từ cù lao Sậy.",
    "“Mẹ tôi bán bún ở đây hai mươi năm, nay tôi bán tiếp”, bà Tạ Thị Mơ nói khi buộc ghe vào cọc.",
    "Xã đặt thêm tám cọc neo, hai bến lên hàng và một trạm thu rác nổi. Tiền lấy từ quỹ khuyến "
    "công của tỉnh, phần còn lại do các chủ ghe đóng góp trong ba năm.",
    "Từ tháng 12, chợ mở thêm phiên chiều thứ bảy cho khách tham quan, có thuyền đưa đón tại cầu "
    "Gỗ.",
)
QUESTIONS = ("Chợ nổi khác trước ra sao, thưa ông?", "Điều gì làm ông lo nhất?")
CAPTION = "Ghe chở bưởi neo ở cọc số ba trong phiên chợ đầu tiên."
AUTHOR = "Nghiêm Thúc Bình"

_FOLDER = TESTS / "unseen_pages"
_BEGIN = (
    "<!DOCTYPE html><html lang='vi'><head><meta charset='utf-8'><title>$title</title>"
    "<meta name='description' content='$lead'><meta property='og:title' content='$title'>"
)
_MENU = (
    "</head><body><header><div class='top'><span class='today'>Chủ nhật, 22/11/2026</span>"
    "<ul class='menu'>$items</ul></div></header>"
)
_TEASER = (
    "<article class='story'><a href='/khac-$n.html' title='x'><img src='/t$n.jpg'></a>"
    "<h3><a href='/khac-$n.html'>Huyện Cồn Vạc mở tuyến xe đêm số $n qua ba xã ven sông</a></h3>"
    "<time datetime='2026-11-1$n 21:0$n'>1$n/11/2026 21:0$n</time>"
    "<span class='author'>Vũ Thế Mạch</span><p class='sapo'>Tuyến số $n chạy từ 22 giờ, qua bến xe "
    "cũ, trạm y tế và ba ngã tư, vé đồng giá cho mọi chặng trong suốt tháng này.</p></article>"
)
_FOOT = (
    "<footer><p>Cơ quan chủ quản: Hội Nhà vườn tỉnh Bến Lau. Giấy phép số 12/GP-TTDT cấp ngày "
    "02/03/2021. Tổng biên tập: Trịnh Công Hoạt. Điện thoại: 0000 000 000.</p>"
    "<p>© Bản quyền thuộc về Báo Bến Lau. Cấm sao chép dưới mọi hình thức nếu không có sự chấp "
    "thuận bằng văn bản.</p></footer></body></html>"
)


@dataclass(frozen=True)
class Unseen:
    """A template's URL, and the expected fields that differ from those of the common story."""

    url: str
    expect: dict[str, object] = field(default_factory=dict)


UNSEEN = {
    "news_agency": Unseen("https://baobenlau.example/xa-hoi/cho-noi-20261115064412345.htm"),
    "radio": Unseen(
        "https://dai.example/xa-hoi/cho-noi-ben-lau-post1100222.vov", {"dateline": "VBL.VN"}
    ),
    "army_paper": Unseen(
        "https://quandoi.example/xa-hoi/cho-noi-ben-lau-hop-lai-812345",
        {"authors": (AUTHOR.upper(),), "dateline": "QDBL Online"},
    ),
    "union_paper": Unseen("https://congdoan.example/xa-hoi/cho-noi-ben-lau-1412345.ldo"),
    "investment_paper": Unseen("https://dautu.example/cho-noi-ben-lau-hop-lai-d538952.html"),
    "sports_paper": Unseen("https://thethao.example/tin/cho-noi-ben-lau-4512342611.html"),
    "web_forms": Unseen("https://baotinh.example/tabid/67/id/41233/Cho-noi-Ben-Lau.aspx"),
    "wordpress": Unseen("https://tapchi.example/2026/11/cho-noi-ben-lau/"),
    "drupal": Unseen("https://truyenhinh.example/cho-noi-ben-lau-hop-lai-243210.htm"),
    "portal": Unseen("https://nguoidua.example/cho-noi-ben-lau-a612345.html"),
    "print_paper": Unseen(
        "https://baoin.example/doi-song/cho-noi-ben-lau-20261115.html",
        {"captions": [f"{CAPTION} Ảnh: Khắc Trung"]},
    ),
    "agency_copy": Unseen(
        "https://tongthop.example/tin-trong-nuoc/cho-noi-ben-lau-c46a1512345.html",
        {"authors": (), "credit": "TTXVN"},
    ),
    "broken_head": Unseen("https://hong.example/tin-tuc/cho-noi-ben-lau-778812.html"),
    "interview": Unseen(
        "https://phongvan.example/cho-noi-ben-lau-post55123.html",
        {
            "authors": (AUTHOR, "Lê Thu Sương"),
            "captions": [],
            "blocks": [
                PARAGRAPHS[0], QUESTIONS[0], PARAGRAPHS[1], QUESTIONS[1], *PARAGRAPHS[2:],
            ],
        },
    ),
    "short_notice": Unseen(
        "https://nganbao.example/tin/cho-noi-ben-lau-9912.html",
        {"blocks": [PARAGRAPHS[2], PARAGRAPHS[4]], "captions": []},
    ),
    "logo_headline": Unseen("https://ngaynay.example/doi-song/cho-noi-ben-lau-77123.html"),
    "divs": Unseen("https://khung.example/doi-song/cho-noi-ben-lau-51234.html"),
}  # fmt: skip


def unseen_page(name: str) -> Page:
    """Return the page of a template with the story."""
    cards = "".join(Template(_TEASER).substitute(n=number) for number in range(1, 7))
    items = "".join(f"<li><a href='/muc-{n}/'>Mục số {n}</a></li>" for n in range(12))
    story = {
        "title": TITLE, "lead": LEAD, "caption": CAPTION, "author": AUTHOR,
        "capitals": AUTHOR.upper(), "teasers": f"<div class='list-story'>{cards}</div>",
        "menu": Template(_MENU).substitute(items=items), "foot": _FOOT,
        "paragraphs": "".join(f"<p>{text}</p>" for text in PARAGRAPHS),
        **{f"p{number}": text for number, text in enumerate(PARAGRAPHS)},
    }  # fmt: skip
    html = Template((_FOLDER / f"{name}.html").read_text(encoding="utf-8"))
    begin = Template(_BEGIN).substitute(story)
    return Page(UNSEEN[name].url, html.substitute(story, begin=begin).encode(), FETCHED)


def wanted(name: str) -> dict[str, object]:
    """Return the expected fields of a template's page."""
    return {
        "title": TITLE,
        "sapo": LEAD,
        "dateline": None,
        "blocks": list(PARAGRAPHS),
        "authors": (AUTHOR,),
        "credit": None,
        "published_at": PUBLISHED,
        "captions": [CAPTION],
        **UNSEEN[name].expect,
    }
