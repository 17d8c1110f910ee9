"""What a spider yields: one page's article or refusal, with its capture."""

from dataclasses import dataclass

from crawler.page.response import Page
from storage.model.articles import Article, Capture, Refusal, Stored
from storage.model.places import Tags
from storage.model.runs import Validator


@dataclass(slots=True)
class PageItem:
    """One page on its way into the archive; Scrapy's ItemAdapter reads and writes its fields.

    url: the page's own address. result: its article or refusal; None until the page is read.
    page: its bytes, until it is read. tags: what the article says of places, if anybody looked.
    key: what tells the article apart within its outlet; None for a refused listing.
    aliases: canonical URLs that led here. validator: to ask for it conditionally the next time.
    known: the short id of the article that was looked at again. stored: the archive's answer.
    is_final: of a refusal, True where this one look gives the address up.
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
