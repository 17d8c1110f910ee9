"""The commands of `tinquan archive`, as a user types them."""

import json
import os
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.model.articles import RefusalReason
from tests.support.commands import Tinquan
from tests.support.first_schema import make_first
from tests.support.paths import ROOT
from tests.support.samples import article, capture, refusal, run

CONFIG = """contact = "https://example.org/contact"
archive = "tin.db"
outlets = "{outlets}"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration file whose archive and captures are beside it."""
    outlets = ROOT / "config" / "outlets"
    path = tmp_path / "tinquan.toml"
    path.write_text(CONFIG.format(outlets=outlets))
    return path


@pytest.fixture
def url(config: Path) -> str:
    return f"sqlite:///{config.parent / 'tin.db'}"


def test_init_makes_an_archive_and_leaves_one_alone(
    config: Path, url: str, tinquan: Tinquan
) -> None:
    for _ in range(2):
        ran = tinquan("archive", "init", "--config", config)
        assert (ran.code, ran.out) == (0, f"archive {config.parent}/tin.db is ready\n")
    open_archive(url, create=False).close()


def test_an_older_archive_says_how_to_upgrade_it_and_is_upgraded(
    config: Path, url: str, tinquan: Tinquan
) -> None:
    make_first(url)
    refused = tinquan("articles", "--config", config)
    assert refused.code == 1
    assert "`tinquan archive upgrade`" in refused.err
    assert refused.err.count("\n") == 1
    upgraded = tinquan("archive", "upgrade", "--config", config)
    assert upgraded.code == 0
    said = r"from schema 0001 to \d{4}: it took \d+\.\d KB and takes \d+\.\d KB\n$"
    assert re.search(said, upgraded.out)
    assert "already" in tinquan("archive", "upgrade", "--config", config).out
    listed = tinquan("articles", "--json", "--config", config)
    assert [one["id"] for one in json.loads(listed.out)] == [5, 3, 2, 1]


@pytest.mark.parametrize("name", ["a#b?c.db", "100%25.db"])
def test_a_strange_path_is_taken_as_it_stands(
    config: Path, tmp_path: Path, name: str, tinquan: Tinquan
) -> None:
    path = tmp_path / name
    made = tinquan("archive", "init", "--config", config, "--archive", path)
    assert (made.code, path.is_file()) == (0, True)
    missing = tinquan("articles", "--config", config, "--archive", f"{path}x")
    assert (missing.code, missing.err.startswith(f"tinquan: archive {path}x ")) == (1, True)


def test_a_name_that_no_terminal_can_show_is_written_out(
    config: Path, tmp_path: Path, tinquan: Tinquan
) -> None:
    path = tmp_path / "ng\udcc3.db"  # a lone byte of a name in another encoding
    shown = tinquan("--config", config, "--archive", path, "archive", "init")
    assert (shown.code, shown.err) == (0, "")
    assert "ng\\udcc3.db is ready" in shown.out


def test_runs_whose_process_is_gone_are_shown_as_died(
    config: Path, url: str, tinquan: Tinquan
) -> None:
    now, host = datetime.now(UTC), socket.gethostname()
    with open_archive(url) as archive:
        archive.runs.start(run("gone", started_at=now, host=host, pid=2**22 + 1))
        archive.runs.start(run("here", started_at=now, host=host, pid=os.getpid()))
    ran = tinquan("runs", "--json", "--config", config)
    outcomes = {one["run"]: one["outcome"] for one in json.loads(ran.out)}
    assert outcomes == {"gone": "died", "here": None}
    assert "died" in tinquan("runs", "--config", config).out
    with open_archive(url) as archive:
        assert archive.runs.get("gone").outcome is None  # a question writes nothing


def test_stats_count_by_outlet(config: Path, url: str, tinquan: Tinquan) -> None:
    with open_archive(url) as archive:
        archive.runs.start(run())
        archive.articles.store("run-1", capture(0), article())
        archive.articles.store("run-1", capture(60), article(text="Sửa."))
        archive.articles.store("run-1", capture(7, 2), article(2))
        archive.articles.store("run-1", capture(8, 3), refusal(3, RefusalReason.VIDEO))
        archive.articles.store("run-1", capture(9, 4), refusal(4))
    folder = config.parent / "captures" / "baothu"
    folder.mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(b"x" * 1234)
    found = json.loads(tinquan("archive", "stats", "--json", "--config", config).out)
    assert found["database_bytes"] > 10_000
    assert (found["warc_files"], found["warc_bytes"]) == (1, 1234)
    (outlet,) = found["outlets"]
    assert outlet | {"first_at": "", "last_at": ""} == {
        "outlet": "baothu",
        "articles": 2,
        "revisions": 1,
        "captures": 5,
        "refusals": {"not_found": 1, "video": 1},
        "first_at": "",
        "last_at": "",
        "captured_from": "2026-03-01T15:00:00+07:00",
        "captured_to": "2026-03-01T16:00:00+07:00",
    }
    shown = tinquan("archive", "stats", "--config", config).out
    assert "not_found 1, video 1" in shown
    assert "1 WARC file, 1.2 KB" in shown
