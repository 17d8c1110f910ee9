"""Several processes on one archive, and processes that die, on both databases."""

import os
import signal
import sys
from random import Random

import pytest

from storage.archive import Archive, open_archive
from storage.model.articles import ArticleQuery
from tests.support.samples import url_of
from tests.support.storing import SHARED
from tests.support.warm import Forked

COUNT = 15
FATAL_STATEMENTS = sorted(Random(2026).sample(range(2, 300), 5))


def start(url: str, *arguments: int) -> Forked:
    command = [sys.executable, "-m", "tests.support.storing", url, *map(str, arguments)]
    return Forked(command, os.environ)


def stored(archive: Archive) -> dict[str, int]:
    """Return how many revisions each article has, by the outlet's id."""
    found = archive.articles.find(ArticleQuery())
    return {str(a.latest.article.article_id): len(a.revisions) for a in found}


def test_writers_side_by_side_lose_nothing(empty_url: str) -> None:
    # They make the archive side by side too.
    writers = [start(empty_url, writer, COUNT) for writer in (1, 2, 3)]
    for writer in writers:
        said = writer.communicate(timeout=60)[1].splitlines()
        assert [line for line in said if "is busy: waiting" not in line] == []
        assert writer.returncode == 0
    with open_archive(empty_url) as archive:
        own = {str(w * 1000 + i): 1 for w in (1, 2, 3) for i in range(COUNT)}
        shared = {str(SHARED + i): 3 for i in range(COUNT)}
        assert stored(archive) == own | shared
        assert len(archive.runs.find()) == 3


@pytest.mark.parametrize("fatal", FATAL_STATEMENTS)
def test_a_killed_writer_leaves_whole_articles_only(archive_url: str, fatal: int) -> None:
    process = start(archive_url, 1, COUNT, fatal)
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (-signal.SIGKILL, "")
    acknowledged = printed.split()
    with open_archive(archive_url) as archive:
        found = stored(archive)
        assert set(acknowledged) <= set(found)
        in_flight = len(found) - len(acknowledged)
        assert in_flight in (0, 2)  # the batch in flight, whole or not at all
        urls = [
            url_of(number) for index in range(COUNT) for number in (1000 + index, SHARED + index)
        ]
        assert archive.articles.seen("baothu", urls) == {url_of(int(number)) for number in found}
    again = start(archive_url, 1, COUNT)
    assert again.communicate(timeout=60)[1] == ""
    with open_archive(archive_url) as archive:
        assert stored(archive) == dict.fromkeys(
            [str(n) for i in range(COUNT) for n in (1000 + i, SHARED + i)], 1
        )
