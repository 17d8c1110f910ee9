"""Alarms reach people, once, whatever is down meanwhile."""

import json
import logging
import socket
import socketserver
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from crawler.config.alarms import Alarming, Email
from crawler.health.metrics import serve_metrics
from crawler.health.notify import channels_of, tell_all
from crawler.health.status import OutletStatus
from storage.archive import Archive
from storage.model.alarms import Cause, Finding
from tests.support.samples import at

DOWN = Finding(Cause.UNREACHABLE, "baothu", "baothu cannot be reached", at(0), ("https://a.vn/",))


class Inbox:
    """What a server on this machine was sent."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.mails: list[str] = []
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
                    inbox.mails.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    return socketserver.TCPServer(("127.0.0.1", 0), Handler)


def test_a_webhook_is_told_the_opening_and_the_end_once(sqlite_archive: Archive) -> None:
    inbox = Inbox()
    with serving(http_server(inbox)) as port:
        channels = channels_of(Alarming(webhook=f"http://127.0.0.1:{port}/hook"))
        sqlite_archive.alarms.sync([DOWN], ["baothu"], at(5))
        tell_all(sqlite_archive, channels)
        tell_all(sqlite_archive, channels)
        sqlite_archive.alarms.sync([], ["baothu"], at(9))
        tell_all(sqlite_archive, channels)
        tell_all(sqlite_archive, channels)
    assert [(post["state"], post["cause"], post["outlet"]) for post in inbox.posts] == [
        ("open", "unreachable", "baothu"),
        ("closed", "unreachable", "baothu"),
    ]
    assert inbox.posts[0]["evidence"] == ["https://a.vn/"]
    assert "browser" in inbox.posts[0]["to_do"]
    assert inbox.posts[0]["text"].startswith("[ALARM] host unreachable: baothu cannot")


def test_a_webhook_that_is_down_is_told_later(
    sqlite_archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    inbox.answer = 500
    sqlite_archive.alarms.sync([DOWN], ["baothu"], at(5))
    with serving(http_server(inbox)) as port:
        channels = channels_of(Alarming(webhook=f"http://127.0.0.1:{port}/hook"))
        tell_all(sqlite_archive, channels)
        assert "was not delivered by webhook: HTTP Error 500" in caplog.text
        inbox.answer = 200
        tell_all(sqlite_archive, channels)
    assert len(inbox.posts) == 2
    tell_all(sqlite_archive, channels)  # nobody listens there any more; nothing is owed either
    assert caplog.text.count("not delivered") == 1


def test_the_log_is_always_told(sqlite_archive: Archive, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sqlite_archive.alarms.sync([DOWN], ["baothu"], at(5))
    tell_all(sqlite_archive, channels_of(Alarming()))
    sqlite_archive.alarms.sync([], ["baothu"], at(6))
    tell_all(sqlite_archive, channels_of(Alarming()))
    assert [(r.levelname, r.message[:7]) for r in caplog.records] == [
        ("WARNING", "[ALARM]"),
        ("INFO", "[over] "),
    ]


def test_mail_is_sent_and_its_end_answers_it(sqlite_archive: Archive) -> None:
    inbox = Inbox()
    (alarm,) = sqlite_archive.alarms.sync([DOWN], ["baothu"], at(5))
    with serving(mail_server(inbox)) as port:
        settings = Email(
            host="127.0.0.1", port=port, sender="t@toasoan.vn", to=("a@b.vn",), starttls=False
        )
        channels = channels_of(Alarming(email=settings))
        tell_all(sqlite_archive, channels)
        sqlite_archive.alarms.sync([], ["baothu"], at(6))
        tell_all(sqlite_archive, channels)
    opened, closed = inbox.mails
    assert f"Message-ID: <alarm-{alarm.id}@toasoan.vn>" in opened
    assert f"In-Reply-To: <alarm-{alarm.id}@toasoan.vn>" in closed
    assert "Subject: [ALARM] host unreachable" in opened
    assert "What to do: open the site" in opened
    assert "What to do" not in closed


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook": "ftp://example.org/"},
        {"webhook": "https://"},
        {"email": {"host": "a", "sender": "nobody", "to": ["a@b.vn"]}},
        {"email": {"host": "a", "sender": "a@b.vn", "to": []}},
        {"email": {"host": "a", "sender": "a@b.vn", "to": ["x\ny@b"]}},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Alarming.model_validate(wrong)


def test_metrics_are_served_on_loopback(sqlite_archive: Archive) -> None:
    alarms = sqlite_archive.alarms.sync([DOWN], ["baothu"], at(5))
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
