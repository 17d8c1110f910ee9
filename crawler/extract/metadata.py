"""What a page says about itself in its head: meta elements, JSON-LD, canonical link. Pure."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import is_normalized

from selectolax.lexbor import LexborHTMLParser, LexborNode

from storage.text.normalize import normalize

_MAX_SCRIPT = 300_000  # characters of one JSON-LD script
_ARTICLE_TYPES = frozenset(
    {"NewsArticle", "Article", "ReportageNewsArticle", "BlogPosting", "OpinionNewsArticle",
     "LiveBlogPosting", "AnalysisNewsArticle", "ReviewNewsArticle", "TechArticle"}
)  # fmt: skip
# What is wanted of a script that is no valid JSON; each pattern is linear.
_LOOSE = re.compile(r'"(headline|datePublished|dateModified|description)"\s*:\s*"([^"\n]{1,2000})"')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# With its semicolon: an address in a text holds `&region=`, which is no sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HOME = frozenset({"trang chủ", "home", "trang nhất", "trang tin"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """A page's head.

    properties, names: contents as printed of <meta property=…> and of <meta name=…|itemprop=…>,
    keys in lower case. article: the JSON-LD object of the article, if any. types: every type
    that JSON-LD names.
    """

    properties: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    article: dict[str, object] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    breadcrumb: tuple[str, ...] = ()
    canonical: str | None = None
    title: str = ""

    def prop(self, key: str) -> str | None:
        """Return the first content of <meta property=key>."""
        return next(filter(None, map(clean, self.properties.get(key, ()))), None)

    def named(self, key: str) -> str | None:
        """Return the first content of <meta name=key> or <meta itemprop=key>."""
        return next(filter(None, map(clean, self.names.get(key, ()))), None)

    def said(self, key: str) -> str | None:
        """Return a text of the JSON-LD article, entities decoded, or None."""
        value = self.article.get(key)
        return clean(value) or None if isinstance(value, str) else None

    @property
    def headline(self) -> str:
        """What the head calls the article, its site's name included where nothing better; or ''."""
        return self.said("headline") or self.prop("og:title") or self.title

    @property
    def said_body(self) -> str:
        """The article's text as its JSON-LD holds it, lines kept; or ''."""
        value = self.article.get("articleBody")
        return value if isinstance(value, str) else ""

    @property
    def described(self) -> str:
        """The page's description of itself, which most outlets fill with the lead; or ''."""
        return self.prop("og:description") or self.named("description") or ""

    @property
    def is_article(self) -> bool:
        """True where the head claims to describe one article."""
        return bool(self.article) or self.prop("og:type") == "article"

    def author_names(self) -> Iterator[str]:
        """Yield the names of the JSON-LD article's authors who are persons."""
        authors = self.article.get("author")
        for author in authors if isinstance(authors, list) else [authors]:
            if isinstance(author, str):
                yield clean(author)
            elif isinstance(author, dict) and "Organization" not in str(author.get("@type")):
                names = author.get("name")
                for name in names if isinstance(names, list) else [names]:
                    if isinstance(name, str):
                        yield clean(name)


def strip_controls(text: str) -> str:
    """Return text without characters that XML forbids; pages hold them, lxml refuses them."""
    return _FORBIDDEN.sub("", text)


def clean(text: str) -> str:
    """Return text in one line, normal form, entities decoded (some are escaped twice)."""
    for _ in range(2):
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    if line.isprintable() and is_normalized("NFC", line) and not _has_look_alike(line):
        return line  # what follows is seldom needed, and slower than finding that out
    return " ".join(normalize(strip_controls(text)).split())


def overlap(text: str, other: str) -> float:
    """Return how many of the words of two texts both have, from 0 to 1."""
    ours, theirs = set(text.casefold().split()), set(other.casefold().split())
    return len(ours & theirs) / (len(ours | theirs) or 1)


def _has_look_alike(text: str) -> bool:
    """True where a text holds a letter that stands for Đ; `normalize` puts them right."""
    return "Ð" in text or "ð" in text or "Ɖ" in text or "ɖ" in text


def read_metadata(tree: LexborHTMLParser) -> Metadata:
    """Return what the page's head says. Malformed parts are left out."""
    properties: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    scripts: list[str] = []
    for node in tree.css("meta[content], script[type='application/ld+json']"):
        if node.tag == "script":
            scripts += _script(node)
            continue
        attributes = node.attributes
        content = attributes.get("content")
        if not content:
            continue
        if key := attributes.get("property"):
            properties.setdefault(key.lower(), []).append(content)
        for kind in ("name", "itemprop"):
            if key := attributes.get(kind):
                names.setdefault(key.lower(), []).append(content)
    objects = [thing for script in scripts for thing in _objects(script)]
    link = tree.css_first("link[rel=canonical]")
    title = tree.css_first("title")
    articles = [thing for thing in objects if _types(thing) & _ARTICLE_TYPES]
    return Metadata(
        properties=properties,
        names=names,
        # A listing may describe each of its articles; then none of them is the page's.
        article=articles[0] if len({str(each.get("headline")) for each in articles}) == 1 else {},
        types=frozenset().union(*(_types(thing) for thing in objects)),
        breadcrumb=_breadcrumb(objects),
        canonical=link.attributes.get("href") if link is not None else None,
        title=clean(title.text()) if title is not None else "",
    )


def _script(node: LexborNode) -> list[str]:
    text = node.text()
    return [text] if text and len(text) <= _MAX_SCRIPT else []


def _objects(script: str) -> list[dict[str, object]]:
    """Return the objects of one script, nested @graph included."""
    text = script.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return list(_flatten(json.loads(attempt, strict=False)))
        except (ValueError, RecursionError):
            continue
    found = dict(reversed(_LOOSE.findall(text)))
    return [{"@type": "NewsArticle", **found}] if found and "Article" in text else []


def _flatten(value: object) -> Iterator[dict[str, object]]:
    things = [value]
    while things:
        thing = things.pop(0)
        if isinstance(thing, list):
            things = [*thing, *things]
        elif isinstance(thing, dict):
            yield thing
            if isinstance(graph := thing.get("@graph"), list):
                things = [*graph, *things]


def _types(thing: dict[str, object]) -> frozenset[str]:
    kind = thing.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return frozenset(each for each in kinds if isinstance(each, str))


def _breadcrumb(objects: list[dict[str, object]]) -> tuple[str, ...]:
    """Return the names of the breadcrumb list, without the home page."""
    for thing in objects:
        if "BreadcrumbList" not in _types(thing):
            continue
        names = [_item_name(item) for item in _items(thing.get("itemListElement"))]
        return tuple(name for name in names if name and name.lower() not in _HOME)
    return ()


def _items(value: object) -> Iterator[dict[str, object]]:
    """Yield list items; one outlet wraps each in a list of its own."""
    for item in value if isinstance(value, list) else [value]:
        for inner in item if isinstance(item, list) else [item]:
            if isinstance(inner, dict):
                yield inner


def _item_name(item: dict[str, object]) -> str:
    inner = item.get("item")
    name = item.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
    return clean(name) if isinstance(name, str) else ""
