"""What belongs to an article and what does not, on small pages of a template that nobody knows."""

from datetime import UTC, datetime

import pytest

from crawler.extract import extract
from crawler.page.response import Page
from storage.model.articles import Article, Refusal
from tests.support.unseen import PARAGRAPHS, TITLE

URL = "https://benlau.example/doi-song/cho-noi-ben-lau-hop-lai-20417.html"
FETCHED = datetime(2026, 11, 22, 3, tzinfo=UTC)
HEAD = f"<title>{TITLE}</title><meta property='og:type' content='article'>"
OTHER = "".join(
    f"<p>Xã Cồn Vạc mở tuyến xe đêm qua bến thứ {number}, vé đồng giá trong suốt tháng này.</p>"
    for number in range(9)
)


ROWS = "".join(f"<tr><td>Ghe số {number}</td><td>57</td></tr>" for number in range(30))


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts or PARAGRAPHS)


def page(body: str, *, head: str = HEAD, after: str = "", info: str = "15/11/2026 06:45") -> str:
    return (
        f"<html lang='en'><head><meta charset='utf-8'>{head}</head><body><div class='col'>"
        f"<h1>{TITLE}</h1><div class='info'>{info}</div><div class='chu'>{body}</div></div>"
        f"{after}</body></html>"
    )


def read(html: str, url: str = URL) -> Article:
    result = extract(Page(url, html.encode(), FETCHED), None)
    assert isinstance(result, Article), result
    return result


def lines(html: str) -> list[str]:
    return [block.text for block in read(html).blocks]


_TWO, _REST = paragraphs(*PARAGRAPHS[:2]), paragraphs(*PARAGRAPHS[2:])


@pytest.mark.parametrize(
    "html",
    [
        page(f"<section>{_TWO}</section><div class='ads'>QC</div><section>{_REST}</section>"),
        page(f"{_TWO}</div>{_REST}<div>"),
        page(f"{_TWO}</div></div>{_REST}<div>"),
        page("".join(f"<div class='r'><div>{paragraphs(text)}</div></div>" for text in PARAGRAPHS)),
        page(f"<div class='pc'>{paragraphs()}</div><div class='mobile'>{paragraphs()}</div>"),
        page(paragraphs(), after=f"<div><h1>Cồn Vạc mở tuyến xe đêm mới</h1>{OTHER}</div>"),
        page(
            paragraphs(),
            after=f"<div data-url='/con-vac-20418.html'><h2>Tuyến xe đêm mới</h2>{OTHER}</div>",
        ),
        page(f"{_TWO}<form><p>Nhập thư điện tử</p><input type='email'></form>{_REST}"),
        page(f"{_TWO}<p hidden>Ẩn</p><div style='display: none'>Debug: ADS 3</div>{_REST}"),
    ],
    ids=["sections", "stray", "stray2", "deep", "doubled", "headline", "address", "form", "hidden"],
)
def test_the_text_is_whole_and_alone(html: str) -> None:
    assert lines(html) == list(PARAGRAPHS)


def test_a_shell_is_read_from_what_its_head_holds() -> None:
    text = "\\n".join(PARAGRAPHS)
    script = f'{{"@type": "NewsArticle", "headline": "{TITLE}", "articleBody": "{text}"}}'
    shell = page("", head=f"{HEAD}<script type='application/ld+json'>{script}</script>")
    article = read(shell)
    assert [block.text for block in article.blocks] == list(PARAGRAPHS)
    assert article.extraction.path == "jsonld"


def test_prose_that_stands_elsewhere_is_noted() -> None:
    other = "".join(f"<p>Chợ thứ {number}: {text}</p>" for number, text in enumerate(PARAGRAPHS))
    html = page(paragraphs(), after=f"<div class='phan-hai'>{other}</div>")
    known = html.replace("class='chu'", "class='fck_detail'")
    article = read(known, "https://vnexpress.net/cho-noi-ben-lau-5020417.html")
    assert [block.text for block in article.blocks] == list(PARAGRAPHS)
    assert [note for note in article.notes if note.startswith("partial: ")]


@pytest.mark.parametrize(
    ("closing", "kept", "authors"),
    [
        (("Ba em được tặng xe:", "Tạ Thị Mơ", "Lê Văn Sậy"), 3, ()),
        (("Tạ Thị Mơ", "Lê Văn Sậy", "Đỗ Minh Khang"), 3, ()),
        (("Phường Bến Lau", "Xã Cồn Vạc"), 2, ()),
        (("Hà Nội, ngày 15/11/2026",), 1, ()),
        (("Hết",), 1, ()),
        (("Một số hình ảnh khác:", "Nghiêm Thúc Bình"), 1, ("Nghiêm Thúc Bình",)),
        (("Nghiêm Thúc Bình", "Theo Báo Bến Lau"), 0, ("Nghiêm Thúc Bình",)),
        (("Theo Minh Sậy/Congnghe.vn", "Forbes"), 0, ()),
        (("Tác giả: Nghiêm Thúc Bình", "Lượt xem: 1.203"), 0, ("Nghiêm Thúc Bình",)),
    ],
)
def test_closing_lines(closing: tuple[str, ...], kept: int, authors: tuple[str, ...]) -> None:
    article = read(page(paragraphs(*PARAGRAPHS, *closing)))
    assert [block.text for block in article.blocks] == [*PARAGRAPHS, *closing[:kept]]
    assert article.authors == authors


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("<p><img src='/a.jpg' style='float:left'>Ghe bưởi neo kín bến từ sớm.</p>", None),
        ("<p>Bà Mơ cười <img src='/emoji/1f600.png' width='16'> khi buộc ghe.</p>",
         "Bà Mơ cười khi buộc ghe."),
        ("<table><tr><td></td><td>Sáng</td></tr><tr><td>Thứ bảy</td><td>57 ghe</td></tr></table>",
         "| Sáng Thứ bảy | 57 ghe"),
        ("<ul><li>Gạo<ul><li>Gạo nếp</li></ul></li><li>Bưởi</li></ul>", "Gạo Gạo nếp Bưởi"),
        ("<pre>Chợ nổi sáng sông\nGhe về bến cũ</pre>", "Chợ nổi sáng sông Ghe về bến cũ"),
        ("<p>Mỗi năm 10<sup>6</sup> trái, trên 300 m<sup>2</sup> sàn.</p>",
         "Mỗi năm 10⁶ trái, trên 300 m2 sàn."),
        ("<p>Xem benlau.example/?a=1&amp;region=5 để biết giờ họp.</p>",
         "Xem benlau.example/?a=1&region=5 để biết giờ họp."),
        ("<h3>Chia sẻ</h3><p>Bà con kể rằng nước lớn làm ghe dễ vào bến hơn trước.</p>", None),
        ("<div class='poll-result'><p>Bảy phần mười số hộ muốn thêm phiên chiều.</p></div>", None),
        ("<p><a href='/x-1.html'>Tháng ba vừa rồi, hai chiếc ghe đã chìm ở khúc cong này.</a></p>",
         None),
        ("<p>Theo dõi kênh dẫn nước suốt một tuần, xã tìm ra hai cống bị tắc.</p>", None),
    ],
)  # fmt: skip
def test_what_looks_like_furniture_stays(part: str, shown: str | None) -> None:
    found = lines(page(f"{_TWO}{part}{_REST}"))
    middle = " ".join(found[2 : len(found) - len(PARAGRAPHS[2:])])
    assert found[:2] == list(PARAGRAPHS[:2])
    assert middle if shown is None else middle == shown


@pytest.mark.parametrize(
    "part",
    [
        "<p>Tải app Bến Lau để đọc báo nhanh hơn</p>",
        "<div>Chia sẻ bài viết: <a href='#'>Facebook</a></div>",
        "<p>Mời bạn đọc theo dõi kênh Zalo của Báo Bến Lau</p>",
        "<p><a href='/x-1.html'>Cồn Vạc mở tuyến xe đêm mới qua ba xã</a></p>",
        "<p>A- A+ | In bài | Gửi email</p>",
    ],
)
def test_furniture_between_paragraphs_goes(part: str) -> None:
    assert lines(page(f"{_TWO}{part}{_REST}")) == list(PARAGRAPHS)


@pytest.mark.parametrize(
    ("info", "at"),
    [
        ("Cập nhật: 18/11/2026 17:40 Đăng: 15/11/2026 06:45", "2026-11-14T23:45"),
        ("15 Tháng Mười Một, 2026", "2026-11-14T17:00"),
        ("15 Th11, 2026", "2026-11-14T17:00"),
        ("November 15, 2026", "2026-11-14T17:00"),
        ("Hôm nay, 08:15", "2026-11-22T01:15"),
        ("Hôm qua, 21:30", "2026-11-21T14:30"),
        ("15/11/2026 03:04 chiều", "2026-11-15T08:04"),
    ],
)
def test_printed_times(info: str, at: str) -> None:
    article = read(page(paragraphs(), info=info))
    assert article.published_at == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_an_update_beside_the_time_of_publication_is_the_change() -> None:
    info = "Đăng: 15/11/2026 06:45 | Cập nhật: 18/11/2026 17:40"
    changed = datetime(2026, 11, 18, 10, 40, tzinfo=UTC)
    assert read(page(paragraphs(), info=info)).modified_at == changed


def test_the_language_is_that_of_the_text() -> None:
    assert read(page(paragraphs())).language == "vi"


def test_a_page_without_metadata_is_an_article_with_a_doubt() -> None:
    article = read(page(paragraphs(), head=f"<title>{TITLE}</title>", info=""))
    assert article.notes == ("doubt: the page does not call itself an article and gives no date",)


def test_a_barrier_is_a_note_and_no_text() -> None:
    ask = "<div class='c'><p>Đăng ký gói độc giả để đọc tiếp toàn bộ bài viết.</p></div>"
    article = read(page(f"{paragraphs()}{ask}"))
    assert [block.text for block in article.blocks] == list(PARAGRAPHS)
    assert [note for note in article.notes if note.startswith("paywall: ")]


@pytest.mark.parametrize(
    ("name", "html", "url"),
    [
        ("login page", page("<p>Nhập tên và mật khẩu để vào hệ thống của xã Bến Lau, rồi bấm nút "
                            "đăng nhập ở dưới.</p><input type='password'>", head=""), URL),
        ("forum thread", page(paragraphs(), head=""), "https://x.example/threads/cho-noi.12345/"),
        ("table page", page(f"<p>Số liệu của xã.</p><table>{ROWS}</table>", head=""), URL),
    ],
)  # fmt: skip
def test_pages_of_other_kinds_are_named(name: str, html: str, url: str) -> None:
    result = extract(Page(url, html.encode(), FETCHED), None)
    assert isinstance(result, Refusal)
    assert result.evidence.startswith(name)


def test_text_that_was_encoded_twice_is_put_right() -> None:
    twice = page(paragraphs()).encode().decode("latin-1").encode()
    result = extract(Page(URL, twice, FETCHED), None)
    assert isinstance(result, Article)
    assert (result.title, result.blocks[0].text) == (TITLE, PARAGRAPHS[0])
