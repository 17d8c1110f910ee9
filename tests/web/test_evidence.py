"""The evidence for a state: its record, and the page as it was captured."""

import gzip
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.capture.objects.files import CaptureFiles
from crawler.capture.single import record_bytes
from crawler.web.app import create_app
from crawler.web.security import SANDBOX
from storage.errors import CaptureError
from tests.support.asking import Answer, ask
from tests.support.capturing import exchange, write
from tests.support.object_store import S3
from tests.support.reading import PAGE, Desk, filled, opened


def test_the_record_names_what_proves_the_state(desk: Desk) -> None:
    capture = desk.reader.archive.articles.get(str(desk.ids["edited"])).latest.capture
    text = ask(desk.app, f"/bai/{desk.ids['edited']}/ban-ghi/2").text
    for value in (capture.digest, capture.warc_file, capture.record_id[1:-1], "200"):
        assert value in text
    assert "đúng mã băm" in text


def test_one_record_can_be_downloaded(desk: Desk) -> None:
    answer = ask(desk.app, f"/bai/{desk.ids['edited']}/ban-ghi/1/tai-ve")
    assert answer.headers["content-disposition"].endswith('.warc.gz"')
    record = gzip.decompress(answer.body)
    assert record.startswith(b"WARC/1.")
    assert record.count(b"WARC/1.") == 1
    assert "Trang gốc của báo".encode() in record


def test_a_captured_page_is_shown_in_a_sandbox(desk: Desk) -> None:
    around = ask(desk.app, f"/ban-goc/{desk.ids['edited']}/1")
    assert "<iframe" in around.text
    assert ' sandbox title="' in around.text
    assert "allow" not in around.text.partition("<iframe")[2].partition(">")[0]
    assert "frame-src 'self'" in around.headers["content-security-policy"]
    page = ask(desk.app, f"/ban-goc/{desk.ids['edited']}/1/trang")
    assert page.status == 200
    assert page.headers["content-security-policy"] == SANDBOX
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "Trang gốc của báo" in page.text
    assert "set-cookie" not in page.headers


def test_a_record_whose_file_is_gone_is_said_to_be(desk: Desk, tmp_path: Path) -> None:
    app = create_app(replace(desk.reader, captures=CaptureFiles(tmp_path)))
    id_ = desk.ids["edited"]
    assert "Không đọc lại được" in ask(app, f"/bai/{id_}/ban-ghi/1").text
    for address in (f"/bai/{id_}/ban-ghi/1/tai-ve", f"/ban-goc/{id_}/1", f"/ban-goc/{id_}/1/trang"):
        answer = ask(app, address)
        assert answer.status == 404
        assert str(tmp_path) not in answer.text


def test_a_record_is_cut_out_whole(tmp_path: Path) -> None:
    file, captures = write(tmp_path, exchange(1), exchange(2, b"<p>Hai</p>"), exchange(3))
    for capture in captures:
        data = record_bytes(file, capture.warc_offset)
        assert gzip.decompress(data).count(b"WARC/1.") == 1
        assert capture.record_id.encode() in gzip.decompress(data)
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    first = plain.read_bytes().index(b"WARC-Type: response")
    offset = plain.read_bytes().rindex(b"WARC/1.", 0, first)
    assert record_bytes(plain, offset).count(b"WARC/1.") == 1


def test_what_is_no_record_is_an_error(tmp_path: Path) -> None:
    file, captures = write(tmp_path, exchange(1))
    for offset in (captures[0].warc_offset + 1, 10**9):
        with pytest.raises(CaptureError):
            record_bytes(file, offset)
    with pytest.raises(CaptureError):
        record_bytes(tmp_path / "none.warc.gz", 0)


LEADING = re.compile(r"(?i)(?<![-\w])(href|src|data|action|formaction|srcdoc)\s*=")


def captured(folder: Path, template: Path, page: str) -> Answer:
    shutil.copy(template, folder / "tinquan.db")
    url = f"sqlite:///{folder / 'tinquan.db'}"
    small = opened(url, folder, filled(url, folder, page, few=True))
    answer = ask(small.app, f"/ban-goc/{small.ids['edited']}/1/trang")
    small.reader.archive.close()
    return answer


@pytest.mark.slow
def test_no_spelling_of_a_link_leads_out(tmp_path: Path, sqlite_template: Path) -> None:
    picture = '<img src="data:image/gif;base64,R0lGODlh">'
    body = (
        "<a href=# href=https://c.vn>Ra</a>", "<a title='>' href=https://c.vn>Ra</a>",
        '<a title="<" href=https://c.vn>Ra</a>', "<a/href\n=\n'https://c.vn'>Ra</a>",
        "<iframe src=x src=https://c.vn></iframe>", "<iframe srcdoc='<a href=x>'></iframe>",
        "<svg><a xlink:href=https://c.vn></a></svg>", "<input formaction=//c.vn>",
        "<a hr\x1b(Bef=https://c.vn>Ra</a>", picture,
    )  # fmt: skip
    text = captured(tmp_path, sqlite_template, PAGE.format(head="", body="".join(body))).text
    assert picture in text  # the page's own stay
    assert len(LEADING.findall(text)) == 1
    assert "\x1b" not in text


def test_links_and_frames_of_a_captured_page_lead_nowhere(
    tmp_path: Path, sqlite_template: Path
) -> None:
    page = PAGE.format(
        head="<LINK rel=preconnect\n href='https://a.vn'><base href=//b.vn>",
        body="<a class=x data-href=1 HREF='https://c.vn'>Ra</a><iframe src=https://d.vn></iframe>"
        "<object type=x data=https://e.vn></object><p>href và src là chữ</p>",
    )
    text = captured(tmp_path, sqlite_template, page).text
    assert not LEADING.search(text)
    assert text.count("data-was-") == 5
    assert "href và src là chữ" in text


def test_a_record_in_the_object_store_is_shown_as_one_that_is_here(
    desk: Desk, tmp_path: Path, s3: S3
) -> None:
    folder = desk.reader.captures.folder
    for file in folder.rglob("*.warc.gz"):
        s3.put(file.relative_to(folder).as_posix(), file.read_bytes())
    away = create_app(replace(desk.reader, captures=s3.files(tmp_path)))
    id_ = desk.ids["edited"]
    s3.asked()
    for address in (f"/bai/{id_}/ban-ghi/1", f"/ban-goc/{id_}/1/trang"):
        assert ask(away, address).text == ask(desk.app, address).text
        assert len(s3.asked()) == 1
    address = f"/bai/{id_}/ban-ghi/1/tai-ve"
    assert ask(away, address).body == ask(desk.app, address).body
    s3.mode("down")
    assert "Không đọc lại được" in ask(away, f"/bai/{id_}/ban-ghi/1").text
    assert ask(away, f"/ban-goc/{id_}/1/trang").status == 404
