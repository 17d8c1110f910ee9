"""Find an outlet's news sections in a page's navigation. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.families.base import Family
from crawler.page.response import Page
from crawler.page.urls import absolute_url, article_id, is_on
from storage.text.normalize import fold

# The families' forms of feed paths; docs/add-an-outlet.md gives the sources.
_FEEDS = {"onecms": "/rss{path}", "mastercms": "/rss_feed{path}", "vccorp": "/rss{path}.rss"}
_MAX_SECTIONS = 150  # links beyond this are not navigation
_MENU = "nav a[href], header a[href], [class*=menu] a[href], [class*=nav] a[href]"
_BREADCRUMB = "[class*=breadcrumb] a[href], [class*=bread-crumb] a[href], [id*=breadcrumb] a[href]"
_NO_NEWS = (
    # user accounts, and the outlet's services
    "login|logout|dang-nhap|dang-ky|dang-xuat|tai-khoan|profile|account|thanh-vien|qua-tang"
    "|lich-su-giao-dich|gio-hang|thanh-toan|dat-bao|mua-bao|nhan-tin|nhantin|gui-tin|gui-bai|gop-y"
    "|lien-he|gioi-thieu|toa-soan|quang-cao|dieu-khoan|bao-mat|privacy|terms|faq|services?|apps?"
    "|ung-dung|download|tuyen-dung|rao-vat"
    # tools and tables
    "|rss|sitemap|so-do|search|tim-kiem|du-lieu|ban-do|lich-van|thoi-tiet|xo-so|ty-gia|gia-vang|du-doan"
    "|lich-thi-dau|bang-xep-hang"
    # lists across sections
    "|trang-chu|home|tin-moi|moi-nhat|xem-nhieu|doc-nhieu|binh-luan-nhieu|tin-24h|24h-qua|tin-tuc-24h|tags?|tac-gia"
    "|topics?|chu-de|su-kien|events?"
    # media, and the printed paper
    "|videos?|podcasts?|podcad|e-?magazine|longform|infographics?|photos?|multimedia|multi|media"
    "|mega|truc-tiep|tructiep|e-?paper|bao-in|bao-giay|nhat-bao|an-pham"
)
_NO_SECTION = re.compile(rf"(?:^|-)(?:{_NO_NEWS})(?:-|$)|-\d{{4,}}$|-e\d{{3,}}$")
_HANOI = re.compile(r"\b(?:ha noi|thu do)\b")


@dataclass(frozen=True, slots=True)
class NewSection:
    """A section that a page links to. feed: seen on the page; likely: a guess by family.

    above: the slug of the parent section by path, if there is one.
    """

    slug: str
    name: str
    path: str
    zone: int | None = None
    feed: str | None = None
    likely: str | None = None
    above: str | None = None

    @property
    def hanoi(self) -> bool:
        """Whether its name says that it is about Hà Nội."""
        return bool(_HANOI.search(fold(self.name)))


def links_of(tree: LexborHTMLParser, base: str, selector: str) -> Iterator[str]:
    """Yield the absolute URLs of the links that match a selector."""
    for node in tree.css(selector):
        if url := absolute_url(base, node.attributes.get("href") or ""):
            yield url


def sections_of(
    page: Page, tree: LexborHTMLParser, family: Family, host: str
) -> tuple[NewSection, ...]:
    """Return the sections that a page links to, its own first; the front page if there are none.

    A section below another one has `above` set, except one about Hà Nội.
    """
    feeds = [
        urlsplit(url).path
        for url in links_of(tree, page.url, "link[type='application/rss+xml'], a[href*='rss']")
        if is_on(url, (host,))
    ]
    found: dict[str, NewSection] = {}  # by path without extension
    for selector in (_BREADCRUMB, _MENU):
        for node in tree.css(selector):
            url = absolute_url(page.url, node.attributes.get("href") or "") or ""
            section = _section(url, " ".join(node.text().split()), family, host, feeds)
            if section is not None and len(found) < _MAX_SECTIONS:
                found.setdefault("/".join(_parts(section.path)), section)
    if not found:
        feed = next((path for path in feeds if re.search(r"\.rss$|\.xml$", path)), None)
        return (NewSection("trang-chu", "Trang chủ", "/", feed=feed),)
    return tuple(_with_parents(_with_unique_slugs(found)))


def _section(url: str, name: str, family: Family, host: str, feeds: list[str]) -> NewSection | None:
    address = urlsplit(url)
    parts = _parts(address.path)
    named = 3 <= len(name) <= 40 and not name.isdigit()
    if not (is_on(url, (host,)) and 1 <= len(parts) <= 2 and named) or address.query:
        return None
    slug = _slug(parts[-1])
    words = [part.lower() for part in parts] + [_slug(name)]
    if not slug or article_id(url, family) or re.search(r"[\s%]", address.path):
        return None
    if any(_NO_SECTION.search(word) for word in words):
        return None
    feed = next(
        (path for path in feeds if re.search(rf"/{re.escape(slug)}(?:-\d+)?(?:\.rss|$)", path)),
        None,
    )
    zone = re.search(r"-(\d+)\.rss$", feed or "") if family.name == "epi" else None
    form = _FEEDS.get(family.name)
    section = NewSection(slug, name, address.path, int(zone[1]) if zone else None, feed)
    likely = form.format(path="/" + "/".join(parts)) if form and not feed else None
    return replace(section, likely=likely)


def _parts(path: str) -> list[str]:
    return [part for part in re.sub(r"\.(?:html?|chn|tpo|vnp|vov)$", "", path).split("/") if part]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def _with_unique_slugs(found: dict[str, NewSection]) -> dict[str, NewSection]:
    """Return the sections with unique slugs, made from the whole path if need be."""
    taken: set[str] = set()
    unique = {}
    for path, section in found.items():
        slug = section.slug if section.slug not in taken else _slug(path)
        if slug not in taken:
            taken.add(slug)
            unique[path] = replace(section, slug=slug)
    return unique


def _with_parents(found: dict[str, NewSection]) -> Iterable[NewSection]:
    for path, section in found.items():
        above = found.get(path.rpartition("/")[0])
        yield replace(section, above=above.slug) if above and not section.hanoi else section
