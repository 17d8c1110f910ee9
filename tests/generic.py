"""Extraction as of an outlet that no family knows."""

from crawler.extract import extract_without
from crawler.families import FAMILY_NAMES
from crawler.outlets import Outlet
from crawler.page import Page
from storage.model import Article, Refusal


def extract_generic(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Read a page with every family left out."""
    return extract_without(page, outlet, FAMILY_NAMES)
