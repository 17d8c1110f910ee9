"""Archives, recordings and logs are made with 0640 and 0750, or as a stricter umask says."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.capture.backup import back_up
from crawler.capture.hold import hold_host
from crawler.capture.private import make_folder, open_private
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob, make_log
from storage.archive import open_archive
from tests.support.recorded import Recorder
from tests.support.replaying import MORNING, configure, replay


@pytest.fixture(params=[0o022, 0o002, 0o077, 0])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    mask: int = request.param
    before = os.umask(mask)
    yield mask
    os.umask(before)


def modes(folder: Path) -> dict[str, set[int]]:
    """Return which modes the files and the folders below `folder` have."""
    found: dict[str, set[int]] = {"files": set(), "folders": set()}
    for path in folder.rglob("*"):
        kind = "folders" if path.is_dir() else "files"
        found[kind].add(stat.S_IMODE(path.stat().st_mode))
    return found


def test_an_archive_with_recordings_locks_and_a_backup(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with open_archive(f"sqlite:///{home / 'tin.db'}") as archive:
        recorder = Recorder(archive, home / "captures")
        recorder.store(0, 1, "Một đoạn.")
        recorder.files.close()
        assert (home / "tin.db-wal").exists()
        hold_host(None, home / "captures", "baothu.vn", "r1").release()
        hold = archive.schedule.hold("schedule")
        now = datetime(2026, 9, 14, tzinfo=UTC)
        back_up(f"sqlite:///{home / 'tin.db'}", home / "captures", home / "b" / "c", 3, now)
        found = modes(home)
        if hold is not None:
            hold.release()
    assert found == {"files": {0o640 & ~umask}, "folders": {0o750 & ~umask}}


def test_logs_and_those_that_follow_them(tmp_path: Path, umask: int) -> None:
    config = Config(root=tmp_path, logs=tmp_path / "logs" / "crawls")
    make_log(CrawlJob("tienphong"), config)
    assert modes(tmp_path) == {"files": {0o640 & ~umask}, "folders": {0o750 & ~umask}}


def test_what_is_there_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2775)
    make_folder(shared / "a" / "b")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o2775
    file = tmp_path / "open.db"
    file.touch()
    file.chmod(0o664)
    open_archive(f"sqlite:///{file}").close()
    with open_private(file.with_name("x"), "w", encoding="utf-8") as made:
        made.write("ộ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o664


@pytest.mark.slow
def test_a_crawl_leaves_nothing_that_others_can_read(tmp_path: Path) -> None:
    config = configure(tmp_path)
    config.chmod(0o640)
    before = os.umask(0)
    try:
        replay(config, MORNING)
    finally:
        os.umask(before)
    found = modes(tmp_path)
    assert all(not mode & 0o027 for mode in found["files"] | found["folders"])
    assert (tmp_path / "tinquan.db").exists()
