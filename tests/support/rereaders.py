"""Ways to read a page that a child process can import, for tests of re-extraction."""

import os
import time
from pathlib import Path

from crawler.extract import extract
from crawler.outlets.model import Outlet, Overrides
from crawler.page.response import Page
from storage.model.articles import Article, Refusal

CRASHING = "crash"
MEETING = "TINQUAN_TEST_MEETING"  # names a folder where processes leave a file each


def without_first_paragraphs(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Read as by code of which one prune rule drops `.first`, too."""
    if outlet is None:
        return extract(page, outlet)
    pruned = outlet.model_copy(update={"overrides": Overrides(drop=(".first",))})
    return extract(page, pruned)


def crashes_on_marked(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Read as always, but end the process on pages whose address asks for it."""
    if CRASHING in page.url:
        os._exit(139)
    return extract(page, outlet)


def waits_for_another(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Read as always, but not before another process than this one reads, too."""
    folder = Path(os.environ[MEETING])
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("no other process reads")
        time.sleep(0.01)  # the other is a process: there is nothing else to wait on
    return extract(page, outlet)
