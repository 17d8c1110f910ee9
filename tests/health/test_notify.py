"""Alarms reach people, once, whatever is down meanwhile."""

import json
import logging
import re
import socket
import socketserver
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from crawler.config.alarms import Alarming
from crawler.config.config import load_config
from crawler.health.metrics import serve_metrics
from crawler.health.notify import channels_of, notify_all
from crawler.health.status import OutletStatus
from storage.archive import Archive
from storage.errors import ConfigError
from storage.model.alarms import Cause, Finding
from tests.support.paths import ROOT
from tests.support.samples import at

DOWN = Finding(Cause.UNREACHABLE, "baothu", "baothu cannot be reached", at(0), ("https://a.vn/",))


class Inbox:
    """What a server on this machine was sent."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.mails: list[EmailMessage] = []
        self.answer = 204


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def http_server(inbox: Inbox) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            inbox.posts.append(json.loads(self.rfile.read(length)))
            self.send_response(inbox.answer)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    return HTTPServer(("127.0.0.1", 0), Handler)


def mail_server(inbox: Inbox) -> socketserver.TCPServer:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    inbox.mails.append(message_from_bytes(b"".join(lines), policy=default))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    return socketserver.TCPServer(("127.0.0.1", 0), Handler)


def test_a_webhook_is_told_the_opening_and_the_end_once(sqlite_archive: Archive) -> None:
    inbox = Inbox()
    with serving(http_server(inbox)) as port:
        channels = channels_of(Alarming(channels={"webhook": f"json://127.0.0.1:{port}/hook"}))
        sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
        notify_all(sqlite_archive, channels)
        notify_all(sqlite_archive, channels)
        sqlite_archive.sync_alarms([], ["baothu"], at(9))
        notify_all(sqlite_archive, channels)
        notify_all(sqlite_archive, channels)
    assert [(post["type"], post["title"][:33]) for post in inbox.posts] == [
        ("warning", "[ALARM] host unreachable: baothu "),
        ("success", "[over] host unreachable: baothu c"),
    ]
    assert "https://a.vn/" in inbox.posts[0]["message"]
    assert "What to do: open the site in a browser" in inbox.posts[0]["message"]
    assert "What to do" not in inbox.posts[1]["message"]


def test_a_webhook_that_is_down_is_told_later(
    sqlite_archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    inbox.answer = 500
    sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
    with serving(http_server(inbox)) as port:
        channels = channels_of(Alarming(channels={"webhook": f"json://127.0.0.1:{port}/hook"}))
        notify_all(sqlite_archive, channels)
        assert "was not delivered by webhook" in caplog.text
        assert "error=500" in caplog.text
        inbox.answer = 200
        notify_all(sqlite_archive, channels)
    assert len(inbox.posts) == 2
    notify_all(sqlite_archive, channels)  # nobody listens there any more; nothing is owed either
    assert caplog.text.count("not delivered") == 1


def test_the_log_is_always_told(sqlite_archive: Archive, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
    notify_all(sqlite_archive, channels_of(Alarming()))
    sqlite_archive.sync_alarms([], ["baothu"], at(6))
    notify_all(sqlite_archive, channels_of(Alarming()))
    assert [(r.levelname, r.message[:7]) for r in caplog.records] == [
        ("WARNING", "[ALARM]"),
        ("INFO", "[over] "),
    ]


def test_mail_is_sent_at_the_opening_and_at_the_end(
    sqlite_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK", "a@b.vn")
    inbox = Inbox()
    sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
    with serving(mail_server(inbox)) as port:
        url = f"mailto://127.0.0.1:{port}?from=t@toasoan.vn&to=${{DESK}}&format=text"
        channels = channels_of(Alarming(channels={"desk": url}))
        notify_all(sqlite_archive, channels)
        sqlite_archive.sync_alarms([], ["baothu"], at(6))
        notify_all(sqlite_archive, channels)
    opened, closed = inbox.mails
    assert (opened["To"], opened["From"]) == ("a@b.vn", "t@toasoan.vn")
    assert opened["Subject"].startswith("[ALARM] host unreachable")
    assert "What to do: open the site" in opened.get_content()
    assert closed["Subject"].startswith("[over] host unreachable")
    assert "What to do" not in closed.get_content()


def test_one_channel_that_is_down_keeps_nothing_from_the_others(sqlite_archive: Archive) -> None:
    down, up = Inbox(), Inbox()
    down.answer = 503
    with serving(http_server(down)) as first, serving(http_server(up)) as second:
        urls = {"a": f"json://127.0.0.1:{first}/", "b": f"json://127.0.0.1:{second}/"}
        sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
        notify_all(sqlite_archive, channels_of(Alarming(channels=urls)))
        down.answer = 200
        notify_all(sqlite_archive, channels_of(Alarming(channels=urls)))
    assert (len(down.posts), len(up.posts)) == (2, 1)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"webhook": "https://a.vn/"}, r"channels\] webhook = \"jsons://"),
        ({"email": {"host": "a", "sender": "a@b.vn", "to": ["a@b.vn"]}}, r"email = \"mailtos://"),
        ({"channels": {"log": "json://a.vn"}}, "but not log"),
        ({"channels": {"Đội tin": "json://a.vn"}}, "lower-case letters"),
        ({"channels": {"desk": "a@b.vn"}}, "desk: expected an Apprise URL"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Alarming.model_validate(wrong)


def test_a_wrong_channel_is_told_by_file_and_key_without_its_password(tmp_path: Path) -> None:
    file = tmp_path / "tinquan.toml"
    file.write_text('contact = "a@b.vn"\n[alarms.channels]\n"My desk" = "json://u:secret@a.vn"\n')
    with pytest.raises(ConfigError) as told:
        load_config(file)
    assert str(told.value).startswith(f"{file}: alarms.channels: 'My desk' is no channel's name")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nosuch://a.vn", "alarms.channels.desk: Apprise cannot use this URL"),
        ("mailto://u:${NO_SUCH_THING}@a.vn", "environment variable NO_SUCH_THING is not set"),
        ("mailto://u:p@a.vn?to=a@b.vn,c@d.vn", "expected one channel for each"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_at_the_start(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        channels_of(Alarming(channels={"desk": url}))


def test_no_apprise_is_loaded_where_no_channel_is_configured() -> None:
    code = "import sys, crawler.commands.crawl.schedule; assert 'apprise' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_metrics_are_served_on_loopback(sqlite_archive: Archive) -> None:
    alarms = sqlite_archive.sync_alarms([DOWN], ["baothu"], at(5))
    outlets = [OutletStatus("baothu", None, at(0), None, 3, 4.5, tuple(alarms), None)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = serve_metrics(lambda: (outlets, alarms), port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
    finally:
        stop()
    assert 'tinquan_articles_24h{outlet="baothu"} 3.0' in text
    assert 'tinquan_last_success_timestamp_seconds{outlet="baothu"} 1.772352e+09' in text
    assert 'tinquan_alarm_open{cause="unreachable",outlet="baothu"} 1.0' in text
    assert "newest_article_timestamp_seconds{" not in text
