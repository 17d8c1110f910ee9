"""A crawl's log never fills the disk, and keeps how the crawl ended."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.fetch.extensions.log_limit import LogLimit


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Yield the file that the root logger writes into, as Scrapy sets it up."""
    root, file = logging.getLogger(), tmp_path / "r1.log"
    before, level = list(root.handlers), root.level
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield file
    finally:
        root.setLevel(level)
        for added in set(root.handlers) - set(before):
            root.removeHandler(added)
            added.close()


def test_the_end_of_a_long_log_is_kept_within_its_limit(log: Path) -> None:
    logging.info("tin đầu tiên")
    LogLimit(64_000).install()
    logging.info("short so far")
    assert log.read_text("utf-8") == "INFO: tin đầu tiên\nINFO: short so far\n"
    for number in range(5_000):
        logging.error("an error in a loop, for the %d. time", number)
    logging.info("the last line")
    files = sorted(log.parent.iterdir())
    assert [file.name for file in files] == ["r1.log", "r1.log.1"]
    assert 32_000 < sum(file.stat().st_size for file in files) <= 64_000
    assert log.read_text("utf-8").endswith("\nINFO: the last line\n")
