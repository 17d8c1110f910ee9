"""Identification of a page with a stored article, by outlet id and URL. Pure.

- The same outlet id is the same article, even if the slug in its URL has changed.
- The same canonical URL is the same article, even if the outlet has renumbered it.
- An alias (a redirect, an AMP page) finds an article, but never merges two that have ids: an
  outlet that takes a page down often redirects to another one.
- An article stored by URL only, whose page later gives the id of another article, is merged with
  that one.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The article that has a key.

    kind: of the key, "id", "url" or "alias". shown: True if the article is more than refusals.
    """

    kind: str
    article: int
    shown: bool = True

    @property
    def is_own_url(self) -> bool:
        """True if the key is the URL of the article's own page, not an alias."""
        return self.kind == "url"


@dataclass(frozen=True, slots=True)
class Identity:
    """A stored article, or None for a new one. joins: another article to merge into it."""

    article: int | None
    joins: int | None = None


def identify(
    by_id: KeyMatch | None,
    by_url: KeyMatch | None,
    *,
    is_numbered: bool,
    has_id: Callable[[int], bool],
) -> Identity:
    """Return the article of a page whose id and URL match `by_id` and `by_url`.

    is_numbered: the page gives an outlet id. has_id: returns whether a stored article has one.
    """
    if by_id is None:
        if by_url is None:
            return Identity(None)
        is_other = is_numbered and not by_url.is_own_url and has_id(by_url.article)
        return Identity(None if is_other else by_url.article)
    if by_url and by_url.is_own_url and by_url.article != by_id.article:
        return Identity(by_id.article, None if has_id(by_url.article) else by_url.article)
    return Identity(by_id.article)
