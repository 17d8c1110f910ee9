"""Parsing of a page's metadata: meta elements, JSON-LD, canonical link, title. Pure."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import is_normalized

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page.printed import overlap
from storage.text.normalize import normalize

_SAME_TITLE = 0.6  # word overlap of a headline with the page's title
_MAX_SCRIPT = 300_000  # characters of one JSON-LD script
_ARTICLE_TYPES = frozenset(
    {"NewsArticle", "Article", "ReportageNewsArticle", "BlogPosting", "OpinionNewsArticle",
     "LiveBlogPosting", "AnalysisNewsArticle", "ReviewNewsArticle", "TechArticle"}
)  # fmt: skip
# Fallback for a script that is not valid JSON; each pattern takes linear time.
_LOOSE = re.compile(
    r'"(headline|datePublished|dateModified|description)"\s*:\s*"([^\n]{1,2000}?)"\s*(?=[,}\]\n])'
)
_LOOSE_AUTHOR = re.compile(r'"author"\s*:\s*[\[{][^\[\]{}]{0,300}?"name"\s*:\s*"([^"\n]{1,200})"')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_COMMENT = re.compile(r"(?m)^\s*//.*$|(?<=[\s{,])//(?=\s).*$|/\*[^*]{0,500}\*/")
_OPENING = re.compile(r"^(?:\s|//|/\*|\*/|<!--|<!\[CDATA\[)+")
_CLOSING = ("-->", "]]>", "//", "/*", "*/", ";")
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The semicolon is required: a URL in a text may have `&region=`, which is not an entity.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HOME = frozenset({"trang chủ", "home", "trang nhất", "trang tin"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata in a page's head.

    properties, names: raw contents of <meta property=…> and of <meta name=…|itemprop=…>, keys in
    lower case. article: the JSON-LD object of the article, if any. types: all JSON-LD types.
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

    def json_ld(self, key: str) -> str | None:
        """Return a text property of the JSON-LD article, entities decoded, or None."""
        value = self.article.get(key)
        if isinstance(value, list):  # several headlines or dates: the first
            value = next(iter(value), None)
        value = value.get("@value") if isinstance(value, dict) else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(int(value))
        return clean(value) or None if isinstance(value, str) else None

    @property
    def headline(self) -> str:
        """The article's title in the head, or ''; from <title> it may include the site's name."""
        return self.json_ld("headline") or self.prop("og:title") or self.title

    @property
    def article_body(self) -> str:
        """The text of the JSON-LD article with its line breaks, or ''."""
        value = self.article.get("articleBody")
        return value if isinstance(value, str) else ""

    @property
    def description(self) -> str:
        """The page's description, in which most outlets put the lead, or ''."""
        return self.prop("og:description") or self.named("description") or ""

    @property
    def is_article(self) -> bool:
        """True if the head describes an article."""
        return bool(self.article) or self.prop("og:type") == "article"

    def author_names(self) -> Iterator[str]:
        """Yield the names of the JSON-LD article's authors, without organizations."""
        authors = self.article.get("author")
        for author in authors if isinstance(authors, list) else [authors]:
            if isinstance(author, str):
                yield clean(author)
            elif isinstance(author, dict) and "Organization" not in str(author.get("@type")):
                yield from _person_names(author)


def _person_names(person: dict[str, object]) -> Iterator[str]:
    """Yield a person's name or names; in Vietnamese the family name comes first."""
    names = person.get("name")
    if not names:
        parts = [person.get("familyName"), person.get("givenName")]
        names = " ".join(part for part in parts if isinstance(part, str))
    for name in names if isinstance(names, list) else [names]:
        if isinstance(name, str) and name:
            yield clean(name)


def strip_controls(text: str) -> str:
    """Return text without characters that XML forbids, which lxml rejects."""
    return _FORBIDDEN.sub("", text)


def clean(text: str) -> str:
    """Return text in one line, normalized, with entities decoded (some are escaped twice)."""
    for _ in range(2):
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    if line.isprintable() and is_normalized("NFC", line) and not _has_look_alike(line):
        return line  # the rest is seldom needed, and slower than these checks
    return " ".join(normalize(strip_controls(text)).split())


def _has_look_alike(text: str) -> bool:
    """True if a text has a look-alike of Đ, which `normalize` corrects."""
    return "Ð" in text or "ð" in text or "Ɖ" in text or "ɖ" in text


def read_metadata(tree: LexborHTMLParser) -> Metadata:
    """Return the metadata of a page. Malformed parts are ignored."""
    properties: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    scripts: list[str] = []
    for node in tree.css("meta[content], script[type*='ld+json']"):
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
    objects = _with_authors([thing for script in scripts for thing in _objects(script)])
    link = tree.css_first("link[rel=canonical]")
    link_href = link.attributes.get("href") if link is not None else None
    title = tree.css_first("title")
    title_text = clean(title.text()) if title is not None else ""
    articles = [thing for thing in objects if _types(thing) & _ARTICLE_TYPES]
    return Metadata(
        properties=properties,
        names=names,
        article=_own_article(articles, properties, link_href, title_text),
        types=frozenset().union(*(_types(thing) for thing in objects)),
        breadcrumb=_breadcrumb(objects),
        canonical=link_href,
        title=title_text,
    )


def _own_article(
    articles: list[dict[str, object]],
    properties: dict[str, list[str]],
    canonical: str | None,
    title: str,
) -> dict[str, object]:
    """Return the object of the page's own article, or {}.

    A listing may describe each of its articles, and an article the related ones. The page's own
    object is the only one with the page's URL, or the only one with its title.
    """
    if len({str(article.get("headline")) for article in articles}) <= 1:
        return articles[0] if articles else {}
    urls = {canonical, *properties.get("og:url", ())} - {None, ""}
    page_title = clean((properties.get("og:title") or [title])[0])
    for is_own in (
        lambda article: urls & set(_addresses(article)),
        lambda article: overlap(str(article.get("headline")), page_title) >= _SAME_TITLE,
    ):
        own = [article for article in articles if is_own(article)]
        if len({str(article.get("headline")) for article in own}) == 1:
            return own[0]
    return {}


def _addresses(thing: dict[str, object]) -> Iterator[str]:
    """Yield the URLs of an object."""
    for key in ("url", "@id", "mainEntityOfPage"):
        value = thing.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def _with_authors(objects: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the objects with authors that are given by "@id" replaced by their objects."""
    known = {thing["@id"]: thing for thing in objects if isinstance(thing.get("@id"), str)}
    full = {key: thing for key, thing in known.items() if thing.get("name")}

    def resolve(author: object) -> object:
        if not isinstance(author, dict) or author.get("name"):
            return author
        return full.get(author.get("@id"), author)

    for thing in objects:
        authors = thing.get("author")
        if isinstance(authors, list):
            thing["author"] = [resolve(author) for author in authors]
        elif isinstance(authors, dict):
            thing["author"] = resolve(authors)
    return objects


def _script(node: LexborNode) -> list[str]:
    text = node.text()
    return [text] if text and len(text) <= _MAX_SCRIPT else []


def _objects(script: str) -> list[dict[str, object]]:
    """Return the objects of one script, nested ones included.

    Templates wrap JSON in comments or CDATA, escape its quotation marks, comment it and end its
    lists with a comma; a script that these repairs do not fix is read by patterns.
    """
    text = script.strip()
    for repair in (lambda text: text, _unwrap, lambda text: _TRAILING_COMMA.sub(r"\1", text)):
        text = repair(text)
        try:
            return list(_flatten(json.loads(text, strict=False)))
        except (ValueError, RecursionError):
            continue
    found: dict[str, object] = dict(reversed(_LOOSE.findall(text)))
    if author := _LOOSE_AUTHOR.search(text):
        found["author"] = author[1]
    return [{"@type": "NewsArticle", **found}] if found and "Article" in text else []


def _unwrap(text: str) -> str:
    """Return a script without the wrapping around its JSON and the comments in it."""
    if '"' not in text:
        text = html.unescape(text)
    text = _OPENING.sub("", text)
    while (bare := text.rstrip()).endswith(_CLOSING):
        text = bare[: -max(len(end) for end in _CLOSING if bare.endswith(end))]
    return _COMMENT.sub("", text)


def _flatten(value: object) -> Iterator[dict[str, object]]:
    things = [value]
    while things:
        thing = things.pop(0)
        if isinstance(thing, list):
            things = [*thing, *things]
        elif isinstance(thing, dict):
            yield thing
            nested = [thing[key] for key in _NESTED if isinstance(thing.get(key), list | dict)]
            things = [*nested, *things]


def _types(thing: dict[str, object]) -> frozenset[str]:
    """Return the types of an object, some of which are written as URLs of schema.org."""
    value = thing.get("@type")
    types = value if isinstance(value, list) else [value]
    return frozenset(re.split(r"[/#:]", name)[-1] for name in types if isinstance(name, str))


def _breadcrumb(objects: list[dict[str, object]]) -> tuple[str, ...]:
    """Return the names in the breadcrumb list, without the home page."""
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
