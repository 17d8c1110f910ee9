"""Replay recordings as a user would, and open the archives that they fill."""

import json
import sys
import time
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import main
from storage.archive import Archive, open_archive
from storage.errors import ArchiveError
from storage.model.articles import ArticleQuery
from tests.recordings.build import DEMO
from tests.recordings.pages import ROOT
from tests.support.warm import forking

MORNING, EVENING = DEMO / "morning.warc.gz", DEMO / "evening.warc.gz"


def configure(folder: Path) -> Path:
    file = folder / "tinquan.toml"
    file.write_text(
        f'contact = "https://example.org/tests"\noutlets = "{ROOT}/config/outlets"\n'
        f'archive = "sqlite:///{folder}/tinquan.db"\n'
    )
    return file


def replay(config: Path, *files: Path) -> list[dict[str, Any]]:
    """Run `tinquan crawl --replay …` and return its runs."""
    words = ["tinquan", "--config", str(config), "crawl", "--json"]
    words += [word for file in files for word in ("--replay", str(file))]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed, forking():
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code in (0, None)
    runs: list[dict[str, Any]] = json.loads(printed.getvalue())
    return runs


def opened(folder: Path) -> Archive:
    return open_archive(f"sqlite:///{folder}/tinquan.db", create=False)


def wait_for_articles(folder: Path, count: int) -> list[int]:
    """Wait until `count` articles are stored; return the process ids of the running crawls."""
    for _ in range(600):
        with suppress(ArchiveError), opened(folder) as archive:  # it may not exist yet
            running = [run.pid for run in archive.runs.find() if run.outcome is None and run.pid]
            if sum(1 for _ in archive.articles.find(ArticleQuery())) >= count:
                return running
        time.sleep(0.05)  # nothing signals another process's progress: poll
    raise AssertionError("the crawl stored nothing")
