"""`tinquan serve`: the reader, pages of the archive for a browser."""

import os
import signal
import socket
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import typer

from crawler.capture.objects.files import CaptureFiles
from crawler.commands import options
from crawler.commands.common import err, outlets_of, say
from crawler.config.config import Config
from crawler.jobs.signals import STOP_SIGNALS
from crawler.places import load_gazetteer
from crawler.shipped import shipped
from storage.archive import open_archive
from storage.errors import UsageError

QUERY_SECONDS = 3.0
"""How long one question of a page may take."""

_PACKAGES = frozenset({"starlette", "jinja2", "uvicorn", "anyio", "markupsafe"})


def serve(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8090,
    host: Annotated[
        str, typer.Option(help="Address it listens at; another than loopback needs --base-url.")
    ] = "127.0.0.1",
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="By which people reach it through a proxy of yours."),
    ] = None,
    setup: options.Setup,
) -> None:
    """Show the archive in a browser, read only, until Ctrl-C or SIGTERM."""
    base = _base_url(base_url)
    if not _is_loopback(host):
        if not base:
            raise UsageError(
                f"--host {host}: who reaches this machine would read the whole archive; put a"
                " proxy with authentication before it, and give its address by --base-url"
            )
        err.print(
            f"note: anyone who reaches {host}:{port} reads the archive: let only your proxy, which"
            " asks for a password, reach it"
        )
    _run(setup.load(), host, port, base)


def _run(settings: Config, host: str, port: int, base: str) -> None:
    try:
        import uvicorn  # noqa: PLC0415 - an extra

        from crawler.web.app import create_app, warm  # noqa: PLC0415 - as above
        from crawler.web.faults import Faults  # noqa: PLC0415 - as above
        from crawler.web.reader import Reader  # noqa: PLC0415 - as above
        from crawler.web.shapes import load_outlines  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        raise UsageError(
            "the reader needs the extra tinquan[web]: pip install 'tinquan[web]'"
        ) from None
    known = outlets_of(settings)
    gazetteer = load_gazetteer(settings.gazetteer)
    url = settings.archive
    with open_archive(url, create=False, read_only=True, query_seconds=QUERY_SECONDS) as opened:
        reader = Reader(
            archive=opened,
            gazetteer=gazetteer,
            outlets=known,
            captures=CaptureFiles(settings.captures, settings.object_store),
            now=lambda: datetime.now(UTC),
            faults=Faults(opened, settings, known),
            outlines=load_outlines(shipped("map")),
            base_url=base,
            contact=settings.contact,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(reader),
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=5,
            )
        )
        listening = _listen(host, port)

        def stop(_number: int, _frame: object) -> None:
            server.should_exit = True

        for number in STOP_SIGNALS:  # while it warms up, and when the server raises it again
            signal.signal(number, stop)
        warm(reader, lambda: not server.should_exit)
        shown = f"[{host}]" if ":" in host else host
        say(f"reading {settings.archive_name}")
        say(f"open {base or f'http://{shown}:{port}'}/ (Ctrl-C ends it)")
        with listening:
            server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises UsageError (port in use, no such address)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise UsageError(f"--host {host} --port {port}: {reason}: name another") from None


def _base_url(text: str | None) -> str:
    """Return the address without a last slash, "" for none. Raises UsageError."""
    if text is None:
        return ""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"--base-url {text!r}: expected an address such as https://tin.example.vn")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
