"""Digests as they arrive: by a real mail server and a real web server on the loopback."""

import json
import logging
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from storage.archive import Archive
from storage.model.articles import Article, Block
from tests.support.commands import Tinquan
from tests.support.observations import put
from tests.support.samples import article, refusal, run
from tests.support.servers import Sent, mail_server, web_server

WATCHES = """\
contact = "tin@example.org"
archive = "archive.db"
reader = "https://kho.example.org/articles/{{id}}"

[channels]
mail = "mailto://127.0.0.1:{mail}?from=tin@example.org&to=desk@example.org"
hook = "json://127.0.0.1:{hook}/"
dead = "json://127.0.0.1:1/"

[[watches]]
name = "Cầu & chợ"
words = "cầu"
tell = ["new", "edits", "removed", "copies"]
when = "at once"
to = ["dead", "hook", "mail"]
"""
HOSTILE = 'Cầu <script>alert(1)</script>\r\nBcc: all@example.org\x00\x1b[2J\u202e & "chợ"'


@pytest.fixture
def opened(sqlite_archive: Archive) -> Archive:
    sqlite_archive.runs.start(run())
    return sqlite_archive


def configure(folder: Path, **ports: int) -> Path:
    file = folder / "tinquan.toml"
    file.write_text(WATCHES.format(**ports), encoding="utf-8")
    return file


def hostile() -> Article:
    return article(
        2,
        title=HOSTILE,
        url="javascript:alert('cầu')//https://baothu.vn/2",
        blocks=(
            Block("paragraph", f"Câu đầu. Cây cầu </p><img src=x onerror=a()> {HOSTILE}. Hết."),
        ),
    )


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_digest_arrives_whole_and_a_dead_channel_stops_no_other(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    sent = Sent()
    with mail_server(sent) as mail, web_server(sent) as hook:
        config = configure(tmp_path, mail=mail, hook=hook)
        assert tinquan("watch", "run", "--config", config).code == 0
        put(opened, 5, article(1, "Cầu mới thông xe. Chợ cũ dời đi."))
        put(opened, 6, hostile())
        ran = tinquan("watch", "run", "--config", config)
    assert ran.code == 1  # the dead one
    assert "dead: digest of" in ran.out
    (post,) = sent.posts
    (got,) = sent.mails
    subject = "[tinquan] Cầu & chợ: 2 tin mới"
    assert (post["title"], str(got["Subject"])) == (subject, subject)
    assert got["To"] == "desk@example.org"
    assert got["From"].addresses[0].addr_spec == "tin@example.org"
    assert got["List-Unsubscribe"] == "<mailto:tin@example.org?subject=unsubscribe>"
    assert got["Bcc"] is None
    page = body(got, "html")
    for text in (post["message"], body(got, "plain"), page):
        assert "Khánh thành cầu số 1" in text
        assert "https://baothu.vn/cau-moi-1.html" in text
        assert "https://kho.example.org/articles/1" in text
        assert not set(text) & {"\x00", "\x1b", "\u202e"}
    assert "> Cầu mới thông xe." in post["message"]
    assert "Chợ cũ" not in post["message"]
    tags = Tags(page).found
    assert {tag for tag, _ in tags} <= {
        *("html", "head", "meta", "title", "body", "p", "h2", "h3", "div", "a", "hr"),
        *("blockquote", "mark", "strong"),
    }
    hrefs = [found["href"] for _, found in tags if "href" in found]
    assert hrefs
    assert all(href.startswith("https://") for href in hrefs)
    assert not any("src" in found for _, found in tags)


def test_what_was_not_taken_is_sent_again_and_named_by_status(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    sent = Sent(status=500, smtp="451 try later")
    with mail_server(sent) as mail, web_server(sent) as hook:
        config = configure(tmp_path, mail=mail, hook=hook)
        tinquan("watch", "run", "--config", config)
        put(opened, 5, article(1, "Cầu mới thông xe."))
        assert tinquan("watch", "run", "--config", config).code == 1
        assert len(opened.watches.open_deliveries()) == 3
        said = tinquan("status", "--config", config).out
        assert "watch Cầu & chợ: mail: digest of" in said
        assert "not delivered, 1 attempt, next 20" in said
        listed = tinquan("watch", "list", "--config", config).out
        assert "hook: digest of" in listed
        (shown,) = json.loads(tinquan("watch", "list", "--json", "--config", config).out)
        assert {one["unconfirmed"] for one in shown["not_delivered"]} == {False}
        sent.status, sent.smtp = 204, "250 OK"
        tinquan("watch", "run", "--config", config)  # not yet
        assert (len(sent.posts), len(sent.mails)) == (1, 0)
        for delivery in opened.watches.open_deliveries():
            opened.watches.end_delivery(delivery, sent_at=None, due_at=delivery.digest.made_at)
        tinquan("watch", "run", "--config", config)
    assert (len(sent.posts), len(sent.mails)) == (2, 1)
    assert [one.channel for one in opened.watches.open_deliveries()] == ["dead"]


def test_a_feed_that_cannot_be_written_stops_no_message(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    sent = Sent()
    (tmp_path / "there.atom").mkdir()
    with mail_server(sent) as mail, web_server(sent) as hook:
        config = configure(tmp_path, mail=mail, hook=hook)
        with config.open("a", encoding="utf-8") as file:
            file.write('feed = "there.atom"\n')
        tinquan("watch", "run", "--config", config)
        put(opened, 5, article(1, "Cầu mới thông xe."))
        ran = tinquan("watch", "run", "--config", config)
    assert ran.code == 1
    assert "there.atom: cannot be written" in ran.err
    assert (len(sent.posts), len(sent.mails)) == (1, 1)


def test_a_time_of_somebody_s_own_skips_nothing(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    config = configure(tmp_path, mail=1, hook=1)
    tinquan("watch", "run", "--config", config)
    put(opened, 5, article(1, "Cầu mới thông xe."))
    words = ("watch", "run", "Cầu & chợ", "--since", "2026-03-02", "--config", config)
    assert "không có gì mới" in tinquan(*words, "--dry-run").out
    assert "1 new" in tinquan(*words).out
    assert "0 new" in tinquan("watch", "run", "Cầu & chợ", "--config", config).out


def test_every_channel_of_a_watch_is_tested(tmp_path: Path, tinquan: Tinquan) -> None:
    sent = Sent()
    with mail_server(sent) as mail, web_server(sent) as hook:
        ran = tinquan(
            "watch", "test", "Cầu & chợ", "--config", configure(tmp_path, mail=mail, hook=hook)
        )
    assert ran.code == 1
    assert ran.out.splitlines() == ["dead: NOT delivered", "hook: delivered", "mail: delivered"]
    assert "Connection error" in ran.err
    assert str(sent.mails[0]["Subject"]) == "[tinquan] Cầu & chợ: thử kênh"


def test_secrets_are_read_from_a_file_and_said_nowhere(
    opened: Archive,
    tmp_path: Path,
    tinquan: Tinquan,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    secret = tmp_path / "secret"
    secret.write_text("sesame@open/9\n", encoding="utf-8")
    monkeypatch.setenv("HOOK", "key:tulip9")
    sent = Sent(status=500)
    with web_server(sent) as hook:
        file = configure(tmp_path, mail=1, hook=hook)
        url = f"json://u:${{file:{secret}}}@127.0.0.1:{hook}/?-key=${{HOOK}}"
        text = file.read_text("utf-8").replace(f"json://127.0.0.1:{hook}/", url)
        file.write_text(text, encoding="utf-8")
        tinquan("watch", "run", "--config", file)
        put(opened, 5, article(1, "Cầu mới thông xe."))
        asked = [
            tinquan("watch", "run", "--config", file),
            tinquan("watch", "list", "--json", "--config", file),
            tinquan("watch", "show", "Cầu & chợ", "--config", file),
            tinquan("watch", "show", "Cầu & chợ", "--json", "--config", file),
            tinquan("status", "--json", "--config", file),
        ]
    assert sent.posts
    said = "".join(ran.out + ran.err for ran in asked) + caplog.text
    for word in ("sesame", "open/9", "open%2F9", "tulip9"):
        assert word not in said


def test_an_address_that_nothing_can_use_is_said_nowhere(
    tmp_path: Path,
    tinquan: Tinquan,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKEN", "tulip9")
    file = configure(tmp_path, mail=1, hook=1)
    text = file.read_text("utf-8").replace("json://127.0.0.1:1/", "nosuch://${TOKEN}@a.vn/")
    file.write_text(text, encoding="utf-8")
    ran = tinquan("watch", "test", "Cầu & chợ", "--config", file)
    assert ran.code == 2
    assert "channels.dead: Apprise cannot use this URL" in ran.err
    assert "tulip9" not in ran.out + ran.err + caplog.text


def test_a_secret_that_is_not_there_is_named(tmp_path: Path, tinquan: Tinquan) -> None:
    file = configure(tmp_path, mail=1, hook=1)
    text = file.read_text("utf-8").replace("json://127.0.0.1:1/", "json://u:${file:no-such}@a.vn/")
    file.write_text(text, encoding="utf-8")
    ran = tinquan("watch", "test", "Cầu & chợ", "--config", file)
    assert ran.code == 2
    assert "channels.dead: no-such: cannot be read: No such file or directory" in ran.err


def test_a_channel_without_its_secret_stops_no_other(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    sent = Sent()
    with web_server(sent) as hook:
        file = configure(tmp_path, mail=1, hook=hook)
        text = file.read_text("utf-8").replace("json://127.0.0.1:1/", "json://u:${NO_SUCH}@a.vn/")
        file.write_text(text, encoding="utf-8")
        tinquan("watch", "run", "--config", file)
        put(opened, 5, article(1, "Cầu mới thông xe."))
        ran = tinquan("watch", "run", "--config", file)
    assert ran.code == 1
    assert "channels.dead: environment variable NO_SUCH is not set" in ran.err
    assert len(sent.posts) == 1
    assert {one.channel for one in opened.watches.open_deliveries()} == {"dead", "mail"}


def test_many_are_shown_in_part_and_counted(
    opened: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    config = configure(tmp_path, mail=1, hook=1)
    for number in range(1, 26):
        put(opened, number, article(number, f"Cầu {number} cũ kỹ."), number=number)
        put(opened, 100 + number, article(number, f"Cầu {number} sửa mới."), number=number)
        put(opened, 200 + number, refusal(number), number=number)
    words = ("watch", "run", "Cầu & chợ", "--dry-run", "--since", "2026-03-01", "--config", config)
    said = tinquan(*words).out
    assert said.startswith("[tinquan] Cầu & chợ: 25 tin mới, 25 tin bị sửa, 25 tin bị gỡ\n")
    assert said.count("và 5 tin khác") == 3
    assert said.count("\n* Khánh thành cầu số") == 60
    assert "[-cũ kỹ.-]{+sửa mới.+}" in said


def test_a_dry_run_records_nothing(opened: Archive, tmp_path: Path, tinquan: Tinquan) -> None:
    config = configure(tmp_path, mail=1, hook=1)
    put(opened, 5, article(1, "Cầu mới thông xe."))
    ran = tinquan(
        "watch", "run", "Cầu & chợ", "--dry-run", "--since", "2026-03-01", "--config", config
    )
    assert ran.code == 0, ran.err
    assert ran.out.startswith("[tinquan] Cầu & chợ: 1 tin mới\n")
    assert "Khánh thành cầu số 1" in ran.out
    assert opened.watches.states() == {}
