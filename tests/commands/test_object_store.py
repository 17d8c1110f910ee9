"""Captures in an object store from the crawl to the takedown, by commands."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.capture.files import list_files
from crawler.config.config import load_config
from crawler.jobs.crawl_job import child_environment
from crawler.schedule.agenda import PUSH, MaintenanceJob
from crawler.schedule.plan import new_agenda
from crawler.schedule.state import maintenance_argv
from storage.archive import open_archive
from tests.support.commands import Tinquan
from tests.support.object_store import S3
from tests.support.paths import ROOT
from tests.support.recorded import Recorder
from tests.support.site import LocalSite
from tests.support.sites import SECTION, Desk, articles, epi_site

NOW = datetime.now(UTC)


@pytest.mark.slow
def test_a_crawl_a_replay_a_reextraction_a_takedown_and_a_check_without_local_copies(
    desk: Desk, site: LocalSite, s3: S3, tinquan: Tinquan, tmp_path: Path
) -> None:
    stories = epi_site(site, count=4)
    desk = replace(desk, more=f'captures = "{s3.url}"')
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert s3.asked() == [], "a crawl asks no store"
    common = ("--config", desk.config, "--archive", desk.archive_url)
    pushed = json.loads(tinquan("archive", "push", "--json", *common).out)
    (file,) = desk.warcs()
    assert (pushed["files"], pushed["bytes"], pushed["errors"]) == (1, file.stat().st_size, [])
    name = file.relative_to(desk.captures).as_posix()
    assert s3.names() == [name]
    file.unlink()

    checked = tinquan("archive", "check", *common)
    assert (checked.code, checked.out) == (0, "nothing is wrong\n")
    again = tinquan("reextract", "--all", "--json", *common)
    assert again.code == 0, again.err
    report = json.loads(again.out)
    assert (report["captures"], report["same"], report["unread"]) == (4, 4, [])
    assert not file.exists(), "only records were asked for"

    other = replace(desk, folder=tmp_path / "replay")
    other.folder.mkdir()
    words = ("crawl", "tienphong", "--replay", file, "--json", "--config", desk.config)
    replayed = tinquan(*words, "--archive", other.archive_url)
    assert replayed.code == 0, replayed.err
    with desk.open() as one, other.open() as two:
        assert articles(one) == articles(two)
    assert file.exists(), "a replay reads whole files: it has fetched it"
    file.unlink()

    gone = stories[0]
    asked = ("--reason", "đơn 7", "--yes", "--json", *common)
    taken = tinquan("archive", "redact", gone.epi_url, *asked)
    assert (taken.code, json.loads(taken.out)["records"]) == (0, 1)
    assert f"{gone.number}.tpo HTTP" in gzip.decompress(s3.get(name)).decode(), "the request stays"
    assert f"<h1>{gone.title}" not in gzip.decompress(s3.get(name)).decode()
    file.unlink()
    checked = tinquan("archive", "check", *common)
    assert (checked.code, checked.out) == (0, "nothing is wrong\n")


@pytest.fixture
def config(tmp_path: Path, s3: S3) -> Path:
    """Return a configuration with a store, and an archive whose two files are not pushed yet."""
    path = tmp_path / "tinquan.toml"
    outlets = f'outlets = "{ROOT}/config/outlets"'
    path.write_text(
        f'contact = "https://example.org/x"\narchive = "tin.db"\ncaptures = "{s3.url}"\n{outlets}\n'
    )
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        recorder = Recorder(opened, tmp_path / "captures", max_bytes=1)
        recorder.store(0, 1, "Tin")
        recorder.store(1, 2, "Tin khác")
        long_ago = NOW - timedelta(hours=3)
        list_files(opened, recorder.captures, recorder.files.written, long_ago)
    return path


def test_status_says_what_waits_and_an_alarm_that_it_lasts(
    config: Path, s3: S3, tinquan: Tinquan
) -> None:
    s3.mode("down")
    failed = tinquan("archive", "push", "--config", config)
    assert (failed.code, failed.out) == (
        1,
        f"{s3.url}: 0 WARC files (0 B) pushed; 0 local copies removed\n",
    )
    assert failed.err.count("503 Service Unavailable: SlowDown") == 2
    s3.asked()
    said = tinquan("status", "--config", config)
    assert said.code == 1
    assert f"2 WARC files wait (2.3 KB) to be pushed to {s3.url}, the first since" in said.out
    assert "; the last push failed: captures s3://" in said.out
    assert "captures not pushed: 2 WARC files wait" in said.out
    found = json.loads(tinquan("status", "--json", "--config", config).out)
    assert found["object_store"]["files"] == 2
    assert [one["cause"] for one in found["alarms"]] == ["not_pushed"]
    assert s3.asked() == [], "who asks how things are waits for no store"
    s3.mode("up")
    assert tinquan("archive", "push", "--config", config).code == 0
    said = tinquan("status", "--config", config)
    assert (said.code, "WARC file" in said.out) == (0, False)


def test_the_schedule_pushes_where_there_is_a_store(config: Path, s3: S3) -> None:
    settings = load_config(config)
    agenda = new_agenda(settings, [])
    agenda.remember([], {}, NOW)
    assert MaintenanceJob(PUSH) in agenda.take(NOW + timedelta(minutes=5))
    argv = maintenance_argv(settings)[PUSH]
    environment = child_environment(settings)
    done = subprocess.run(argv, check=False, capture_output=True, env=environment, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(s3.names()) == 2


def test_a_backup_says_what_only_the_store_has(
    config: Path, s3: S3, tinquan: Tinquan, tmp_path: Path
) -> None:
    assert tinquan("archive", "push", "--config", config).code == 0
    first, second = sorted((tmp_path / "captures").rglob("*.warc.gz"))
    first.unlink()
    backup = tinquan("archive", "backup", tmp_path / "b", "--config", config)
    assert (backup.code, backup.err) == (0, "")
    assert "1 WARC file is only in the object store, and not in this backup" in backup.out
    s3.delete(second.relative_to(tmp_path / "captures").as_posix())
    checked = tinquan("archive", "check", "--repair", "--config", config)
    assert (checked.code, "mark it to be pushed again" in checked.out) == (1, True)
    assert tinquan("archive", "push", "--config", config).code == 0
    assert tinquan("archive", "check", "--config", config).code == 0


def test_the_library_is_loaded_by_what_asks_the_store_alone(config: Path) -> None:
    assert loaded(config, "status") == "obstore: False"
    assert loaded(config, "archive", "push") == "obstore: True"
    config.write_text('archive = "tin.db"')
    assert loaded(config, "archive", "check") == "obstore: False"


def loaded(config: Path, *words: str) -> str:
    """Run a command in a separate process; return its last line."""
    code = f"import sys; sys.argv = ['tinquan', *{words}, '--config', '{config}']\n{_SAY}"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


_SAY = """
from crawler.cli import main
try:
    main()
finally:
    print("obstore:", "obstore" in sys.modules, flush=True)
"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('captures = "s3://"', "captures: expected a folder, or an object store: s3://BUCKET"),
        ('captures = "ftp://host/x"', "captures: expected a folder, or an object store"),
        ('captures = "s3://b/../x"', "captures: expected a folder, or an object store"),
        ('captures = "s3://key:Geheim@b/x"', "(given: 'b/x')"),
        ('captures = "https://b.example/x?sig=Geheim"', "(given: 'https://b.example/x?…')"),
        ('captures = "s3://b"\nlocal_captures = "s3://k:Geheim@c"', "a folder (given: 'c')"),
        ('captures = "s3://b"\nkeep_days = 0', "keep_days: expected at least 1 (given: 0)"),
        ('captures = "s3://b"\nkeep_days = "x"', "keep_days: expected a whole number (given: 'x')"),
        ('captures = "s3://b"\nlocal_captures = "s3://c"', "local_captures: expected a folder"),
        ('captures = ""', "captures: expected a folder (given: '')"),
        ("captures = 5", "captures: expected a path (given: 5)"),
        ("keep_days = 9", "keep_days: goes with an object store in `captures` only"),
        ('local_captures = "x"', "local_captures: goes with an object store in `captures` only"),
        ('object_store = "s3://b"', "object_store: no such key; name the store in `captures`"),
    ],
)
def test_a_setting_that_names_no_store_is_refused(
    tmp_path: Path, tinquan: Tinquan, lines: str, said: str
) -> None:
    file = tmp_path / "tinquan.toml"
    file.write_text(lines)
    ran = tinquan("status", "--config", file)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"tinquan: {file}: ") and said in ran.err
    assert ran.err.count("\n") == 1
    assert "Geheim" not in ran.err


def test_a_missing_extra_is_named(
    tmp_path: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    file = tmp_path / "tinquan.toml"
    file.write_text('captures = "gs://bucket/tin"')
    ran = tinquan("status", "--config", file)
    assert (ran.code, ran.err) == (
        2,
        f"tinquan: {file}: captures: gs://bucket/tin needs the extra tinquan[objects]: pip install"
        " 'tinquan[objects]'\n",
    )


def test_a_push_needs_a_store(tmp_path: Path, tinquan: Tinquan) -> None:
    file = tmp_path / "tinquan.toml"
    file.write_text("")
    ran = tinquan("archive", "push", "--config", file)
    assert ran.code == 2
    assert f"{file}: captures: expected an object store to push to" in ran.err
