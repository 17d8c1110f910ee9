"""Security headers on every response, and the allowed methods and hosts. Pure ASGI."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
"""Policy of every page: no scripts, and nothing from other origins."""

FRAMING = f"{CSP}; frame-src 'self'"
"""Policy of the page that shows a captured one in a frame."""

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " frame-ancestors 'self'; base-uri 'none'"
)
"""Policy of a captured page: inline styles only; no scripts, requests, forms or origin."""

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
    """ASGI middleware that allows GET and HEAD for known hosts, and adds `HEADERS`.

    hosts: the allowed names in the Host header. Without this check, a page of another site could
    read the archive by a DNS name that resolves to this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        await self._app_for(scope)(scope, receive, send_with_headers)

    def _app_for(self, scope: Scope) -> ASGIApp:
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
