"""Ways to read a page that a child process can import, for tests of re-extraction."""

import os
from dataclasses import replace

from crawler.extract import extract
from crawler.outlets import Outlet, Overrides
from crawler.page import Page
from storage.model import Article, Refusal

CRASHING = "crash"


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


def says_who_read(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Put the process's id into the title."""
    result = extract(page, outlet)
    return replace(result, title=str(os.getpid())) if isinstance(result, Article) else result
