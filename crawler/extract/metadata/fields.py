"""Extraction of title, lead, section, tags and authors. Pure."""

import re
from collections.abc import Iterable
from itertools import islice

from selectolax.lexbor import LexborNode

from crawler.extract.choose import ScopedSelector
from crawler.extract.metadata.authors import clean_names, read_byline
from crawler.extract.metadata.head import Metadata, clean
from crawler.families.base import Layout
from crawler.page.printed import TITLE_ENDS, overlap, strip_site
from storage.model.articles import Block

_MAX_TAG = 80  # characters; longer "tags" are sentences or addresses
_MAX_TAGS = 40
_MAX_AUTHOR = 200  # characters
_MAX_BYLINE = 60  # characters of names; a longer box says more about the authors
_MAX_CLOSING = 6  # elements after the text that may name its author
_SIGNED = re.compile(r"\bright\b|bold|author|tac-?gia|byline", re.IGNORECASE)
_MAX_SAPO = 1_200  # characters
_HEADLINE_WORDS = 6  # names of sections and outlets are shorter
_MIN_LOGO_OVERLAP = 0.2  # word overlap of a headline with the title in the head
MAX_RAW = 1_000  # characters with the template's whitespace; a longer box is not one line
_MAX_DATED_BYLINE = 90  # characters
_OTHER_HEADLINES = re.compile(r"\s*(?:>>|»|►).*$", re.DOTALL)
_CUT = re.compile(r"[\s.…]*(?:\[(?:…|\.{3})\]|\.{3}|…)?[\s.…]*$")
_WORDS = re.compile(r"\w+")
_MIN_KNOWN = 0.4  # part of a lead's words that its article has; real leads have more
_MIN_OVERLAP = 0.3
_SAME_TEXT = 0.8
_SITE_SEPARATOR = re.compile(r"\s+[|–•-]\s+|\s*[:»]\s+")
_MAX_TITLE = 400  # characters
_BREAKS = re.compile(r"<br\b[^>]*>|</?(?:div|p|h[1-6]|li)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_HOME_NAMES = frozenset(("trang chủ", "home", "tin tức", "trang nhất"))


def joined_text(node: LexborNode) -> str:
    """Return an element's text with its parts joined by a space ("Phường A:" + "Mong …")."""
    return clean(node.text(deep=True, separator=" "))


def select_all(select: ScopedSelector, selectors: tuple[str, ...]) -> list[LexborNode]:
    """Return the matches of the first selector that has any."""
    for selector in selectors:
        if nodes := select(selector):
            return nodes
    return []


def read_title(select: ScopedSelector, layout: Layout, meta: Metadata, host: str = "") -> str:
    """Return the headline: the layout's element, else the title in the head without the site."""
    head_title = meta.json_ld("headline") or meta.prop("og:title")
    for selector in layout.title:
        texts = [text for node in select(selector) if (text := _title_text(node))]
        if selector == "h1" and len(texts) > 1 and (head_title or meta.title):
            # Some templates use another h1 for the section's name, or a pop-up's.
            texts.sort(key=lambda text: overlap(text, head_title or meta.title), reverse=True)
        if texts and not (selector == "h1" and _is_logo(texts[0], meta)):
            return strip_site(texts[0].strip(TITLE_ENDS), meta.prop("og:site_name"), host)
    title = head_title or meta.title
    if head_title and meta.json_ld("headline"):
        return title
    return _printed_title(select, title) or strip_site(title, meta.prop("og:site_name"), host)


def _printed_title(select: ScopedSelector, title: str) -> str:
    """Return the longest prefix of a title that is a line of its own on the page, or ''.

    In the head it is followed by the section and the site.
    """
    prefixes = [title[: match.start()] for match in _SITE_SEPARATOR.finditer(title)]
    if not prefixes:
        return ""
    nodes = select.root.css("h1, h2, h3, h4, strong, [class*=title], [class*=tieu], [class*=head]")
    printed = {clean(text) for node in nodes if 0 < len(text := node.text(deep=True)) < _MAX_TITLE}
    return next((text for text in reversed(prefixes) if text in printed), "")


def _title_text(node: LexborNode) -> str:
    """Return a headline in one line; its lines, boxes and spans are separated by a space."""
    spans = [part for part in node.css("span") if part.text(deep=True).strip()]
    html = _BREAKS.sub(" ", node.html or "")
    return clean(_TAGS.sub(" " if len(spans) > 1 else "", html))


def _is_logo(text: str, meta: Metadata) -> bool:
    """True for an h1 that names the outlet or a box: few words, not those of the headline."""
    if not meta.headline:
        return False
    if text == meta.prop("og:site_name"):
        return True
    if meta.prop("og:type") == "website" and not meta.article:  # a section page; its h1 is the name
        return False
    return len(text.split()) < _HEADLINE_WORDS and overlap(text, meta.headline) < _MIN_LOGO_OVERLAP


def read_sapo(
    select: ScopedSelector, layout: Layout, meta: Metadata, title: str, *, is_certain: bool
) -> str:
    """Return the lead as printed, dateline included, or ''.

    Of several matches of a selector, the one most like the description in the head is chosen. On an
    unknown template a match must be like it, or be between headline and text.
    """
    described = "" if _repeats(meta.description, title) else meta.description
    for selector in layout.sapo:
        nodes = [node for node in select(selector) if _may_be_lead(node, select)]
        texts = [text for node in nodes if 20 <= len(text := _lead_text(node)) <= _MAX_SAPO]
        if len(texts) > 1 and described:
            texts.sort(key=lambda text: overlap(text, described), reverse=True)
        is_trusted = is_certain or not described or (nodes and select.is_in_best_region(nodes[0]))
        if texts and (is_trusted or overlap(texts[0], described) > _MIN_OVERLAP):
            return texts[0]
    return ""


def _lead_text(node: LexborNode) -> str:
    """Return a lead without the headlines of other stories that some outlets append.

    A place name in an element of its own becomes the dateline.
    """
    text = joined_text(node)
    location = node.css_first("[class*=location]")
    if location is not None and (place := joined_text(location)) and text.startswith(place):
        text = f"({place.strip(TITLE_ENDS)}) - {text[len(place) :].lstrip(TITLE_ENDS)}"
    return _OTHER_HEADLINES.sub("", text).strip()


def fallback_lead(meta: Metadata, title: str, blocks: Iterable[Block]) -> str:
    """Return the description in the head as the lead, or '' if it is not one.

    It is not if it repeats the headline or the beginning of the text, or if it describes the site:
    it begins with the site's name or shares few words with the article.
    """
    text, texts = meta.description, [block.text for block in blocks]
    plain = _CUT.sub("", text).casefold()
    if not plain or plain[:60] in "".join(texts[:2]).casefold() or _repeats(text, title):
        return ""
    site = meta.prop("og:site_name")
    if site and text.casefold().startswith(site.casefold()):
        return ""
    words = set(_WORDS.findall(text.casefold()))
    known = set(_WORDS.findall(" ".join((title, *texts)).casefold()))
    return text if len(words & known) >= _MIN_KNOWN * len(words) else ""


def _repeats(text: str, title: str) -> bool:
    return bool(title) and overlap(text, title) >= _SAME_TEXT


def _may_be_lead(node: LexborNode, select: ScopedSelector) -> bool:
    """True for a node that is not in the region after the text, nor in a figure."""
    return not (select.regions and node.mem_id in select.regions[-1]) and not _in_picture(node)


def _in_picture(node: LexborNode) -> bool:
    up: LexborNode | None = node
    for _ in range(3):
        if up is None:
            return False
        if up.tag in ("figure", "figcaption", "picture"):
            return True
        up = up.parent
    return False


def read_section(
    select: ScopedSelector, layout: Layout, meta: Metadata, title: str = ""
) -> tuple[str, ...]:
    """Return the section's path, outermost first."""
    if meta.breadcrumb:
        # Some end with the page itself.
        return tuple(name for name in meta.breadcrumb if name not in (title, meta.headline))
    crumbs = [selector for selector in layout.section if "crumb" in selector]
    found = select_all(select, layout.section) or select.on_whole_page(crumbs)
    names = [name for node in found if (name := joined_text(node)) not in (title, meta.headline)]
    names = names or _split(meta.prop("article:section") or meta.json_ld("articleSection") or "")
    unique = dict.fromkeys(name for name in names if name and name.lower() not in _HOME_NAMES)
    return tuple(name for name in unique if len(name) <= _MAX_TAG)[:5]


def read_tags(select: ScopedSelector, layout: Layout, meta: Metadata) -> tuple[str, ...]:
    """Return the article's tags as linked on the page, else as listed in its head."""
    texts = [joined_text(node) for node in select_all(select, layout.tags)]
    if not texts:
        listed = meta.properties.get("article:tag") or meta.names.get("news_keywords")
        listed = listed or meta.names.get("keywords") or []
        texts = [part for text in listed for part in _split(text)]
    tags = dict.fromkeys(text.strip(" #,;.") for text in texts)
    return tuple(tag for tag in tags if 1 < len(tag) <= _MAX_TAG and "://" not in tag)[:_MAX_TAGS]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def read_author_texts(select: ScopedSelector, layout: Layout) -> list[str]:
    """Return the distinct texts of the author elements; the first selector with a match wins."""
    for selector in layout.author:
        texts = dict.fromkeys(text for node in select(selector) for text in _author_lines(node))
        if texts:
            return [text for text in texts if len(text) <= _MAX_AUTHOR]
    return (_dated_byline(select) or _closing_byline(select)) if select.regions else []


def _closing_byline(select: ScopedSelector) -> list[str]:
    """Return the name right after the text that is right-aligned or bold, as a list, or []."""
    following = (
        node
        for node in select.root.css("p, div, strong, b, em, span, td")
        if node.mem_id in select.regions[-1]
    )
    for node in islice(following, _MAX_CLOSING):
        text = joined_text(node)
        if 0 < len(text) <= _MAX_BYLINE and _is_signature(node):
            byline = read_byline(text)
            return [text] if byline and byline.names else []
    return []


def _is_signature(node: LexborNode) -> bool:
    attributes = node.attributes
    styles = " ".join(attributes.get(name) or "" for name in ("style", "align", "class"))
    return node.tag in ("strong", "b") or bool(_SIGNED.search(styles))


def _author_lines(node: LexborNode) -> list[str]:
    """Return an author box's text, or if that is longer the part of it that is a name.

    Below the name some boxes have a biography or further articles.
    """
    text = joined_text(node)
    if len(text) <= _MAX_BYLINE or not text:
        return [text] if text else []
    parts = (joined_text(part) for part in node.css("b, strong, a, span, h2, h3, h4, h5, p, div"))
    names = [part for part in parts if len(part) <= _MAX_BYLINE and clean_names([part])]
    return names[:1] or [text]


def _dated_byline(select: ScopedSelector) -> list[str]:
    """Return the line around the headline that has only a date and names, as a list, or []."""
    for _, nodes in select.by_region(("p", "div", "span", "li", "td")):
        for node in nodes:
            if len(node.text(deep=True)) > MAX_RAW:
                continue
            text = joined_text(node)
            if len(text) <= _MAX_DATED_BYLINE and any(char.isdigit() for char in text):
                byline = read_byline(text)
                if byline and byline.names:
                    return [text]
    return []
