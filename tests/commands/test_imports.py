"""A command that reads the archive imports no code that crawls, extracts or migrates."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from crawler.commands.index import COMMANDS, load
from storage.archive import open_archive
from storage.sql.engine.migrate import configuration
from storage.sql.engine.versions import versions_known
from tests.support.samples import article, capture, run

HEAVY = {
    "scrapy",
    "twisted",
    "trafilatura",
    "lxml",
    "numpy",
    "alembic",
    "dateparser",
    "psycopg",
    "apprise",
}
QUESTIONS = (
    ["--help"],
    ["articles"],
    ["show", "1"],
    ["search", "cầu"],
    ["runs"],
    ["status"],
    ["revisions"],
    ["clusters"],
)
_SAY = """
import sys
from crawler.cli import main
try:
    main()
finally:
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    with open_archive(f"sqlite:///{folder}/tinquan.db") as archive:
        archive.runs.start(run())
        archive.articles.store("run-1", capture(), article())
    return folder


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_a_question_imports_nothing_that_crawls_or_migrates(words: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SAY, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.rpartition("loaded:")[2].split())
    assert "crawler" in loaded
    assert loaded & HEAVY == set()
    if words != ["status"]:  # which reads the cron lines of the schedule
        assert "apscheduler" not in loaded
    if words == ["--help"]:
        assert loaded & {"sqlalchemy", "pydantic", "ahocorasick_rs", "asyncio"} == set()


def test_help_says_of_each_command_what_the_command_says_of_itself() -> None:
    for entry in COMMANDS:
        command = load(entry)
        first, *_ = (command.help or "").partition("\n")
        assert command.get_short_help_str(500).rstrip(".") == entry.help.rstrip("."), first


def test_help_breaks_lines_only_between_paragraphs() -> None:
    for entry in COMMANDS:
        command = load(entry)
        for each in (command, *getattr(command, "commands", {}).values()):
            paragraphs = (each.help or "").split("\n\n")
            assert [text for text in paragraphs if "\n" in text] == [], each.name


def test_the_files_of_migrations_are_numbered_as_alembic_knows_them(tmp_path: Path) -> None:
    with (
        open_archive(f"sqlite:///{tmp_path}/tinquan.db") as archive,
        archive.database.reading() as conn,
    ):
        scripts = ScriptDirectory.from_config(configuration(conn))
    known = [script.revision for script in scripts.walk_revisions()]
    assert versions_known() == known[::-1]
