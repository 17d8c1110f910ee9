"""Extract a page as of an outlet that no family knows."""

from crawler.extract import extract_without
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Article, Refusal


def extract_generic(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Extract a page without any family."""
    return extract_without(page, outlet, FAMILY_NAMES)
