"""`tinquan archive redact`, and other commands after a takedown."""

import io
import json
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.model.articles import Verdict
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.recorded import Recorder
from tests.support.redacting import SECRET, texts_in
from tests.support.samples import article, at, url_of
from tests.support.stories import put, start_runs, story, told


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    return tmp_path / "captures"


@pytest.fixture
def config(tmp_path: Path, captures: Path) -> Path:
    """Return a configuration with an archive of two recorded articles."""
    outlets = ROOT / "config" / "outlets"
    path = tmp_path / "tinquan.toml"
    path.write_text(
        f'contact = "https://example.org/contact"\narchive = "tin.db"\noutlets = "{outlets}"\n'
    )
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        recorder = Recorder(opened, captures)
        recorder.store(0, 1, SECRET)
        recorder.store(1, 2, "Tin khác")
        recorder.files.close()
    return path


def test_the_command_removes_and_check_finds_nothing_wrong(
    config: Path, captures: Path, tinquan: Tinquan
) -> None:
    words = ("archive", "redact", "1", "--reason", "đơn 7", "--config", config)
    ran = tinquan(*words, "--yes", "--json")
    assert ran.code == 0
    printed = json.loads(ran.out)
    assert (printed["article"], printed["records"], printed["warc_files"]) == (1, 1, 1)
    assert (printed["copies"], printed["backups"], printed["scrubbed"]) == ([], [], True)
    assert SECRET not in texts_in(captures)
    assert SECRET.encode() not in (config.parent / "tin.db").read_bytes()
    assert "taken down" in tinquan("show", "1", "--config", config).err
    assert (tinquan("archive", "check", "--config", config).code) == 0
    again = tinquan(*words, "--yes")
    assert (again.code, "0 records are out of 0" in again.out) == (0, True)
    unknown = tinquan("archive", "redact", "9", "--reason", "x", "--config", config)
    assert (unknown.code, "no article" in unknown.err) == (1, True)


def test_the_command_tells_where_it_still_is(config: Path, tinquan: Tinquan) -> None:
    with open_archive(f"sqlite:///{config.parent}/tin.db") as opened:
        start_runs(opened)
        first, second = (put(opened, told(number, story(7))) for number in (8, 9))
    for day in (1, 2):
        made = config.parent / "backups" / f"2026-01-0{day}T000000Z"
        made.mkdir(parents=True)
        (made / "manifest.json").touch()
    ran = tinquan("archive", "redact", first, "--reason", "x", "--yes", "--config", config)
    assert ran.code == 0
    assert f"take them down too? articles {second}" in ran.err
    assert f"2 earlier backups may hold it: {config.parent}/backups/2026-01-01T000000Z" in ran.err
    assert "earlier exports" in ran.err


def test_an_import_brings_nothing_of_it_back(config: Path, tinquan: Tinquan) -> None:
    tinquan("archive", "redact", "1", "--reason", "x", "--yes", "--config", config)
    rows = [
        {"outlet": "baothu", "url": url, "title": SECRET, "body": SECRET} | more
        for url, more in (
            (url_of(1), {}),
            ("https://baothu.vn/dia-chi-moi.html", {"article_id": "1"}),
            ("https://baothu.vn/tin-khac.html", {}),
        )
    ]
    file = config.parent / "articles.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = tinquan("import", file, "--config", config, "--json")
    assert ran.code == 0
    counts = json.loads(ran.out)
    assert (counts["new"], counts["taken_down"], counts["rejected"]) == (1, 2, 0)
    assert [f"line {number}: was taken down" in ran.err for number in (1, 2, 3)] == [1, 1, 0]
    assert not file.with_name("articles.jsonl.rejected.jsonl").exists()
    again = tinquan("import", file, "--config", config)
    assert (
        "new 0, revised 0, unchanged 0, known 1, refused 0, rejected 0, taken down 2" in again.out
    )


def test_the_command_asks_first(
    config: Path, captures: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    ran = tinquan("archive", "redact", "1", "--reason", "x", "--config", config)
    assert ran.code == 1
    assert "for good?" in ran.err
    assert SECRET in texts_in(captures)


def test_check_finishes_what_a_kill_left_half_done(
    config: Path, captures: Path, tinquan: Tinquan
) -> None:
    with open_archive(f"sqlite:///{config.parent}/tin.db") as opened:
        opened.maintenance.redact("1", "x", "an", at(100))  # and then the power went
    found = tinquan("archive", "check", "--config", config)
    assert found.code == 1
    assert "takedown of article 1 has not reached" in found.out
    assert SECRET in texts_in(captures)
    assert tinquan("archive", "check", "--repair", "--config", config).code == 1
    assert SECRET not in texts_in(captures)
    assert tinquan("archive", "check", "--config", config).code == 0


def test_check_takes_out_what_came_in_again(config: Path, captures: Path, tinquan: Tinquan) -> None:
    tinquan("archive", "redact", "1", "--reason", "x", "--yes", "--config", config)
    with open_archive(f"sqlite:///{config.parent}/tin.db") as opened:
        recorder = Recorder(opened, captures, run_id="r2")
        seen = recorder.write(300, url_of(1), SECRET)
        assert opened.articles.store("r2", seen, article(1, SECRET)).verdict is Verdict.REFUSED
        recorder.files.close()
    found = tinquan("archive", "check", "--config", config)
    assert (found.code, "was to be redacted and is not" in found.out) == (1, True)
    tinquan("archive", "check", "--repair", "--config", config)
    assert SECRET not in texts_in(captures)
    assert tinquan("archive", "check", "--config", config).code == 0
