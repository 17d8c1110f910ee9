"""The reader's server in processes of its own, for benchmarks/web.py."""

import http.client
import socket
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psutil
import sqlalchemy as sa
from starlette.applications import Starlette

from crawler.capture.objects.files import CaptureFiles
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.places import load_gazetteer
from crawler.shipped import shipped
from crawler.web.app import create_app, warm
from crawler.web.page import stylesheet
from crawler.web.reader import QUERY_SECONDS, Reader
from crawler.web.server import run_workers
from crawler.web.shapes import load_outlines
from storage.archive import open_archive


def reader_of(url: str, now: datetime) -> Reader:
    """Return the reader over an archive, with all outlets, places and outlines."""
    archive = open_archive(url, create=False, read_only=True, query_seconds=QUERY_SECONDS)
    known = load_outlets(shipped("outlets"), FAMILY_NAMES)
    places, outlines = load_gazetteer(shipped("gazetteer")), load_outlines(shipped("map"))
    return Reader(archive, places, known, CaptureFiles(Path()), lambda: now, outlines=outlines)


def worker_app(url: str, now: datetime) -> Starlette:
    """Return the app of a worker, as if it were `now`; print a line when it is warm."""
    reader = reader_of(url, now)
    warm(reader)
    print("warm", flush=True)
    return create_app(reader)


def serve(url: str, now: datetime, workers: int) -> None:
    """Serve the reader as `tinquan serve` does, on a port that is printed."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        announce = partial(print, listening.getsockname()[1], flush=True)
        run_workers(partial(worker_app, url, now), workers, listening, announce)


class Server:
    """A reader in processes of its own, and what they used of processors, with its database."""

    def __init__(self, url: str, workers: int) -> None:
        # A connection of its own, under another name than the reader's.
        watched = not url.startswith("sqlite")
        self._database = sa.create_engine(url).connect() if watched else None
        command = [sys.executable, "-m", "benchmarks.web", "serve", url, str(workers)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        for _ in range(workers):
            assert self._process.stdout.readline() == "warm\n"
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._pids = [self._process.pid, *(child.pid for child in children)]
        get(self.port, stylesheet()[0])  # when it answers, it runs

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        if self._database is not None:
            self._database.close()

    def seconds(self) -> float:
        """Return the seconds that it and the database's processes for it have computed."""
        tasks = [task for pid in self._pids for task in Path(f"/proc/{pid}/task").iterdir()]
        tasks += [Path(f"/proc/{pid}") for pid in self._backends()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def _backends(self) -> list[int]:
        if self._database is None:
            return []
        named = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tinquan'"
        pids = list(self._database.exec_driver_sql(named).scalars())
        self._database.rollback()  # else it would be shown the same once more
        return pids


def get(port: int, address: str) -> int:
    """Ask for a page; return its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", quote(address, safe="/?=&@%+"))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
