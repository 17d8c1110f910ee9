"""A local S3 server by moto that logs its requests and can be made to fail.

Run as a script by the Python of `.venv-s3`, which has moto. It prints its port. A request to
`/--mode/NAME` sets how it answers from then on: `up`, `down` (503), `refuse` (403), `odd` (400,
with control characters) or `short` (half of each body). A request to `/--asked` returns the
requests since the last one, a line each.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_REFUSALS = {
    "down": ("503 Slow Down", b"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>"),
    "refuse": ("403 Forbidden", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
    "odd": ("400 Bad Request", b"\x1b[31mnope\nnope"),
}
Start = Callable[[str, list[tuple[str, str]]], Any]


class Store:
    """The WSGI application."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._mode = "up"
        self._asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/--mode/"):
            self._mode = path.removeprefix("/--mode/")
            return _answer(start, "200 OK", b"")
        if path == "/--asked":
            asked, self._asked = self._asked, []
            return _answer(start, "200 OK", "\n".join(asked).encode())
        wanted = environ.get("HTTP_RANGE", "")
        self._asked.append(f"{environ['REQUEST_METHOD']} {path} {wanted}".rstrip())
        if self._mode in _REFUSALS:
            return _answer(start, *_REFUSALS[self._mode])
        found: Iterable[bytes] = self._moto(environ, start)
        if self._mode == "short" and environ["REQUEST_METHOD"] == "GET":
            data = b"".join(found)
            return [data[: len(data) // 2]]
        return found


def _answer(start: Start, status: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Length", str(len(body)))])
    return [body]


class _Silent(WSGIRequestHandler):  # type: ignore[misc] # werkzeug is not installed for mypy
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, Store(), threaded=True, request_handler=_Silent)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
