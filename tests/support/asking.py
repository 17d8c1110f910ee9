"""Send requests to an ASGI app as a browser would, without a socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True)
class Answer:
    """A response. headers: by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    app: ASGIApp, address: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the app's response to a request for a path such as "/bai/1?lang=en"."""
    path, _, query = address.partition("?")
    given = {"host": "localhost:8090"} | dict(headers or {})
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("localhost", 8090),
        "client": ("127.0.0.1", 1),
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": quote(query, safe="=&%+").encode(),
        "headers": [(key.encode(), value.encode()) for key, value in given.items()],
    }
    return asyncio.run(_ask(app, scope))


async def _ask(app: ASGIApp, scope: Scope) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    headers = {key.decode(): value.decode("latin-1") for key, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in rest))
