"""Edits and removals as lists show them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.render.diff import changed_share
from crawler.web.rows import cut
from storage.model.articles import ArchivedArticle
from storage.model.edits import Edit

_TITLE = 300


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit: between which states, which fields, which share of the words.

    announced: the outlet gave a new time of modification.
    """

    id: int
    outlet: str
    title: str
    language: str
    at: datetime
    states: tuple[int, int]
    changed: tuple[str, ...]
    share: float
    announced: bool


@dataclass(frozen=True, slots=True)
class RemovalRow:
    """One article whose page is gone; at: since when it was not found."""

    id: int
    outlet: str
    title: str
    language: str
    at: datetime | None
    published_at: datetime | None


def edit_rows(edits: Iterable[Edit]) -> tuple[EditRow, ...]:
    """Return edits as rows, in their order."""
    return tuple(_edit_row(edit) for edit in edits)


def _edit_row(edit: Edit) -> EditRow:
    article = edit.after.article
    return EditRow(
        id=edit.id,
        outlet=article.outlet,
        title=cut(article.title, _TITLE),
        language=article.language,
        at=edit.after.first_seen_at,
        states=(edit.before.number, edit.after.number),
        changed=edit.after.changed,
        share=changed_share(edit.before.article, article),
        announced=not edit.is_stealth,
    )


def removal_rows(removed: Iterable[ArchivedArticle]) -> tuple[RemovalRow, ...]:
    """Return articles that are gone as rows, in their order."""
    return tuple(_removal_row(one) for one in removed)


def _removal_row(one: ArchivedArticle) -> RemovalRow:
    article = one.latest.article
    return RemovalRow(
        id=one.id,
        outlet=article.outlet,
        title=cut(article.title, _TITLE),
        language=article.language,
        at=one.removed_at,
        published_at=article.published_at,
    )
