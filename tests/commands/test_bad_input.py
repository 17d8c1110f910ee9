"""Mistyped input: a line that names it, exit code 1 or 2, and nothing lost or replaced."""

import os
from pathlib import Path

import pytest

from storage.archive import open_archive
from tests.recordings.build import DEMO
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.samples import article, capture, run

HUGE = "9" * 30
BOTH = tuple(str(DEMO / f"{name}.warc.gz") for name in ("morning", "evening"))
EMPTY = ("--since", "2026-09-14", "--until", "2026-09-13")
NOT_BEFORE = "--since 2026-09-14 is not before --until 2026-09-13"
LONE = "\udcff"  # a byte that is no UTF-8, as the shell hands it over


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an archive of one article and some unusable files."""
    made = tmp_path_factory.mktemp("desk")
    outlets = ROOT / "config" / "outlets"
    (made / "tinquan.toml").write_text(
        f'contact = "https://example.org/contact"\narchive = "tin.db"\noutlets = "{outlets}"\n'
    )
    with open_archive(f"sqlite:///{made}/tin.db") as opened:
        opened.runs.start(run())
        opened.articles.store("run-1", capture(), article())
    # Whoever reads first makes SQLite's -wal and -shm, which a reader may not take away.
    with open_archive(f"sqlite:///{made}/tin.db", read_only=True) as opened:
        opened.runs.find()
    (made / "file").touch()
    os.mkfifo(made / "pipe")
    return made


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["runs", "--limit", HUGE], 2, "--limit"),
        (["articles", "--limit", HUGE], 2, "--limit"),
        (["clusters", "--min-outlets", HUGE], 2, "--min-outlets"),
        (["export", "--output", "{}/x.csv", "--limit", HUGE], 2, "--limit"),
        (["diff", "1", "1", "99"], 1, "no state 99"),
        (["show", LONE], 1, "no article with the id or URL '\\udcff'"),
        (["show", HUGE], 1, "no article with the id"),
        (["search", "--", LONE], 2, "nothing to search for"),
        (["search", "--", "x" * 120_000], 2, "120,000 characters"),
        (["search", "cầu", "--outlet", LONE], 2, "no outlet '\\udcff'"),
        (["search", "cầu", "--until", "99999-01-01"], 2, "--until '99999-01-01'"),
        (["archive", "redact", "1", "--reason", " ", "--yes"], 2, "--reason is empty"),
        (["archive", "backup", ""], 2, "a path is empty"),
        (["export", "--output", ""], 2, "a path is empty"),
        (["init", ""], 2, "a path is empty"),
        (["demo", " "], 2, "a path is empty"),
        (["export", "--output", "-", "--format", "csv"], 2, "name one, such as articles.jsonl"),
        (["archive", "backup", "{}/file"], 1, "name a folder for backups"),
        (
            ["export", "--output", "{}/pipe", "--format", "csv", "--overwrite"],
            2,
            "no ordinary file",
        ),
        (["import", "{}/file", "--rejected", "{}/pipe"], 2, "no ordinary file"),
        (["import", "{}/none"], 2, "cannot be read"),
        (["crawl", "--replay", "{}/none.warc.gz"], 2, "none.warc.gz: no such file"),
        (["crawl", "vnexpress", "--replay", *BOTH], 1, f"{BOTH[0]}, {BOTH[1]}: holds no response"),
        (["crawl", "--replay", *BOTH, "{}/none.gz"], 2, "no outlet '"),
        (["export", "--output", "{}/y.csv", "--outlet", "baothuu"], 2, "no outlet 'baothuu'"),
        (["export", "--output", "{}/y.csv", *EMPTY], 2, NOT_BEFORE),
        (["articles", *EMPTY], 2, NOT_BEFORE),
        (["search", "cầu", *EMPTY], 2, NOT_BEFORE),
        (["revisions", *EMPTY], 2, NOT_BEFORE),
        (["clusters", *EMPTY], 2, NOT_BEFORE),
        (["places", "stats", *EMPTY], 2, NOT_BEFORE),
        (["coverage", "baothu", *EMPTY], 2, NOT_BEFORE),
        (["reextract", *EMPTY], 2, NOT_BEFORE),
        (["crawl", "tienphong", *EMPTY], 2, NOT_BEFORE),
    ],
)
def test_a_mistake_is_one_line(
    folder: Path, tinquan: Tinquan, words: list[str], code: int, said: str
) -> None:
    before = sorted(folder.iterdir())
    ran = tinquan("--config", folder / "tinquan.toml", *(word.format(folder) for word in words))
    assert (ran.code, ran.out, said in ran.err) == (code, "", True), ran.err
    assert ran.err.startswith(("tinquan: ", "Usage: ")), ran.err
    assert ran.err.count("\n") == 1 or ran.err.startswith("Usage: ")
    assert (folder / "pipe").is_fifo()
    assert sorted(folder.iterdir()) == before or words[1] == "backup"
    assert tinquan("--config", folder / "tinquan.toml", "show", "1").code == 0


def test_a_full_disk_under_the_output_is_one_line(
    folder: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full")
    with full.open("w", encoding="utf-8") as nothing_fits:
        monkeypatch.setattr("sys.stdout", nothing_fits)
        ran = tinquan("--config", folder / "tinquan.toml", "show", "1", "--json")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "the output cannot be written: No space left on device" in ran.err


def test_no_output_at_all_is_no_failure(
    folder: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert tinquan("--config", folder / "tinquan.toml", "show", "1", "--json").code == 0
