"""The fields around the text: title, lead, section, tags, authors, dates. Pure."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from crawler.extract.authors import read_byline
from crawler.extract.metadata import Metadata, clean
from crawler.extract.scope import ScopedSelector
from crawler.families.base import Family, Layout
from crawler.page.dates import DateCandidate
from crawler.page.urls import article_id, canonical_url

_MAX_TAG = 80  # characters; longer "tags" are sentences or addresses
_MAX_TAGS = 40
_MAX_DATES = 12  # elements of one selector that are read for a date
_MAX_SAPO = 1_200  # characters
_HEADLINE_WORDS = 6  # names of sections and outlets are shorter
_MIN_SHARED = 0.2  # of the words of a page's headline and its head's
_MAX_DATED_BYLINE = 90  # characters
# "(LĐTĐ) ", "(Dân trí) - ", "(PLO)- ": brackets, then a dash or a name in capitals.
_BRACKETED = re.compile(
    r"^[(\[]\s*(?P<name>[^()\[\]]{2,30}?)\s*[)\]]\s*(?P<dash>[-–—:]+)?\s*(?=\S)"
)
# "TPO - ", "SKĐS - ", "VOV.VN - ", "Kinhtedothi - ": one word that is an outlet's short name.
_PREFIXED = re.compile(
    r"^(?P<name>[A-ZĐ]{2,8}(?:\.(?:VN|vn)| Online| Điện tử)?|[A-Z][a-z]{5,}(?:\.vn)?)\s*[-–—]\s+"
)
_CAPITALS = re.compile(r"^[A-ZĐ0-9.]{2,10}$|\.(?:vn|com)\b", re.IGNORECASE)
# Capitals before a dash that name what the sentence is about, not who prints it.
_SUBJECTS = frozenset(
    ("HN", "TPHCM", "HCM", "USD", "GDP", "EU", "NATO", "FED", "CPI", "VND", "WHO")
)
_SITE_SUFFIX = re.compile(r"\s+[|–-]\s+[^|–-]{2,60}$")
_HOME_NAMES = frozenset(("trang chủ", "home", "tin tức", "trang nhất"))


def joined_text(node: LexborNode) -> str:
    """Return an element's text with its parts joined by a blank ("Phường A:" + "Mong …")."""
    return clean(node.text(deep=True, separator=" "))


def select_all(select: ScopedSelector, selectors: tuple[str, ...]) -> list[LexborNode]:
    """Return what the first selector with a match finds."""
    for selector in selectors:
        if nodes := select(selector):
            return nodes
    return []


def read_title(select: ScopedSelector, layout: Layout, meta: Metadata) -> str:
    """Return the headline: the layout's element, else the head's own words without the site."""
    said = meta.said("headline") or meta.prop("og:title")
    for selector in layout.title:
        texts = [text for node in select(selector) if (text := _title_text(node))]
        if selector == "h1" and len(texts) > 1 and said:
            # Some templates set the section's name, or a pop-up's, as another h1.
            texts.sort(key=lambda text: _overlap(text, said), reverse=True)
        if texts and not (selector == "h1" and said and _is_logo(texts[0], said, meta)):
            return texts[0]
    if said:
        return said if meta.said("headline") else strip_site(said, meta.prop("og:site_name"))
    return strip_site(meta.title, None)


def _title_text(node: LexborNode) -> str:
    parts = [clean(part.text(deep=True)) for part in node.iter() if part.tag == "span"]
    if len(parts) > 1:
        return joined_text(node)
    return clean(node.text(deep=True))


def _is_logo(text: str, said: str, meta: Metadata) -> bool:
    """True for an h1 that is the outlet's name: few words, not those of the article's headline."""
    if text == meta.prop("og:site_name"):
        return True
    if not meta.article:  # a section's page, whose h1 is its name
        return False
    return len(text.split()) < _HEADLINE_WORDS and _overlap(text, said) < _MIN_SHARED


def _overlap(text: str, said: str) -> float:
    ours, theirs = set(text.casefold().split()), set(said.casefold().split())
    return len(ours & theirs) / (len(ours | theirs) or 1)


def strip_site(title: str, site: str | None) -> str:
    """Return a title without " | Site" or " - Site" at its end, if that names the site."""
    if site and title.casefold().endswith(site.casefold()):
        return title[: -len(site)].rstrip(" |-–") or title
    return _SITE_SUFFIX.sub("", title) if " | " in title else title


def read_sapo(select: ScopedSelector, layout: Layout, meta: Metadata, *, is_certain: bool) -> str:
    """Return the lead as printed, dateline included, or ''.

    Of several elements a layout's selector finds, the one that says what the head's description
    says; on an unknown template only that one can be trusted.
    """
    described = meta.described
    for selector in layout.sapo:
        nodes = [node for node in select(selector) if not _in_picture(node)]
        texts = [text for node in nodes if 20 <= len(text := joined_text(node)) <= _MAX_SAPO]
        if len(texts) > 1 and described:
            texts.sort(key=lambda text: _overlap(text, described), reverse=True)
        if texts and (is_certain or not described or _overlap(texts[0], described) > 0.3):
            return texts[0]
    return ""


def _in_picture(node: LexborNode) -> bool:
    up: LexborNode | None = node
    for _ in range(3):
        if up is None:
            return False
        if up.tag in ("figure", "figcaption", "picture"):
            return True
        up = up.parent
    return False


def split_dateline(sapo: str, names: tuple[str, ...]) -> tuple[str | None, str]:
    """Return ("TPO", "Hà Nội …") for "TPO - Hà Nội …"; names: datelines known to be ones."""
    for name in names:
        pattern = rf"^[(\[]?\s*{re.escape(name)}\s*[)\]]?\s*(?:[-–—:]+\s*|(?<=[)\]])\s*)(?=\S)"
        if match := re.match(pattern, sapo, re.IGNORECASE):
            return sapo[: match.end()].strip(" -–—:()[]"), sapo[match.end() :]
    if match := _BRACKETED.match(sapo):
        if match["dash"] or _CAPITALS.search(match["name"]):
            return match["name"], sapo[match.end() :]
    elif (match := _PREFIXED.match(sapo)) and match["name"] not in _SUBJECTS:
        return match["name"], sapo[match.end() :]
    return None, sapo


def read_section(select: ScopedSelector, layout: Layout, meta: Metadata) -> tuple[str, ...]:
    """Return the section's path, outermost first."""
    if meta.breadcrumb:
        return meta.breadcrumb
    names = [joined_text(node) for node in select_all(select, layout.section)]
    names = names or _split(meta.prop("article:section") or meta.said("articleSection") or "")
    unique = dict.fromkeys(name for name in names if name and name.lower() not in _HOME_NAMES)
    return tuple(name for name in unique if len(name) <= _MAX_TAG)[:5]


def read_tags(select: ScopedSelector, layout: Layout, meta: Metadata) -> tuple[str, ...]:
    """Return the article's tags: as linked on the page, else as its head lists them."""
    texts = [joined_text(node) for node in select_all(select, layout.tags)]
    if not texts:
        listed = meta.properties.get("article:tag") or meta.names.get("news_keywords")
        listed = listed or meta.names.get("keywords") or []
        texts = [part for text in listed for part in _split(text)]
    tags = dict.fromkeys(text.strip(" #,;.") for text in texts)
    return tuple(tag for tag in tags if 1 < len(tag) <= _MAX_TAG and "://" not in tag)[:_MAX_TAGS]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def read_address(
    page_url: str, meta: Metadata, families: tuple[Family, ...]
) -> tuple[str, str | None]:
    """Return an article's canonical URL and the outlet's own id, by the first family that has one.

    The page's own canonical link wins where it leads to the same site (a share or AMP address
    then leads to the article's); a link to another site or to a home page is not believed, nor
    one without the id that the page's address carries: some themes link every page to another.
    A site without a family has no ids: numbers that end its addresses may be years.
    """
    own = canonical_url(page_url)
    if own_id := _id_of(own, families):
        linked = _linked(own, meta.canonical or "") or own
        return (linked if _id_of(linked, families) == own_id else own), own_id
    linked = _linked(own, meta.canonical or "") or own
    shared = _linked(own, meta.prop("og:url") or "")
    return linked, _id_of(linked, families) or (_id_of(shared, families) if shared else None)


def _id_of(url: str, families: tuple[Family, ...]) -> str | None:
    return next((found for family in families if (found := article_id(url, family))), None)


def _linked(own: str, href: str) -> str | None:
    try:
        url = canonical_url(urljoin(own, href.strip())) if href.strip() else None
        if url is None or urlsplit(url).path in ("", "/"):
            return None
        ours, theirs = urlsplit(own).netloc, urlsplit(url).netloc
    except ValueError:
        return None
    return (
        url
        if theirs == ours or ours.endswith("." + theirs) or theirs.endswith("." + ours)
        else None
    )


def read_author_texts(select: ScopedSelector, layout: Layout) -> list[str]:
    """Return the texts of the layout's author elements, each once; the first selector wins."""
    for selector in layout.author:
        texts = dict.fromkeys(text for n in select(selector) if (text := joined_text(n)))
        if texts:
            return [text for text in texts if len(text) <= 200]
    return _dated_byline(select) if select.places else []


def _dated_byline(select: ScopedSelector) -> list[str]:
    """Return the line by the headline that holds a day and, beside it, nothing but names."""
    for _, nodes in select.by_place(("p", "div", "span", "li", "td")):
        for node in nodes:
            text = joined_text(node)
            if len(text) <= _MAX_DATED_BYLINE and any(char.isdigit() for char in text):
                byline = read_byline(text)
                if byline and byline.names:
                    return [text]
    return []


def date_candidates(
    select: ScopedSelector, layout: Layout, meta: Metadata, key: str = "published"
) -> Iterator[DateCandidate]:
    """Yield what may be the time of publication (or key="modified"), most trusted first.

    JSON-LD, then meta properties, then the layout's elements, then meta names (some outlets put
    the time in US order there), then any <time>.
    """
    jsonld = "datePublished" if key == "published" else "dateModified"
    if said := meta.said(jsonld):
        yield DateCandidate(said, "jsonld")
    if said := meta.prop(f"article:{key}_time"):
        yield DateCandidate(said, "meta")
    if key == "published":
        yield from _printed_dates(select, layout)
        for name in (
            "pubdate",
            "datepublished",
            "article:published_time",
            "its_publication",
            "date",
        ):
            if said := meta.named(name):
                yield DateCandidate(said, f"meta:{name}")
    elif said := meta.named("lastmod") or meta.named("datemodified"):
        yield DateCandidate(said, "meta:name")


def _printed_dates(select: ScopedSelector, layout: Layout) -> Iterator[DateCandidate]:
    for selector, nodes in select.by_place(layout.time):
        for node in nodes[:_MAX_DATES]:
            for value in (node.attributes.get("datetime"), node.attributes.get("content")):
                if value:
                    yield DateCandidate(clean(value), f"page:{selector}")
            text = joined_text(node)
            if any(char.isdigit() for char in text):
                yield DateCandidate(text, f"page:{selector}")
