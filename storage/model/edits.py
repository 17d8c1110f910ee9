"""Edits, the changes that outlets make to published articles, and the query for them."""

from dataclasses import dataclass
from datetime import datetime

from storage.model.articles import Revision


@dataclass(frozen=True, slots=True)
class EditQuery:
    """A query for edits, newest first.

    since, until: bounds on when the changed state was first seen, inclusive and exclusive.
    places: ids of units; matches edits of articles whose latest state is about any of them
    (primary). maybe_reextraction: also changes that the extraction code may have made
    (`Revision.maybe_reextraction`). offset: how many of the newest to skip.
    """

    outlets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    maybe_reextraction: bool = False
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Two consecutive states of an article. id: the article's short id."""

    id: int
    before: Revision
    after: Revision

    @property
    def is_stealth(self) -> bool:
        """True where the outlet gives no modification time, or an unchanged one."""
        now = self.after.article.modified_at
        return now is None or now == self.before.article.modified_at
