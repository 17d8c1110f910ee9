"""`tinquan serve`: how it starts, where it listens, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPResponse
from pathlib import Path
from typing import Self
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from storage.archive import open_archive
from tests.support.commands import Tinquan
from tests.support.samples import article, capture, run


@pytest.fixture
def archive(tmp_path: Path) -> str:
    file = tmp_path / "tinquan.db"
    with open_archive(f"sqlite:///{file}") as opened:
        opened.runs.start(run())
        opened.articles.store("run-1", capture(), article())
    return str(file)


class Served:
    """`tinquan serve` in a process of its own, until the block ends."""

    def __init__(self, archive: str, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = [sys.executable, "-m", "crawler.cli", "serve", "--archive", archive]
        self.process = subprocess.Popen(
            [*words, "--port", str(self.port), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def open(self, path: str) -> HTTPResponse:
        answer: HTTPResponse = urlopen(f"http://127.0.0.1:{self.port}{path}")
        return answer

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_it_serves_until_it_is_asked_to_stop(archive: str, number: signal.Signals) -> None:
    with Served(archive, "--workers", "1") as served:
        assert served.said[0].endswith("tinquan.db\n")
        assert f"http://127.0.0.1:{served.port}/" in served.said[1]
        with served.open("/bai/1") as answer:
            assert "Khánh thành cầu số 1" in answer.read().decode()
            assert answer.headers["Server"] is None
        with pytest.raises(HTTPError):
            served.open("/bai/2")
        served.process.send_signal(number)
        assert served.process.communicate(timeout=30)[1] == ""
        assert served.process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_can_be_stopped_while_its_workers_start(archive: str, number: signal.Signals) -> None:
    with Served(archive) as served:
        while not served.workers():
            time.sleep(0.01)
        os.killpg(served.process.pid, number)  # as a terminal does
        assert served.process.communicate(timeout=30) == ("", "")
        assert served.process.returncode == 0


@pytest.mark.slow
def test_it_can_be_stopped_while_a_worker_hangs(archive: str) -> None:
    with Served(archive) as served:
        served.open("/bai/1").close()
        for worker in served.workers():
            worker.suspend()
        served.process.terminate()
        assert served.process.communicate(timeout=30) == ("", "")
        assert served.process.returncode == 0


@pytest.mark.slow
def test_it_ends_with_its_terminal(archive: str) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # where nohup had it ignored
    try:
        with Served(archive, "--workers", "1") as served:
            served.open("/bai/1").close()
            os.killpg(served.process.pid, signal.SIGHUP)
            assert served.process.wait(timeout=30) == -signal.SIGHUP
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(archive: str) -> None:
    with Served(archive) as served:
        served.open("/bai/1").close()
        killed = served.workers()
        assert len(killed) == 2
        for worker in killed:
            worker.kill()
        with served.open("/bai/1") as answer:
            assert answer.status == 200
        assert not set(served.workers()) & set(killed)


@pytest.mark.slow
def test_workers_that_cannot_open_the_archive_stop_the_reader(archive: str) -> None:
    with Served(archive) as served:
        served.open("/bai/1").close()
        Path(archive).unlink()
        served.workers()[0].kill()
        printed = served.process.communicate(timeout=60)[1].splitlines()
        assert served.process.returncode == 1
        assert "does not exist" in printed[0]
        assert printed[-1] == "tinquan: the reader stopped: a worker process could not start"


@pytest.mark.slow
def test_nothing_is_left_of_a_reader_that_was_killed(archive: str) -> None:
    with Served(archive) as served:
        served.open("/bai/1").close()
        workers = served.workers()
        served.process.kill()
        gone, alive = psutil.wait_procs(workers, timeout=30)
        assert (len(gone), alive) == (2, [])
        socket.create_server(("127.0.0.1", served.port)).close()


def test_another_address_needs_a_proxy(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan("serve", "--archive", archive, "--host", "0.0.0.0")
    assert ran.code == 2
    assert "--base-url" in ran.err
    assert "authentication" in ran.err


@pytest.mark.parametrize("url", ["tin.example.vn", "ftp://a.vn", "https://", "https://a.vn/?x=1",
                                 "https://[", ""])  # fmt: skip
def test_a_base_url_is_an_address(archive: str, tinquan: Tinquan, url: str) -> None:
    ran = tinquan("serve", "--archive", archive, "--base-url", url)
    assert ran.code == 2
    assert f"--base-url {url!r}: expected an address" in ran.err


def test_a_port_in_use_is_named(archive: str, tinquan: Tinquan) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = tinquan("serve", "--archive", archive, "--port", port)
    assert ran.code == 2
    assert f"--port {port}: Address already in use: name another" in ran.err


def test_a_missing_archive_is_an_error_of_one_line(tmp_path: Path, tinquan: Tinquan) -> None:
    ran = tinquan("serve", "--archive", tmp_path / "none.db")
    assert ran.code == 1
    assert "does not exist" in ran.err


def test_a_missing_extra_is_named(
    archive: str, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.startswith(("uvicorn.", "crawler.web."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = tinquan("serve", "--archive", archive)
    assert ran.code == 2
    [line] = ran.err.splitlines()
    assert "the reader needs the extra tinquan[web]: pip install 'tinquan[web]'" in line
