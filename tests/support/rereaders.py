"""Extraction functions that a child process can import, for tests of re-extraction."""

import os
import time
from pathlib import Path

from crawler.extract import extract
from crawler.outlets.model import Outlet, Overrides
from crawler.page.response import Page
from storage.model.articles import Article, Refusal

CRASHING = "crash"
MEETING = "TINQUAN_TEST_MEETING"  # names a folder in which each process creates a file


def without_first_paragraphs(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Extract as by code with a further prune rule that drops `.first`."""
    if outlet is None:
        return extract(page, outlet)
    pruned = outlet.model_copy(update={"overrides": Overrides(drop=(".first",))})
    return extract(page, pruned)


def crashes_on_marked(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Extract as usual, but end the process on pages whose URL contains CRASHING."""
    if CRASHING in page.url:
        os._exit(139)
    return extract(page, outlet)


def waits_for_another(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Extract as usual, but wait until a second process extracts too."""
    folder = Path(os.environ[MEETING])
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("no other process reads")
        time.sleep(0.01)  # nothing signals another process's progress: poll
    return extract(page, outlet)
