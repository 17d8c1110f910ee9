"""Which stored article a page is, by the articles that its id and its URL lead to. Pure.

- The same outlet id is the same article, whatever became of the slug in its URL.
- The same canonical URL is the same article, also where the outlet renumbered it.
- An alias (a redirect, an AMP page) finds an article, but never joins two that have ids: an
  outlet that takes a page down often redirects to another one.
- An article first stored by URL only and later met with the id of another is that other one.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The article that a key leads to.

    kind: of the key, "id", "url" or "alias". shown: the article is more than refusals.
    """

    kind: str
    article: int
    shown: bool = True

    @property
    def is_own_url(self) -> bool:
        """True where the key is the URL of the article's own page."""
        return self.kind == "url"


@dataclass(frozen=True, slots=True)
class Identity:
    """A stored article, None for a new one. joins: another that turns out to be the same."""

    article: int | None
    joins: int | None = None


def identify(
    by_id: KeyMatch | None,
    by_url: KeyMatch | None,
    *,
    is_numbered: bool,
    has_id: Callable[[int], bool],
) -> Identity:
    """Return which article a page is.

    is_numbered: the page gives an outlet id. has_id: asks whether a stored article has one.
    """
    if by_id is None:
        if by_url is None:
            return Identity(None)
        is_other = is_numbered and not by_url.is_own_url and has_id(by_url.article)
        return Identity(None if is_other else by_url.article)
    if by_url and by_url.is_own_url and by_url.article != by_id.article:
        return Identity(by_id.article, None if has_id(by_url.article) else by_url.article)
    return Identity(by_id.article)
