"""Whether what was read is an article, by the evidence on the page. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extract.body import Body
from crawler.extract.metadata import Metadata
from crawler.extract.refusals import moved_evidence, page_kind, paywall_evidence, soft_404_evidence
from crawler.page.challenges import challenge_evidence
from storage.model.articles import RefusalReason

_MIN_BODY = 60  # characters; below it there is no text to store
_ENOUGH = 600  # characters of prose that make an article of a page that says nothing of itself
_HEADLINE_WORDS = 6  # names of sections are shorter
_LONGFORM = re.compile(r"e-?magazine|long-?form|mega-?story|infographic", re.IGNORECASE)
_AUDIO = frozenset({"PodcastEpisode", "AudioObject", "PodcastSeries"})


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """What speaks for an article.

    is_certain: a family's own selectors found the text. is_dated: page or head give a date.
    has_container: the text came from one element, not from all over the page.
    """

    is_certain: bool
    title: str
    is_dated: bool
    has_container: bool


def classify(
    url: str, data: bytes, meta: Metadata, found: PageEvidence, body: Body
) -> tuple[RefusalReason, str] | None:
    """Return why a page is no article and what shows it, or None for an article."""
    if body.length >= _MIN_BODY and _is_article(url, meta, found, body):
        return None
    return _barrier(url, data.decode("utf-8", "replace"), meta, found, body) or _shell(
        urlsplit(url).path, meta, found, body
    )


def _barrier(
    url: str, text: str, meta: Metadata, found: PageEvidence, body: Body
) -> tuple[RefusalReason, str] | None:
    """Return what stands in the way of an article, if the page says so."""
    if evidence := challenge_evidence(text):
        return RefusalReason.BLOCKED, evidence
    if evidence := moved_evidence(url, text):
        return RefusalReason.MOVED, evidence
    if evidence := soft_404_evidence(found.title, " ".join(block.text for block in body.blocks)):
        return RefusalReason.NOT_FOUND, evidence
    barrier = text if meta.article else ""  # menus offer subscriptions on every page
    if evidence := paywall_evidence(meta.article.get("isAccessibleForFree"), barrier):
        return RefusalReason.PAYWALL, evidence
    return None


def _shell(path: str, meta: Metadata, found: PageEvidence, body: Body) -> tuple[RefusalReason, str]:
    """Return which kind of page without an article's text this is."""
    kind = page_kind(path)
    if kind == "video page" or _is_video(meta):
        return RefusalReason.VIDEO, f"a player with {body.length} characters of text"
    if kind is None and meta.types & _AUDIO and not meta.article:
        return RefusalReason.NOT_ARTICLE, "podcast page: its JSON-LD describes a recording"
    if body.length < _MIN_BODY and _LONGFORM.search(path):
        return RefusalReason.NOT_ARTICLE, f"longform without text: {path[:200]!r}"
    if body.length < _MIN_BODY and (found.is_certain or meta.is_article) and found.title:
        return RefusalReason.EMPTY, f"a title and {body.length} characters of text"
    if not found.title and body.length < _MIN_BODY and not meta.properties:
        return RefusalReason.MALFORMED, "neither title nor text"
    return RefusalReason.NOT_ARTICLE, _listing_evidence(path, meta, found, body)


def _is_article(url: str, meta: Metadata, found: PageEvidence, body: Body) -> bool:
    """True where a family is certain, the head says so, or the page looks like one throughout.

    Section pages of some outlets say og:type "article" too: then the title must be a headline.
    """
    if page_kind(urlsplit(url).path) not in (None, "video page") and not meta.article:
        return False
    if found.is_certain:
        return True
    if meta.article or meta.prop("article:published_time"):
        return bool(found.title)
    headline = len(found.title.split()) >= _HEADLINE_WORDS
    if not headline or not found.has_container or len(body.blocks) < 2:
        return False
    return meta.is_article or (found.is_dated and body.length >= _ENOUGH)


def _is_video(meta: Metadata) -> bool:
    kind = meta.prop("og:type") or ""
    return kind.startswith("video") or "VideoObject" in meta.types


def _listing_evidence(path: str, meta: Metadata, found: PageEvidence, body: Body) -> str:
    kind = page_kind(path)
    parts = [f"{kind}: {path[:200]!r}"] if kind else []
    parts.append(f"{body.length} characters of text")
    if not meta.article:
        parts.append("no article in its JSON-LD")
    if (kind := meta.prop("og:type")) != "article":
        parts.append(f"og:type {kind!r}")
    if not found.is_dated:
        parts.append("no date")
    return ", ".join(parts)
