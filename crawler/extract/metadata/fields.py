"""The fields around the text: title, lead, section, tags, authors. Pure."""

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
_MAX_BYLINE = 60  # characters of names; a longer box tells more of them
_MAX_CLOSING = 6  # elements behind the text among which its author may be named
_SIGNED = re.compile(r"\bright\b|bold|author|tac-?gia|byline", re.IGNORECASE)
_MAX_SAPO = 1_200  # characters
_HEADLINE_WORDS = 6  # names of sections and outlets are shorter
_MIN_LOGO_OVERLAP = 0.2  # of the words of a page's headline and its head's
MAX_RAW = 1_000  # characters with the blanks of a template; a longer box is no line
_MAX_DATED_BYLINE = 90  # characters
_OTHER_HEADLINES = re.compile(r"\s*(?:>>|»|►).*$", re.DOTALL)
_CUT = re.compile(r"[\s.…]*(?:\[(?:…|\.{3})\]|\.{3}|…)?[\s.…]*$")
_WORDS = re.compile(r"\w+")
_MIN_KNOWN = 0.4  # of a lead's words; real ones share more with their articles
_MIN_OVERLAP = 0.3
_SAME_TEXT = 0.8
_SITE_SEPARATOR = re.compile(r"\s+[|–•-]\s+|\s*[:»]\s+")
_MAX_TITLE = 400  # characters
_BREAKS = re.compile(r"<br\b[^>]*>|</?(?:div|p|h[1-6]|li)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
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


def read_title(select: ScopedSelector, layout: Layout, meta: Metadata, host: str = "") -> str:
    """Return the headline: the layout's element, else the head's own words without the site."""
    said = meta.json_ld("headline") or meta.prop("og:title")
    for selector in layout.title:
        texts = [text for node in select(selector) if (text := _title_text(node))]
        if selector == "h1" and len(texts) > 1 and (said or meta.title):
            # Some templates set the section's name, or a pop-up's, as another h1.
            texts.sort(key=lambda text: overlap(text, said or meta.title), reverse=True)
        if texts and not (selector == "h1" and _is_logo(texts[0], meta)):
            return strip_site(texts[0].strip(TITLE_ENDS), meta.prop("og:site_name"), host)
    title = said or meta.title
    if said and meta.json_ld("headline"):
        return title
    return _printed_title(select, title) or strip_site(title, meta.prop("og:site_name"), host)


def _printed_title(select: ScopedSelector, title: str) -> str:
    """Return the beginning of a title that stands on the page as a line of its own, or ''.

    What follows it in the head are the section and the site. The longest beginning wins.
    """
    beginnings = [title[: match.start()] for match in _SITE_SEPARATOR.finditer(title)]
    if not beginnings:
        return ""
    places = select.root.css("h1, h2, h3, h4, strong, [class*=title], [class*=tieu], [class*=head]")
    printed = {clean(text) for node in places if 0 < len(text := node.text(deep=True)) < _MAX_TITLE}
    return next((text for text in reversed(beginnings) if text in printed), "")


def _title_text(node: LexborNode) -> str:
    """Return a headline in one line; its lines, boxes and spans are parted by a blank."""
    spans = [part for part in node.css("span") if part.text(deep=True).strip()]
    parted = _BREAKS.sub(" ", node.html or "")
    return clean(_TAGS.sub(" " if len(spans) > 1 else "", parted))


def _is_logo(text: str, meta: Metadata) -> bool:
    """True for an h1 that is the outlet's or a box's name: few words, not those of the headline."""
    said = meta.json_ld("headline") or meta.prop("og:title") or meta.title
    if not said:
        return False
    if text == meta.prop("og:site_name"):
        return True
    if meta.prop("og:type") == "website" and not meta.article:  # a section's, whose h1 is its name
        return False
    return len(text.split()) < _HEADLINE_WORDS and overlap(text, said) < _MIN_LOGO_OVERLAP


def read_sapo(
    select: ScopedSelector, layout: Layout, meta: Metadata, title: str, *, is_certain: bool
) -> str:
    """Return the lead as printed, dateline included, or ''.

    Of several elements a layout's selector finds, the one that says what the head's description
    says; on an unknown template only that one is trusted, or what stands between headline and text.
    """
    described = "" if _repeats(meta.description, title) else meta.description
    for selector in layout.sapo:
        nodes = [node for node in select(selector) if _may_be_lead(node, select)]
        texts = [text for node in nodes if 20 <= len(text := _lead_text(node)) <= _MAX_SAPO]
        if len(texts) > 1 and described:
            texts.sort(key=lambda text: overlap(text, described), reverse=True)
        trusted = is_certain or not described or (nodes and select.is_in_best_region(nodes[0]))
        if texts and (trusted or overlap(texts[0], described) > _MIN_OVERLAP):
            return texts[0]
    return ""


def _lead_text(node: LexborNode) -> str:
    """Return a lead without the headlines of other stories that some outlets set behind it.

    A place that is set apart from the lead becomes its dateline.
    """
    text = joined_text(node)
    stamp = node.css_first("[class*=location]")
    if stamp is not None and (place := joined_text(stamp)) and text.startswith(place):
        text = f"({place.strip(TITLE_ENDS)}) - {text[len(place) :].lstrip(TITLE_ENDS)}"
    return _OTHER_HEADLINES.sub("", text).strip()


def fallback_lead(meta: Metadata, title: str, blocks: Iterable[Block]) -> str:
    """Return the head's description as the lead, or '' where it is none.

    It is none where it repeats the headline or how the text begins, and where it is the site's
    own: it begins with the site's name or shares few words with the article.
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
    """True for what stands before the text, and not in a picture."""
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
        # Some end in the page itself.
        return tuple(name for name in meta.breadcrumb if name not in (title, meta.headline))
    crumbs = [selector for selector in layout.section if "crumb" in selector]
    found = select_all(select, layout.section) or select.on_whole_page(crumbs)
    names = [name for node in found if (name := joined_text(node)) not in (title, meta.headline)]
    names = names or _split(meta.prop("article:section") or meta.json_ld("articleSection") or "")
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


def read_author_texts(select: ScopedSelector, layout: Layout) -> list[str]:
    """Return the texts of the layout's author elements, each once; the first selector wins."""
    for selector in layout.author:
        texts = dict.fromkeys(text for node in select(selector) for text in _author_lines(node))
        if texts:
            return [text for text in texts if len(text) <= _MAX_AUTHOR]
    return (_dated_byline(select) or _closing_byline(select)) if select.regions else []


def _closing_byline(select: ScopedSelector) -> list[str]:
    """Return the name right behind the text that is set to the right or in bold."""
    after = (
        node
        for node in select.root.css("p, div, strong, b, em, span, td")
        if node.mem_id in select.regions[-1]
    )
    for node in islice(after, _MAX_CLOSING):
        text = joined_text(node)
        if 0 < len(text) <= _MAX_BYLINE and _is_signature(node):
            byline = read_byline(text)
            return [text] if byline and byline.names else []
    return []


def _is_signature(node: LexborNode) -> bool:
    attributes = node.attributes
    looks = " ".join(attributes.get(name) or "" for name in ("style", "align", "class"))
    return node.tag in ("strong", "b") or bool(_SIGNED.search(looks))


def _author_lines(node: LexborNode) -> list[str]:
    """Return what a box says of the author: its text, or of a longer one the part that is a name.

    Below a name some boxes tell who that is, or what else he wrote.
    """
    text = joined_text(node)
    if len(text) <= _MAX_BYLINE or not text:
        return [text] if text else []
    parts = (joined_text(part) for part in node.css("b, strong, a, span, h2, h3, h4, h5, p, div"))
    names = [part for part in parts if len(part) <= _MAX_BYLINE and clean_names([part])]
    return names[:1] or [text]


def _dated_byline(select: ScopedSelector) -> list[str]:
    """Return the line by the headline that holds a day and, beside it, nothing but names."""
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
