"""The item that spiders yield: one page's article or refusal, with its capture."""

from dataclasses import dataclass

from crawler.page.response import Page
from storage.model.articles import Article, Capture, Refusal, Stored
from storage.model.places import Tags
from storage.model.runs import Validator


@dataclass(slots=True)
class PageItem:
    """One page on its way into the archive; Scrapy's ItemAdapter reads and writes its fields.

    url: the page's own address. result: its article or refusal; None until it is extracted.
    page: its bytes, until it is extracted. tags: the article's places, if they were tagged.
    key: identifies the article within its outlet; None for a refused listing.
    aliases: canonical URLs that led here. validator: for the next, conditional request.
    known: the short id of the article, in a recheck. stored: the archive's verdict.
    is_final: True if this one refusal is enough to give the address up.
    """

    url: str
    capture: Capture
    result: Article | Refusal | None = None
    page: Page | None = None
    tags: Tags | None = None
    key: str | None = None
    aliases: tuple[str, ...] = ()
    validator: Validator | None = None
    known: int | None = None
    stored: Stored | None = None
    is_final: bool = False
