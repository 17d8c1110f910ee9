"""Refusals of pages that are not articles, with the evidence. Pure."""

import re
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from crawler.extract.text.furniture import PAYWALL
from crawler.families.base import Family, OtherPage, other_pages
from crawler.outlets.model import Outlet
from crawler.page.challenges import MAX_CHALLENGE
from crawler.page.dates import parse_date
from crawler.page.response import Page
from storage.model.articles import Refusal, RefusalReason

_BLOCKING_STATUS = frozenset((401, 403, 407, 428, 429, 503))
_GONE = frozenset((404, 410))
_SOFT_404 = re.compile(
    r"\b404\b|không tìm thấy|không tồn tại|đã bị (?:xóa|xoá|gỡ)|page not found|not found"
    r"|trang (?:bạn|quý vị) (?:tìm|yêu cầu|truy cập)|nội dung không còn|liên kết (?:không|đã) h",
    re.IGNORECASE,
)
# Kinds of pages that every outlet has, by words in their URLs.
_GENERAL: tuple[OtherPage, ...] = other_pages(
    home_page=r"^/?$",
    tag_page=r"/tags?/|-tag\d*\.\w+$|-ptag|\.tag$",
    event_page=r"/(?:event|su-kien|dong-su-kien)s?/|-event\d*\.\w+$",
    topic_page=r"/(?:topics?|chu-de|tieu-diem|series)/",
    author_page=r"/tac-gia/",
    search_page=r"/(?:tim-kiem|search)(?:/|\.\w+$|$)",
    feed=r"/rss/",
    forum_thread=r"/(?:threads?|forums?|dien-dan)/|/(?:showthread|viewtopic)\.php",
    login_page=r"/(?:login|dang-nhap|signin)(?:[/.?-]|$)",
    podcast_page=r"/podcasts?(?:/|\.\w+$|$)",
    picture_index=r"^/(?:photos?|anh|photo-story|infographics?|media|multimedia)(?:\.\w+|/)?$",
    longform_index=r"^/(?:e-?magazines?|long-?forms?|mega-?stor(?:y|ies))(?:\.\w+|/)?$",
    listing_page=r"/(?:page|trang)[-/]?\d+",
)
_VIDEO_PAGE = re.compile(r"/(?:video|clip|tv|truyen-hinh)s?[/-]", re.IGNORECASE)
_MOVED = re.compile(
    r"(?:trang|bài viết|địa chỉ|liên kết|website)[^.<]{0,40} đã (?:được )?(?:chuyển|dời) "
    r"(?:sang|đến|tới|về)"
    r"|đang (?:được )?chuyển hướng|this page has moved|moved permanently",
    re.IGNORECASE,
)
_REFRESH = re.compile(
    r"<meta[^>]{0,100}http-equiv=[\"']?refresh[^>]{0,100}content=[\"']?\s*(\d{1,4})\s*[;,]\s*url="
    r"[\"']?([^\"'>\s]{1,500})",
    re.IGNORECASE,
)
_REDIRECT_SCRIPT = re.compile(
    r"(?:window\.|document\.|top\.)?location(?:\.href)?\s*=\s*[\"']([^\"'\s]{1,500})[\"']"
    r"|location\.(?:replace|assign)\(\s*[\"']([^\"'\s]{1,500})[\"']",
)
_MAX_REDIRECT_PAGE = 4_000  # characters; larger pages use such scripts for other purposes
_MAX_REFRESH = 10  # seconds; ePi's articles reload themselves after 1,800


def refuse_response(page: Page, slug: str) -> Refusal | None:
    """Return a refusal by HTTP status or content type, or None; 403 and the like are BLOCKED."""
    if page.status in _GONE:
        return Refusal(slug, page.url, RefusalReason.NOT_FOUND, f"HTTP status {page.status}")
    if page.status in _BLOCKING_STATUS:
        return Refusal(slug, page.url, RefusalReason.BLOCKED, f"HTTP status {page.status}")
    if not 200 <= page.status < 300:
        return Refusal(slug, page.url, RefusalReason.HTTP_ERROR, f"HTTP status {page.status}")
    kind = (page.content_type or "").split(";")[0].strip().lower()
    if kind and not re.search(r"html|xml|text/plain|octet-stream", kind):
        return Refusal(slug, page.url, RefusalReason.MALFORMED, f"content type {kind}")
    return None


def soft_404_evidence(title: str, text: str) -> str | None:
    """Return the words by which a page says, with status 200, that it was not found; or None."""
    for place in (title, text[:600]):
        if match := _SOFT_404.search(place):
            return f"says {match.group()!r}"
    return None


def paywall_evidence(free: object, text: str) -> str | None:
    """Return the evidence of a paywall in JSON-LD (`free`) or the barrier's text, or None."""
    if free is False or str(free).lower() == "false":
        return "isAccessibleForFree is false"
    match = PAYWALL.search(text)
    return f"says {match.group()!r}" if match else None


def other_page(
    url: str, family: Family, outlet: Outlet | None = None
) -> tuple[RefusalReason, str] | None:
    """Return why a URL is not an article's, by its family's rules and the outlet's sections.

    The evidence names the kind of page: tag, event, topic, video, podcast, listing, section …
    """
    name = next((kind.name for kind in family.others if kind.url.search(url)), None)
    path = urlsplit(url).path
    if name is None and outlet is not None and _is_section(path, outlet):
        name = "section page"
    if name is None:
        return None
    reason = RefusalReason.VIDEO if name == "video page" else RefusalReason.NOT_ARTICLE
    return reason, f"{name}: {path[:200]!r}"


def _is_section(path: str, outlet: Outlet) -> bool:
    """True for the page of a section, with or without a trailing slash."""
    bare = path.rstrip("/")
    return bool(bare) and any(bare == s.path.rstrip("/") for s in outlet.sections)


def page_kind(path: str) -> str | None:
    """Return the kind of a page by words in its path that all outlets use, or None."""
    if _VIDEO_PAGE.search(path):
        return "video page"
    return next((kind.name for kind in _GENERAL if kind.url.search(path)), None)


def moved_evidence(url: str, text: str) -> str | None:
    """Return the evidence that a page without an article only redirects, or None."""
    if len(text) > MAX_CHALLENGE:
        return None
    for match in (_REFRESH.search(text), _REDIRECT_SCRIPT.search(text)):
        if match is None or (match.re is _REDIRECT_SCRIPT and len(text) > _MAX_REDIRECT_PAGE):
            continue
        groups = [group for group in match.groups() if group]
        if match.re is _REFRESH and int(groups[0]) > _MAX_REFRESH:
            continue
        target = urljoin(url, groups[-1])
        if target.startswith(("http://", "https://")) and target.rstrip("/") != url.rstrip("/"):
            return f"sends on to {target[:300]}"
    match = _MOVED.search(text)
    return f"says {match.group()!r}" if match else None


def live_evidence(described: dict[str, object], fetched_at: datetime) -> str | None:
    """Return the evidence that a page is a live report, whose text is still being written; or None.

    described: the page's JSON-LD article. Once its coverage has ended, the page is an article.
    """
    kinds = described.get("@type")
    if "LiveBlogPosting" not in (kinds if isinstance(kinds, list) else [kinds]):
        return None
    end = described.get("coverageEndTime")
    ended_at = parse_date(end) if isinstance(end, str) else None
    if ended_at is not None and ended_at <= fetched_at:
        return None
    return "live page: LiveBlogPosting without an end before the capture"
