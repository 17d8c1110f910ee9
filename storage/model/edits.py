"""The nouns of edits: which articles an outlet changed after it had published them."""

from dataclasses import dataclass
from datetime import datetime

from storage.model.articles import Revision


@dataclass(frozen=True, slots=True)
class EditQuery:
    """Which edits are wanted, newest first.

    since, until: bounds on when the changed state was first seen, inclusive and exclusive.
    places: ids of units; wanted are edits of articles that are about any of them now (primary).
    maybe_reextraction: also those that our own code may have made (`Revision.maybe_reextraction`).
    offset: so many of the newest are left out.
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
    """A state of an article that followed another. id: the article's short id."""

    id: int
    before: Revision
    after: Revision

    @property
    def is_stealth(self) -> bool:
        """True where the outlet gives no time of modification, or still the one from before."""
        now = self.after.article.modified_at
        return now is None or now == self.before.article.modified_at
