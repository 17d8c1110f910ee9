"""`tinquan serve`: the reader, pages of the archive for a browser."""

import os
import socket
from functools import partial
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import typer

from crawler.commands import options
from crawler.commands.common import err, say
from crawler.config.config import Config
from storage.errors import UsageError

_PACKAGES = frozenset({"starlette", "jinja2", "uvicorn", "anyio", "markupsafe"})


def serve(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8090,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but loopback needs --base-url.")
    ] = "127.0.0.1",
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Address at which people reach your proxy to it."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Worker processes; each uses up to one core.")
    ] = 2,
    setup: options.Setup,
) -> None:
    """Show the archive in a browser, read only, until Ctrl-C or SIGTERM."""
    base = _base_url(base_url)
    if not _is_loopback(host):
        if not base:
            raise UsageError(
                f"--host {host}: anyone who reaches this machine could read the whole archive; put"
                " a proxy with authentication in front of it, and name its address by --base-url"
            )
        err.print(
            f"note: anyone who reaches {host}:{port} reads the archive: let only your proxy, which"
            " asks for a password, reach it"
        )
    _run(setup.load(), host, port, base, workers)


def _run(settings: Config, host: str, port: int, base: str, workers: int) -> None:
    try:
        from crawler.web.reader import open_reader  # noqa: PLC0415 - an extra
        from crawler.web.server import reader_app, run_workers  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise UsageError(
            "the reader needs the extra tinquan[web]: pip install 'tinquan[web]'"
        ) from None
    open_reader(settings, base).archive.close()  # what is wrong is said once, not by each worker
    shown = f"[{host}]" if ":" in host else host
    where = f"open {base or f'http://{shown}:{port}'}/ (Ctrl-C ends it)"
    with _listen(host, port) as listening:
        announce = partial(say, f"reading {settings.archive_name}\n{where}")
        run_workers(partial(reader_app, settings, base), workers, listening, announce)


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
