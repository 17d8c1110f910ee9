"""Requests that the reader rejects, and content that it never shows."""

from dataclasses import replace

import pytest

from crawler.web.app import PAGES, create_app
from storage.errors import SlowQueryError
from tests.support.asking import ask
from tests.support.reading import DONG_DA, HA_NOI, LANG, Desk

FORMS = (
    "/bai/{}",
    "/bai/{}@1",
    "/bai/{}/so-sanh/1/1",
    "/bai/{}/trich-dan/ris",
    "/bai/{}/ban-ghi/1",
    "/bai/{}/ban-ghi/1/tai-ve",
    "/ban-goc/{}/1",
    "/ban-goc/{}/1/trang",
    "/cau-chuyen/{}",
    "/cau-chuyen/{}/so-sanh/1",
)
"""Paths of an article's pages."""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_but_get_and_head(desk: Desk, method: str) -> None:
    answer = ask(desk.app, "/", method)
    assert answer.status == 405
    assert answer.headers["content-security-policy"]


def test_head_has_the_headers_of_get(desk: Desk) -> None:
    got, headed = ask(desk.app, "/"), ask(desk.app, "/", "HEAD")
    assert headed.status == 200
    assert headed.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example:8090", "[::2]:1"])
def test_a_foreign_host_is_refused(desk: Desk, host: str) -> None:
    assert ask(desk.app, "/", headers={"host": host}).status == 421


def test_the_host_of_the_base_url_is_answered_and_its_path_is_kept(desk: Desk) -> None:
    app = create_app(replace(desk.reader, base_url="https://tin.example.vn/kho"))
    answer = ask(app, "/", headers={"host": "tin.example.vn"})
    assert answer.status == 200
    assert 'href="/kho/dia-ban"' in answer.text
    assert 'href="/dia-ban"' not in answer.text


def test_an_article_that_was_taken_down_leaves_no_trace(desk: Desk) -> None:
    secret, never = desk.ids["secret"], 99_999
    for form in FORMS:
        gone, unknown = ask(desk.app, form.format(secret)), ask(desk.app, form.format(never))
        assert gone.status == 404
        assert gone.text.replace(f"/{secret}", "/N") == unknown.text.replace(f"/{never}", "/N")
    addresses = (
        "/",
        f"/dia-ban/{LANG}",
        f"/dia-ban/{HA_NOI}",
        "/tim?q=rieng",
        "/tim?the=giao thông",
        "/thay-doi?loai=go",
        "/bao/tienphong",
    )
    for address in addresses:
        text = ask(desk.app, address).text
        assert "Chuyện riêng" not in text
        assert f"/bai/{secret}" not in text


def test_a_hostile_title_is_text(desk: Desk) -> None:
    addresses = ("/", "/bai/{hostile}", "/tim?q=alert", f"/dia-ban/{DONG_DA}", "/bai/{hostile}@1")
    for address in addresses:
        text = ask(desk.app, address.format(**desk.ids)).text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script" not in text
        assert "\u202e" not in text
        assert "\u2066" not in text
    assert ask(desk.app, "/").text.count("dài ") < 200


@pytest.mark.parametrize(
    "address",
    [
        "/?ngay=31/31/2026", "/?ngay=hôm qua", "/?ngay=9999-01-01", "/?sau=x", "/?sau=1_x",
        "/?sau=99999999999999999999_1", "/?sau=1_99999999999999999999", "/?sau=1_-5", "/?sau=١_١",
        "/tim?q=a&trang=00019999", "/tim?q=a&trang=0", "/tim?q=a&trang=11", "/tim?q=a&trang=٣",
        "/tim?q=a&tu=2026-09-02&den=2026-09-01", "/tim.csv", "/tim.json", "/tim.atom",
        f"/ban-do/{HA_NOI}?tu=2000-01-01&den=2026-01-01", f"/tim?q={'a ' * 100}",
        f"/tim?q={'a' * 2001}",
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_understood_is_named(desk: Desk, address: str) -> None:
    answer = ask(desk.app, address)
    assert answer.status == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/bai/0", "/bai/x", "/bai/1@99", "/bai/1@0", "/bai/99999999999999999999", "/bai/1%00",
        "/bai/٣", "/bai/1/so-sanh/1/7", "/bai/1/trich-dan/pdf", "/dia-ban/nowhere",
        "/ban-do/nowhere", "/bao/nobody", "/bai/1/ban-ghi/9", "/ban-goc/1/9", "/cau-chuyen/0",
        "/cau-chuyen/1/so-sanh/1", "/ban-goc/1/x/trang",
        f"/ban-do/{LANG}", "/../etc/passwd", "/reader.css", "/favicon.ico", "/bai/1/", "//", "/%ff",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(desk: Desk, address: str) -> None:
    answer = ask(desk.app, address)
    assert answer.status == 404
    assert answer.headers["content-security-policy"]


def test_no_address_makes_a_link_to_another_host(desk: Desk) -> None:
    text = ask(desk.app, "//evil.example/x").text
    assert 'href="/evil.example/x?lang=en"' in text
    assert 'href="//' not in text


def test_a_slow_question_is_to_be_narrowed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise SlowQueryError("archive x was asked for more than it can answer in time")

    monkeypatch.setattr(type(desk.reader.archive.articles), "find", slow)
    answer = ask(desk.app, "/")
    assert answer.status == 422
    assert "Hãy thu hẹp" in answer.text


def test_a_failure_says_nothing_of_the_inside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/srv/secret.db")

    monkeypatch.setattr(type(desk.reader.archive.articles), "find", broken)
    answer = ask(desk.app, "/")
    assert answer.status == 503
    assert "secret" not in answer.text


def test_an_answer_is_not_sent_twice(desk: Desk) -> None:
    for path in ("/", f"/bai/{desk.ids['edited']}", f"/dia-ban/{LANG}"):
        first = ask(desk.app, path)
        etag = first.headers["etag"]
        again = ask(desk.app, path, headers={"if-none-match": etag})
        assert (again.status, again.body) == (304, b"")
        other = ask(desk.app, f"{path}?lang=en")
        assert other.headers["etag"] != etag


def test_the_stylesheet_is_kept_for_good(desk: Desk) -> None:
    text = ask(desk.app, "/").text
    name = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = ask(desk.app, name)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.body) < 10_000


def test_pages_are_many() -> None:
    assert len(PAGES) > 5
