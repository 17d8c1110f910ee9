"""A closed pipe ends a command that only reads; a command that writes carries on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.model.articles import ArticleQuery
from tests.support.samples import article, capture, run

ROW = {"url": "https://baothu.vn/a", "outlet": "baothu", "title": "Tựa", "body": "Cầu mới."}


@pytest.fixture
def gone() -> Iterator[int]:
    """Yield the write end of a pipe whose read end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def tinquan(folder: Path, stream: int, *words: str) -> int:
    argv = [sys.executable, "-m", "crawler.cli", *words]
    env = {**os.environ, "TINQUAN_ARCHIVE": f"sqlite:///{folder}/tin.db"}
    ran = subprocess.run(argv, check=False, cwd=folder, env=env, stdout=stream, stderr=stream)
    return ran.returncode


def test_an_import_goes_on_and_ends_with_its_own_code(tmp_path: Path, gone: int) -> None:
    rows = [{"no": "use"}, {"no": "use"}, *({**ROW, "url": f"{ROW['url']}{n}"} for n in range(3))]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert tinquan(tmp_path, gone, "import", "m.jsonl") == 1  # two lines were set aside
    with open_archive(f"sqlite:///{tmp_path}/tin.db", create=False) as opened:
        assert len(list(opened.articles.find(ArticleQuery()))) == 3
    (tmp_path / "good.jsonl").write_text(json.dumps(ROW) + "\n")
    assert tinquan(tmp_path, gone, "import", "good.jsonl") == 0


def test_an_export_ends_with_its_own_code(tmp_path: Path, gone: int) -> None:
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        opened.runs.start(run())
        opened.articles.store("run-1", capture(), article())
    assert tinquan(tmp_path, gone, "export", "--output", "x.jsonl") == 0
    assert (tmp_path / "x.jsonl").read_text("utf-8").count("\n") == 1
    assert tinquan(tmp_path, gone, "export", "--output", "x.jsonl") != 0  # it is there already


def test_a_listing_ends_quietly(tmp_path: Path, gone: int) -> None:
    with open_archive(f"sqlite:///{tmp_path}/tin.db"):
        pass
    assert tinquan(tmp_path, gone, "articles") == 0
    assert tinquan(tmp_path, gone, "articles", "--json") == 0
