"""A local mail server and a local web server that keep what they receive."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Sent:
    """What arrived. status: the web server's response. smtp: the mail server's reply."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    status: int = 204
    smtp: str = "250 OK"


class _MailHandler:
    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        if self._sent.smtp.startswith("250"):
            self._sent.mails.append(message_from_bytes(envelope.content, policy=default))
        return self._sent.smtp


@contextmanager
def mail_server(sent: Sent) -> Iterator[int]:
    """Run an SMTP server; yield its port."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as probe:
        port = int(probe.server_address[1])
    controller = Controller(_MailHandler(sent), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def web_server(sent: Sent) -> Iterator[int]:
    """Run an HTTP server that accepts JSON; yield its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(sent.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
