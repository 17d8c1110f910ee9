"""An import that is killed, again and again: the archive and its index stay of one piece."""

import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from storage.archive import Archive, open_archive
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from storage.sql.schema.core import articles

KILLS = 20
PER_KILL = 2_500  # rows; far more than an import stores while it is left, on any machine
MORE = 300  # rows that the import which is not killed finds new
LEFT_SECONDS = 0.5  # at most, after it has stored something
SYLLABLES = ("chợ", "đêm", "cháy", "nhà", "sông", "nước", "cầu", "đường", "phố", "làng", "nghề")


def write_rows(file: Path, count: int) -> None:
    """Write `count` rows; of two files, the shorter is the longer one's beginning."""
    random = Random(2026)
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            row = {
                "article_id": str(number),
                "title": f"Tin số {number}",
                "body": "\n".join(" ".join(random.choices(SYLLABLES, k=60)) for _ in range(4)),
                "published_at": f"2026-03-{1 + number % 28:02}T08:00:00+07:00",
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def started(file: Path, url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "crawler.cli", "import", str(file)]
    options = ["--outlet", "baothu", "--archive", url]
    # Lines that are set aside are written to the working folder.
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, cwd=file.parent)


def stored(archive: Archive) -> int:
    with archive.database.reading() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(articles)).scalar_one()


@pytest.mark.slow
def test_an_import_that_is_killed_leaves_nothing_wrong(
    archive_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("tsvector.COUNTED", "tsvector.LOOKED_AT"):
        monkeypatch.setattr(f"storage.sql.search.{limit}", 10_000)
    file, random = tmp_path / "rows.jsonl", Random(2026)
    write_rows(file, KILLS * PER_KILL)
    with open_archive(archive_url) as archive:
        for _ in range(KILLS):
            before = stored(archive)
            process = started(file, archive_url)
            while stored(archive) == before:
                assert process.poll() is None, "the import ended by itself"
                time.sleep(0.01)
            time.sleep(random.uniform(0, LEFT_SECONDS))
            process.kill()
            assert process.wait() < 0, "the import was done before it was killed"
            assert list(archive.maintenance.check(lambda _name: None)) == []
        count = stored(archive) + MORE
        write_rows(file, count)
        assert started(file, archive_url).wait() == 0
        assert stored(archive) == count
        assert list(archive.maintenance.check(lambda _name: None)) == []
        query = SearchQuery(parse_words("tin so"), outlets=("baothu",))
        assert archive.search.facets(query).total == count
