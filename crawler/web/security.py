"""What every answer says to browsers, and which requests get one. Pure ASGI."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
"""Of every page: nothing runs, nothing is loaded from elsewhere."""

FRAMING = f"{CSP}; frame-src 'self'"
"""Of the page that shows a captured one in a frame."""

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " frame-ancestors 'self'; base-uri 'none'"
)
"""Of a captured page: its own styles, no script, no request, no form, no origin."""

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "X-DNS-Prefetch-Control": "off",
    "X-Robots-Tag": "noindex, nofollow",
}


class Guard:
    """Lets GET and HEAD through, for hosts that are ours, and puts `HEADERS` on each answer.

    hosts: names in the Host header that are answered. A page of another site whose name was made
    to lead to this machine (DNS rebinding) would read the archive otherwise.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        await self._answer(scope)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> ASGIApp:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("only GET and HEAD\n", 405, {"Allow": "GET, HEAD"})
        if _host_of(scope) not in self._hosts:
            return PlainTextResponse("unknown host\n", 421)
        return self._app


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(raw=message["headers"])
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    message["headers"] = headers.raw


def _host_of(scope: Scope) -> str:
    value = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1")
    name, _, port = value.rpartition(":")
    return (name if name and port.isdigit() else value).lower()
