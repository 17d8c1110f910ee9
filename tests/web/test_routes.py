"""Every page of the reader, in both languages, on both databases."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.responses import Response

from crawler.web.app import LIVE, PAGES, create_app, warm
from crawler.web.page import Page
from crawler.web.security import CSP
from storage.model.edits import Edit
from tests.support.asking import Answer, ask
from tests.support.reading import DONG_DA, HA_NOI, LANG, Desk

CAPTURED = "/ban-goc/{ref}/{state}/trang"
EXAMPLES = {
    "/": ["/", "/?bao=tienphong", f"/?noi={LANG}", "/?noi=dong da", "/?noi=không đâu cả",
          "/?ngay=14/9/2026", "/?ngay=2026-09-14"],
    "/dia-ban": ["/dia-ban", "/dia-ban?ten=dong da", "/dia-ban?ten=dong d"],
    "/dia-ban/{unit}": [f"/dia-ban/{LANG}", f"/dia-ban/{DONG_DA}?pham-vi=rieng",
                        f"/dia-ban/{DONG_DA}?pham-vi=lien-quan&bao=tienphong",
                        f"/dia-ban/{HA_NOI}", "/dia-ban/h-ba-vi@2008-07"],  # of several eras
    "/ban-do/{province}": [f"/ban-do/{HA_NOI}", f"/ban-do/{HA_NOI}?tu=2026-09-01&den=2026-09-15"],
    "/bai/{ref}": ["/bai/{edited}", "/bai/{edited}@1", "/bai/{copy}", "/bai/{hostile}",
                   "/bai/{removed}", "/bai/{old}"],
    "/bai/{ref}/so-sanh/{before}/{after}": ["/bai/{edited}/so-sanh/1/2", "/bai/{copy}/so-sanh/1/1"],
    "/bai/{ref}/trich-dan/{form}": ["/bai/{edited}/trich-dan/bibtex",
                                    "/bai/{edited}@1/trich-dan/ris",
                                    "/bai/{edited}/trich-dan/csl-json"],
    "/bai/{ref}/ban-ghi/{state}": ["/bai/{edited}/ban-ghi/1", "/bai/{edited}/ban-ghi/2"],
    "/bai/{ref}/ban-ghi/{state}/tai-ve": ["/bai/{edited}/ban-ghi/2/tai-ve"],
    "/ban-goc/{ref}/{state}": ["/ban-goc/{edited}/1"],
    "/ban-goc/{ref}/{state}/trang": ["/ban-goc/{edited}/1/trang"],
    "/thay-doi": ["/thay-doi", "/thay-doi?loai=lang-le&bao=tienphong", "/thay-doi?loai=go",
                  f"/thay-doi?noi={LANG}&tu=2026-09-01&den=2026-09-15", "/thay-doi?noi=dong da"],
    "/cau-chuyen/{ref}": ["/cau-chuyen/{source}", "/cau-chuyen/{old}"],
    "/cau-chuyen/{ref}/so-sanh/{other}": ["/cau-chuyen/{source}/so-sanh/{follower}"],
    "/bao": ["/bao"],
    "/bao/{slug}": ["/bao/tienphong", "/bao/vnexpress"],
    "/tim": ["/tim", "/tim?q=duong", "/tim?q=đường&xep=hop&gop=1", "/tim?q=tin&dem=1&trang=2",
             "/tim?the=giao thông&muc=xã hội&tac-gia=le van but&loai=text&tu=2026-09-01"],
    "/tim.atom": ["/tim.atom?q=duong", f"/tim.atom?noi={LANG}"],
    "/tim.csv": ["/tim.csv?q=duong"],
    "/tim.json": ["/tim.json?q=duong"],
    "/tinh-trang": ["/tinh-trang"],
}  # fmt: skip
ADDRESSES = [
    (route, address)
    for route, some in EXAMPLES.items()
    for address in some
    if route != CAPTURED  # the outlet's page: test_evidence.py
]


def test_every_route_has_an_example() -> None:
    assert {path for path, _ in (*PAGES, *LIVE)} == EXAMPLES.keys()


class _Checker(HTMLParser):
    """Collects links, and what the CSP would block."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" or "style" in given or any(name.startswith("on") for name in given):
            self.refused.append(f"{tag} {given}")
        if tag == "a" and "href" in given:
            self.links.append((given["href"], given.get("rel", "")))


def checked(answer: Answer) -> _Checker:
    found = _Checker()
    found.feed(answer.text)
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("route", "address"), ADDRESSES, ids=[one for _, one in ADDRESSES])
def test_a_page_answers_in_its_language(
    desk: Desk, route: str, address: str, language: str
) -> None:
    address = address.format(**desk.ids)
    if language == "en":
        address += f"{'&' if '?' in address else '?'}lang=en"
    answer = ask(desk.app, address)
    assert answer.status == 200, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["permissions-policy"]
    if answer.headers["content-type"].startswith("text/html"):
        assert answer.headers["content-security-policy"].startswith(CSP)
        assert f'<html lang="{language}">' in answer.text
        page = checked(answer)
        assert page.refused == []
        for link, rel in page.links:
            outside = link.startswith(("http:", "https:"))
            assert ({"noreferrer", "nofollow"} <= set(rel.split())) == outside, link
            if language == "en" and not outside and link != "#main" and rel != "alternate":
                assert "lang=en" in link or "hreflang" in answer.text, link


def links_of(desk: Desk, address: str) -> set[str]:
    answer = ask(desk.app, address.format(**desk.ids))
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return set()
    page = checked(answer)
    return {link for link, _ in page.links if link.startswith("/")}


def test_every_link_on_every_page_leads_somewhere(desk: Desk) -> None:
    found = {link for _, address in ADDRESSES for link in links_of(desk, address)}
    # Of each kind of address a few: there are hundreds of places.
    kinds: dict[str, list[str]] = {}
    for link in sorted(found):
        kinds.setdefault(re.sub(r"[\d%].*|/dia-ban/.*", "", link), []).append(link)
    for some in kinds.values():
        for link in some[:4]:
            assert ask(desk.app, link).status in {200, 301, 303}, link


def test_the_newest_page_shows_each_story_once_and_goes_on(desk: Desk) -> None:
    first = ask(desk.app, "/").text
    assert "Phường Láng mở đường mới" in first
    assert "2 báo đăng" in first
    seen: list[str] = []
    address = "/"
    for _ in range(5):
        page = ask(desk.app, address).text
        seen += re.findall(r'class="hit"[^>]*><a href="(/bai/\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 44  # all but the copy and the one taken down
    assert f"/bai/{desk.ids['copy']}" not in seen


def test_an_ambiguous_name_offers_each_place_with_its_era(desk: Desk) -> None:
    text = ask(desk.app, "/dia-ban?ten=dong da").text
    assert "quận Đống Đa" in text
    assert "đến hết 30/6/2025" in text
    assert f"/dia-ban/{DONG_DA}" in text


def test_a_name_that_is_clear_leads_to_its_place(desk: Desk) -> None:
    answer = ask(desk.app, "/dia-ban?ten=phường láng")
    assert answer.status == 303
    assert answer.headers["location"] == f"/dia-ban/{LANG}"


def test_reach_decides_what_a_former_district_shows(desk: Desk) -> None:
    own = ask(desk.app, f"/dia-ban/{DONG_DA}?pham-vi=rieng").text
    core = ask(desk.app, f"/dia-ban/{DONG_DA}").text
    assert "Quận Đống Đa năm cũ" in own
    assert "Phường Láng mở đường mới" not in own
    assert "Quận Đống Đa năm cũ" in core
    assert "Phường Láng mở đường mới" in core


def test_a_comparison_marks_words(desk: Desk) -> None:
    text = ask(desk.app, f"/bai/{desk.ids['edited']}/so-sanh/1/2").text
    assert re.search(r"<ins>[^<]*lặng lẽ", text)
    assert "<del>" in text


@pytest.mark.parametrize(("language", "told"), [("vi", "từ ký tự thứ 1."), ("en", "closing quote")])
def test_a_search_that_is_not_understood_is_explained(desk: Desk, language: str, told: str) -> None:
    answer = ask(desk.app, f"/tim?q=%22ngap&lang={language}")
    assert answer.status == 400
    assert told in answer.text


@pytest.mark.parametrize(
    ("address", "kept", "told"),
    [
        ('/tim?q="ngap&bao=tienphong&noi=phường láng&xep=hop&the=giao thông',
         ('value="&#34;ngap"', "phường láng", '"tienphong" selected', '"hop" selected',
          'type="hidden" name="the" value="giao thông"'), "phải có dấu đóng"),
        ("/tim?q=ngập&tu=2026-09-02&den=2026-09-01",
         ('value="ngập"', 'value="2026-09-02"'), "đổi chỗ hai ngày"),
        ("/tim?q=ngập&trang=99", ('value="ngập"',), "từ trang 1 đến trang 10"),
        ("/?ngay=hôm qua&bao=tienphong", ('"tienphong" selected',), "“hôm qua” không phải"),
        ("/thay-doi?loai=go&noi=láng&tu=2020-01-01&den=2026-01-01",
         ('value="go"', 'value="láng"', 'value="2020-01-01"'), "nhiều nhất 367 ngày"),
        (f"/ban-do/{HA_NOI}?tu=2026-09-02&den=2026-09-01", ('value="2026-09-02"',), "theo thứ tự"),
    ],
)  # fmt: skip
def test_a_form_that_is_not_understood_is_kept(
    desk: Desk, address: str, kept: tuple[str, ...], told: str
) -> None:
    answer = ask(desk.app, address)
    assert answer.status == 400
    assert told in answer.text
    for value in kept:
        assert value in answer.text, value


def test_an_article_says_how_sure_its_places_are_and_what_it_is_to_the_story(desk: Desk) -> None:
    text = ask(desk.app, f"/bai/{desk.ids['copy']}?lang=en").text
    assert re.search(r'phường Láng</a>.*<span class="small">certain</span>', text)
    assert "A reprint of Tiền Phong" in text or "earliest" in text
    told = ask(desk.app, f"/cau-chuyen/{desk.ids['source']}").text
    assert '<span class="place">đăng lại</span>' in told


def test_an_article_says_that_it_is_gone_or_not_the_newest(desk: Desk) -> None:
    assert "Báo đã gỡ trang này" in ask(desk.app, f"/bai/{desk.ids['removed']}").text
    assert "không phải bản mới nhất" in ask(desk.app, f"/bai/{desk.ids['edited']}@1").text


def test_what_takes_too_long_to_compare_is_left_to_its_own_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"/cau-chuyen/{desk.ids['source']}"
    assert "số chữ" in ask(desk.app, "/thay-doi").text
    monkeypatch.setattr("crawler.web.page.COMPARING_SECONDS", -1)
    for address in ("/thay-doi", told):
        text = ask(desk.app, address).text
        assert "Có bài chưa được so sánh ở đây" in text
        assert not re.search(r"\d% số chữ", text)
    assert "so với bản đầu" in text


def test_stealth_edits_that_were_not_looked_for_are_owned_up_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Chỉ xét" not in ask(desk.app, "/thay-doi?loai=lang-le").text
    monkeypatch.setattr("crawler.web.routes.changes._SCANNED", 1)
    monkeypatch.setattr(Edit, "is_stealth", False)
    text = ask(desk.app, "/thay-doi?loai=lang-le").text
    assert "Chỉ xét 1 lần sửa gần nhất" in text
    assert "Không thấy thay đổi nào" not in text


def test_a_place_of_one_outlet_counts_only_that_outlet_on_its_map(desk: Desk) -> None:
    path = f"/dia-ban/{HA_NOI}"
    assert f'/dia-ban/{LANG}" tabindex="-1" aria-label="phường Láng: 2"' in ask(desk.app, path).text
    one = ask(desk.app, f"{path}?bao=laodongthudo").text
    assert f'/dia-ban/{LANG}" tabindex="-1" aria-label="phường Láng: 1"' in one


def test_a_reader_can_make_a_page_of_each_kind_before_it_listens(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "crawler.web"):
        warm(desk.reader)
    assert caplog.messages == []


def test_a_page_that_cannot_be_made_does_not_keep_the_reader_from_listening(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def broken(page: Page) -> Response:
        made.append(page.at)
        raise RuntimeError("no such page")

    monkeypatch.setattr("crawler.web.app.newest", broken)
    warm(desk.reader)
    assert len(made) == 1


def test_search_marks_words_and_counts(desk: Desk) -> None:
    text = ask(desk.app, "/tim?q=duong&dem=1").text
    assert "<mark>" in text
    assert "Phân bố của" in text


def test_monitors_get_503_with_what_is_wrong(desk: Desk) -> None:
    app = create_app(replace(desk.reader, faults=lambda: ["tienphong: feed silent"]))
    answer = ask(app, "/tinh-trang")
    assert (answer.status, answer.text) == (503, "tienphong: feed silent\n")
    assert ask(desk.app, "/tinh-trang").text == "ok\n"
