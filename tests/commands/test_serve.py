"""`tinquan serve`: how it starts, where it listens, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest

from crawler.jobs.signals import STOP_SIGNALS
from crawler.web.reader import Reader
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_asked_to_stop(archive: str, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "crawler.cli", "serve", "--archive", archive]
    process = subprocess.Popen(
        [*words, "--port", str(port)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert lines[0].endswith("tinquan.db\n")
        assert f"http://127.0.0.1:{port}/" in lines[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/bai/1") as answer:
            assert "Khánh thành cầu số 1" in answer.read().decode()
            assert answer.headers["Server"] is None
        with pytest.raises(HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/bai/2")
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_can_be_stopped_before_it_listens(
    archive: str, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    wanted: list[bool] = []

    def warm(_reader: Reader, is_wanted: Callable[[], bool]) -> None:
        wanted.append(is_wanted())
        signal.raise_signal(number)
        wanted.append(is_wanted())

    monkeypatch.setattr("crawler.web.app.warm", warm)
    before = {one: signal.getsignal(one) for one in STOP_SIGNALS}
    try:
        ran = tinquan("serve", "--archive", archive)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert (ran.code, wanted) == (0, [True, False])


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
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = tinquan("serve", "--archive", archive)
    assert ran.code == 2
    [line] = ran.err.splitlines()
    assert "the reader needs the extra tinquan[web]: pip install 'tinquan[web]'" in line
