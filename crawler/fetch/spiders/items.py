"""What a spider hands to the pipeline."""

from dataclasses import dataclass

from crawler.page.response import Page
from storage.model.articles import Capture, Refusal
from storage.model.runs import Validator


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A page and the record that it came from.

    key: what tells the article apart within its outlet; None for a listing that is refused.
    aliases: canonical URLs that led here. refusal: set where no extraction is needed.
    validator: to ask for it conditionally the next time. known: the short id of the article that
    was looked at again.
    """

    page: Page
    capture: Capture
    key: str | None = None
    aliases: tuple[str, ...] = ()
    refusal: Refusal | None = None
    validator: Validator | None = None
    known: int | None = None
