"""Classification of a page as an article or another kind of page, by evidence. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.extract.metadata.head import Metadata
from crawler.extract.refusals import moved_evidence, page_kind, paywall_evidence, soft_404_evidence
from crawler.extract.text.body import Body
from crawler.extract.text.subtree import CELL_SEPARATOR
from crawler.page.challenges import challenge_evidence
from crawler.page.dates import DateChoice
from crawler.page.printed import overlap
from storage.model.articles import ArticleKind, RefusalReason

_MIN_BODY = 60  # characters; a shorter text is not stored
SHORT = 250  # characters; a shorter text is stored with a note
_ENOUGH = 600  # characters of prose that make a page without article metadata an article
_MIN_BLOCKS = 2
_FEW_HEADLINES = 14  # links to other articles; side columns of real articles have up to about 14
_SLUG_WORDS = 5
_ID_DIGITS = 4
_SHORT_HEADLINE = 5  # words; the minimum if the URL looks like an article's
_SAME_TITLE = 0.3
_MANY_POSTS = 3  # forum posts
_MANY_ROWS = 15
_MOSTLY = 0.6
_MANY_ITEMS = 5
_LINK = 25  # characters
_MIN_SENTENCE = 80  # characters
_MIN_PROSE = 0.4  # of a text beside tables
_HEADLINE_WORDS = 6  # names of sections are shorter
_QUERY_ID = re.compile(r"(?:^|&)[a-z]*id=\d{2,}", re.IGNORECASE)
_POSTS = "[id^=post-], [class*=message-content], [class*=postbody], [class*=post-message]"
_LONGFORM = re.compile(r"e-?magazine|long-?form|mega-?story|infographic", re.IGNORECASE)
_FORUM = frozenset({"DiscussionForumPosting", "QAPage", "ProfilePage"})
_AUDIO = frozenset({"PodcastEpisode", "AudioObject", "PodcastSeries"})
_LONGFORM_MARKS = re.compile(r"e-?magazine|long-?form|mega-?story", re.IGNORECASE)
_VIDEO = re.compile(r"/(?:video|tv|truyen-hinh|clip)s?[/-]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """Evidence that a page is an article, or another kind of page.

    is_certain: a family's own selectors found the text. is_dated: page or head give a date.
    has_container: the text came from a container, not from the whole page. headlines: the number
    of linked ones, as on listings. kind: another kind of page by its content ("login page", …), or
    "".
    """

    is_certain: bool
    title: str
    is_dated: bool
    has_container: bool
    headlines: int = 0
    kind: str = ""


def count_headlines(tree: LexborHTMLParser) -> int:
    """Return the number of headlines that link to other pages."""
    return len(tree.css("h2 a[href], h3 a[href], h4 a[href], a[href] h2, a[href] h3"))


def kind_by_content(tree: LexborHTMLParser, types: frozenset[str], body: Body) -> str:
    """Return another kind of page by its forms, tables and JSON-LD types, or ""."""
    if types & _FORUM or len(tree.css(_POSTS)) >= _MANY_POSTS:
        return "forum thread"
    if tree.css_first("input[type=password]") is not None and body.length < _ENOUGH:
        return "login page"
    listed = sum(len(block.text) for block in body.blocks if block.kind == "list")
    if listed > _MOSTLY * body.length and _count_items(tree) >= _MANY_ITEMS:
        return "listing page"
    prose = sum(len(block.text) for block in body.blocks if _is_prose(block.text))
    is_table = len(tree.css("table tr")) >= _MANY_ROWS and prose <= _MIN_PROSE * body.length
    return "table page" if is_table else ""


def _count_items(tree: LexborHTMLParser) -> int:
    """Return the number of links in list items that are as long as a headline."""
    return sum(len(link.text(deep=True, strip=True)) >= _LINK for link in tree.css("li a[href]"))


def _is_prose(text: str) -> bool:
    return len(text) >= _MIN_SENTENCE and CELL_SEPARATOR not in text


def classify(
    url: str, data: bytes, meta: Metadata, found: PageEvidence, body: Body
) -> tuple[RefusalReason, str] | None:
    """Return why a page is not an article, with the evidence; None for an article."""
    if body.length >= _MIN_BODY and _is_article(url, meta, found, body):
        return None
    return _barrier(url, data.decode("utf-8", "replace"), meta, found, body) or _shell(
        urlsplit(url).path, meta, found, body
    )


def doubt_notes(meta: Metadata, found: PageEvidence) -> tuple[str, ...]:
    """Return a note if only text and URL, not the metadata, show that the page is an article."""
    if found.is_certain or meta.is_article or meta.prop("article:published_time"):
        return ()
    missing = "" if found.is_dated else " and gives no date"
    return (f"doubt: the page does not call itself an article{missing}",)


def reader_notes(meta: Metadata, body: Body, published: DateChoice) -> tuple[str, ...]:
    """Return the notes that a reader of the article must see."""
    notes = []
    if published.future and published.raw == published.future.raw:
        notes.append("zone: a time after its capture is read in the outlet's own zone")
    if body.length < SHORT:
        notes.append("short")
    if evidence := paywall_evidence(meta.article.get("isAccessibleForFree"), body.barrier):
        notes.append(f"paywall: {evidence}")
    return tuple(notes)


def _barrier(
    url: str, text: str, meta: Metadata, found: PageEvidence, body: Body
) -> tuple[RefusalReason, str] | None:
    """Return what hides the article (challenge, redirect, soft 404, paywall), or None."""
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
    """Return the kind of a page without an article's text, with the evidence."""
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
    """True if a family is certain, the head says so, or all the evidence on the page agrees.

    Section pages of some outlets have og:type "article" too, so a page with neither an article's
    URL nor enough text must not list other headlines.
    """
    path = urlsplit(url).path
    has_headline = len(found.title.split()) >= _HEADLINE_WORDS
    if page_kind(path) not in (None, "video page") and not meta.article:
        return _is_plain_article(meta, found, body) and has_headline and has_article_address(url)
    if found.is_certain:
        return True
    if meta.article or meta.prop("article:published_time"):
        return bool(found.title)
    if found.kind:
        return False
    if has_article_address(url):
        few = found.headlines <= _FEW_HEADLINES or body.length >= _ENOUGH
        return len(found.title.split()) >= _SHORT_HEADLINE and few and _title_agrees(meta, found)
    return has_headline and _is_plain_article(meta, found, body)


def _is_plain_article(meta: Metadata, found: PageEvidence, body: Body) -> bool:
    """True for prose in one container, on a page with a date and few other headlines."""
    if not found.has_container or len(body.blocks) < _MIN_BLOCKS:
        return False
    if found.headlines > _FEW_HEADLINES and body.length < _ENOUGH:
        return False
    return found.is_dated and (meta.is_article or body.length >= _ENOUGH)


def _title_agrees(meta: Metadata, found: PageEvidence) -> bool:
    """True unless og:type is "website" and the head's title differs from the headline."""
    return meta.prop("og:type") != "website" or overlap(meta.title, found.title) >= _SAME_TITLE


def has_article_address(url: str) -> bool:
    """True if a URL ends like an article's: in a long slug or a numeric id."""
    path, query = urlsplit(url)[2:4]
    if _QUERY_ID.search(query):
        return True
    last = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    numbers = [part for part in re.split(r"\D+", last) if len(part) >= _ID_DIGITS]
    return bool(numbers) or len([word for word in last.split("-") if word]) >= _SLUG_WORDS


def _is_video(meta: Metadata) -> bool:
    kind = meta.prop("og:type") or ""
    return kind.startswith("video") or "VideoObject" in meta.types


def _listing_evidence(path: str, meta: Metadata, found: PageEvidence, body: Body) -> str:
    kind = found.kind or page_kind(path)
    parts = [f"{kind}: {path[:200]!r}"] if kind else []
    parts.append(f"{body.length} characters of text")
    if not meta.article:
        parts.append("no article in its JSON-LD")
    if (kind := meta.prop("og:type")) != "article":
        parts.append(f"og:type {kind!r}")
    if not found.is_dated:
        parts.append("no date")
    return ", ".join(parts)


def kind_of_article(
    url: str, tree: LexborHTMLParser, section: tuple[str, ...], body: Body
) -> ArticleKind:
    """Return the kind of an article by its images, its URL and the classes of its page."""
    classes = tree.body.attributes.get("class") if tree.body else ""
    marks = " ".join((url, classes or "", *section))
    if body.is_photo_story or "lens-page" in marks:
        return "photo"
    if _VIDEO.search(urlsplit(url).path):
        return "video"
    return "longform" if _LONGFORM_MARKS.search(marks) else "text"
