"""Starting a crawl: its command's words, and whether a run can still be at work."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.config import Config, load_config
from crawler.launch import Order, command, is_alive, log_file
from storage.model import Run
from tests.commands import Tinquan

NOW = datetime(2026, 9, 14, tzinfo=UTC)
HERE = socket.gethostname()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "tinquan.toml"
    file.write_text('contact = "toa-soan@example.org"\n')
    return load_config(file)


def test_the_command_is_the_one_a_person_would_type(config: Config) -> None:
    order = Order("tienphong", "r1", ("a", "b"), since="2026-07-01T00:00:00+07:00", limit=5)
    words = command(order, config)
    assert words[1:5] == ["-m", "scrapy", "crawl", "tienphong"]
    assert "section=a,b" in words
    assert "limit=5" in words
    assert "TINQUAN_RUN_ID=r1" in words
    assert not any(config.archive in word for word in words), "a password may stand in it"
    assert not any(word.startswith(("until=", "recrawl=", "TINQUAN_REPLAY=")) for word in words)
    assert f"LOG_FILE={log_file(order, config)}" in words


def test_recordings_are_handed_over_whatever_their_names(config: Config) -> None:
    words = command(Order("thu", "r1", replay=(Path('/a,b "c".warc.gz'),)), config)
    assert 'TINQUAN_REPLAY=["/a,b \\"c\\".warc.gz"]' in words


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_a_run_lives_as_long_as_its_process() -> None:
    alive = Run("r", "thu", NOW, pid=os.getpid(), host=HERE)
    dead = Run("r", "thu", NOW, pid=ended_process(), host=HERE)
    assert is_alive(alive, 3600, NOW)
    assert not is_alive(dead, 3600, NOW)


def test_a_run_on_another_machine_is_judged_by_its_age() -> None:
    far = Run("r", "thu", NOW, pid=1, host="elsewhere.example")
    assert is_alive(far, 3600, NOW + timedelta(hours=1))
    assert not is_alive(far, 3600, NOW + timedelta(hours=2, seconds=1))


def test_a_process_id_that_is_used_again_does_not_keep_a_run_alive() -> None:
    old = Run("r", "thu", NOW, pid=os.getpid(), host=HERE)
    assert not is_alive(old, 3600, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["articles", "--since", "0001-01-01"], "--since '0001-01-01': expected a day"),
        (["crawl", "--section", "none"], "laodongthudo has no section 'none'"),
        (["crawl", "--since", "2026-09-02", "--until", "2026-09-01"], "is not before --until"),
    ],
)
def test_wrong_words_start_no_crawl(
    tinquan: Tinquan, tmp_path: Path, words: list[str], told: str
) -> None:
    ran = tinquan(*words, "--archive", tmp_path / "new.db")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "new.db").exists()
