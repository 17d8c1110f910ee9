"""The summary that a crawl prints at its end."""

import pytest

from crawler.commands.crawl.crawling import print_end
from crawler.config.config import Config
from storage.model.runs import Outcome, RunCounts
from tests.support.samples import run


def end_of(capsys: pytest.CaptureFixture[str], **refused: int) -> tuple[str, str]:
    print_end([run(outcome=Outcome.DONE, counts=RunCounts(refused=refused))], Config())
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_pages_that_crashed_are_told_with_the_way_to_read_them_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said, warned = end_of(capsys, crash=2, timeout=1, video=5)
    assert "as it was" not in said
    assert "3 pages could not be read" in warned
    assert "`tinquan reextract` reads them again" in warned


def test_refused_pages_leave_the_archive_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    said, warned = end_of(capsys, video=5)
    assert "is as it was" in said
    assert not warned
