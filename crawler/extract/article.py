"""Extraction of a page, from its bytes to an article or a refusal."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from crawler.extract import classify as pages
from crawler.extract import document
from crawler.extract.choose import PageReading, choose_reading, read_address
from crawler.extract.controls import without_controls
from crawler.extract.metadata import fields, times
from crawler.extract.metadata.authors import Byline, choose_byline, is_person
from crawler.extract.metadata.head import Metadata, read_metadata
from crawler.extract.refusals import live_evidence, other_page, refuse_response
from crawler.extract.text.blocks import missing_prose, size_of
from crawler.extract.text.body import Body, read_article_body, read_body, read_whole_page
from crawler.extract.text.boundaries import drop_other_articles
from crawler.extract.text.container import prose_sizes
from crawler.families import FAMILIES
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import DateCandidate, DateChoice
from crawler.page.printed import split_dateline
from crawler.page.response import Page
from storage.model.articles import Article, Extraction, Refusal, RefusalReason
from storage.model.json import LOCAL

# Incremented with every change that alters results; re-extraction compares by it.
VERSION = 3

_MAX_PAGE_TAGS = 10_000  # trafilatura takes seconds for a larger page; real ones have 4,000
_EMPTY = 20  # characters; a body with fewer counts as empty
_MUCH = 400  # characters of prose that may be half an article
_MIN_GAIN = 120  # characters that another source of the text must add


@dataclass(frozen=True, slots=True)
class _Opened:
    """A page that passed the guard, with its outlet, its bytes in UTF-8, its tree and its head."""

    page: Page
    slug: str
    outlet: Outlet | None
    data: bytes
    tree: LexborHTMLParser
    meta: Metadata

    @property
    def configured(self) -> Family | None:
        return FAMILIES.get(self.outlet.family) if self.outlet else None

    @property
    def base(self) -> str:
        """The base URL of relative URLs on the page."""
        base = self.tree.css_first("base[href]")
        try:
            return urljoin(self.page.url, base.attributes["href"] or "") if base else self.page.url
        except ValueError:
            return self.page.url

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.outlet.timezone) if self.outlet else LOCAL

    @property
    def declared_language(self) -> str | None:
        return self.tree.root.attributes.get("lang") if self.tree.root else None

    def refuse(self, reason: RefusalReason, evidence: str) -> Refusal:
        return Refusal(self.slug, self.page.url, reason, evidence)


def extract(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Return the article on a page, or a refusal. Never raises.

    outlet: the publisher; None detects the family by markers in the page, and uses the host
    without "www." as the slug.
    """
    return _guarded(page, outlet, frozenset())


def extract_without(
    page: Page, outlet: Outlet | None, families: frozenset[str]
) -> Article | Refusal:
    """Return what `extract` would without some families, by name; for benchmarks."""
    return _guarded(page, outlet, families)


def _guarded(page: Page, outlet: Outlet | None, left_out: frozenset[str]) -> Article | Refusal:
    slug = outlet.slug if outlet else slug_of(page.url)
    try:
        result = _extract(page, slug, outlet, left_out)
    except Exception as error:  # noqa: BLE001 - a bad page must not fail others; the refusal
        # records the error, and the archive counts it
        evidence = f"{type(error).__name__}: {error}"
        result = Refusal(slug, page.url, RefusalReason.CRASH, evidence)
    if isinstance(result, Refusal):
        return replace(result, version=VERSION)
    return without_controls(result)


def _extract(
    page: Page, slug: str, outlet: Outlet | None, left_out: frozenset[str]
) -> Article | Refusal:
    opened = _open(page, slug, outlet)
    if isinstance(opened, Refusal):
        return opened
    host, day = slug_of(page.url), page.fetched_at.date()
    reading = choose_reading(opened.data, opened.tree, outlet, host, day, opened.meta, left_out)
    return _read(opened, reading)


def slug_of(url: str) -> str:
    """Return the slug of an outlet without a file: the host without "www."."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.") or "unknown"


def _open(page: Page, slug: str, outlet: Outlet | None) -> _Opened | Refusal:
    """Return the parsed page, or a refusal if it must not be parsed."""
    if refusal := refuse_response(page, slug):
        return refusal
    if problem := document.guard_bytes(page.body):
        return Refusal(slug, page.url, RefusalReason.TOO_LARGE, problem)
    if not document.is_html(page.body):
        return Refusal(slug, page.url, RefusalReason.MALFORMED, "holds no HTML tag")
    data = document.undo_double(document.to_utf8(page.body, page.content_type))
    if problem := document.guard_markup(data):
        return Refusal(slug, page.url, RefusalReason.TOO_LARGE, problem)
    tree = document.parse(data)
    meta = read_metadata(tree)
    document.strip_code(tree)
    drop_other_articles(tree, page.url, meta.headline)
    return _Opened(page, slug, outlet, data, tree, meta)


@dataclass(frozen=True, slots=True)
class _Header:
    """The article's fields outside its text, read before the body: reading that removes nodes."""

    title: str
    sapo: str
    section: tuple[str, ...]
    tags: tuple[str, ...]
    author_texts: list[str]
    sources: list[str]
    published: DateChoice
    modified: datetime | None
    headlines: int


def _read(opened: _Opened, reading: PageReading) -> Article | Refusal:
    family = opened.configured or reading.family
    if other := other_page(opened.page.url, family, opened.outlet):
        return opened.refuse(*other)
    if live := live_evidence(opened.meta.article, opened.page.fetched_at):
        return opened.refuse(RefusalReason.LIVE, live)
    header = _read_header(opened, reading)
    body, path, doubts = _read_body(opened, reading, (header.title, header.sapo))
    published = header.published
    if body.stamp and published.rule in (None, "url"):
        published = times.choose(opened.page, opened.zone, [DateCandidate(body.stamp, "page:text")])
        header = replace(header, published=published)
    evidence = _evidence(opened, reading, header, body, path)
    if reason := pages.classify(opened.page.url, opened.data, opened.meta, evidence, body):
        return opened.refuse(*reason)
    if published.at is None and published.future is not None:
        future = times.describe_future(opened.page, published.future)
        return opened.refuse(RefusalReason.FUTURE_DATE, future)
    notes = (
        *reading.notes,
        *pages.reader_notes(opened.meta, body, published),
        *doubts,
        *pages.doubt_notes(opened.meta, evidence),
    )
    return _article(opened, reading, header, body, path, notes)


def _read_header(opened: _Opened, reading: PageReading) -> _Header:
    meta, layout, select = opened.meta, reading.layout, reading.select
    title = fields.read_title(select, layout, meta, urlsplit(opened.page.url).netloc)
    sapo = fields.read_sapo(select, layout, meta, title, is_certain=reading.is_certain)
    section = fields.read_section(select, layout, meta, title)
    tags = fields.read_tags(select, layout, meta)
    authors = fields.read_author_texts(select, layout)
    sources = [fields.joined_text(node) for node in fields.select_all(select, layout.credit)]
    published, modified = times.read_times(opened.page, opened.zone, reading, meta)
    headlines = 0 if reading.is_certain else pages.count_headlines(opened.tree)
    return _Header(title, sapo, section, tags, authors, sources, published, modified, headlines)


def _evidence(
    opened: _Opened, reading: PageReading, header: _Header, body: Body, path: str
) -> pages.PageEvidence:
    """Return the evidence for and against the page being an article."""
    is_dated = header.published.at is not None and header.published.rule != "url"
    kind = "" if reading.is_certain else pages.kind_by_content(opened.tree, opened.meta.types, body)
    return pages.PageEvidence(
        reading.is_certain, header.title, is_dated, path == "subtree", header.headlines, kind
    )


def _article(
    opened: _Opened,
    reading: PageReading,
    header: _Header,
    body: Body,
    path: str,
    notes: tuple[str, ...],
) -> Article:
    dateline, lead = split_dateline(
        header.sapo or body.lead or fields.fallback_lead(opened.meta, header.title, body.blocks),
        opened.outlet.datelines if opened.outlet else (),
    )
    byline = _byline(opened, header.author_texts, body.bylines, header.sources)
    # The configured family first: discovery takes the article's id by that one.
    families = (opened.configured, reading.family) if opened.configured else (reading.family,)
    url, own_id = read_address(opened.page.url, opened.meta, families)
    return Article(
        outlet=opened.slug,
        url=url,
        title=header.title,
        blocks=body.blocks,
        extraction=Extraction(reading.family.name, reading.layout.name, path, VERSION),
        article_id=own_id,
        dateline=dateline,
        sapo=lead or None,
        authors=byline.names,
        byline=byline.text,
        credit=byline.credit,
        published_at=header.published.at,
        modified_at=header.modified,
        published_raw=header.published.raw,
        published_rule=header.published.rule,
        section=header.section,
        tags=header.tags,
        images=body.images,
        kind=pages.kind_of_article(opened.page.url, opened.tree, header.section, body),
        language=document.language_of(body.text, opened.declared_language),
        notes=notes,
    )


def _read_body(
    opened: _Opened, reading: PageReading, known: tuple[str, ...]
) -> tuple[Body, str, tuple[str, ...]]:
    """Return the body, the path by which it was extracted, and notes on it.

    "subtree" is the container's text. If that is much shorter than the text in the page's JSON-LD
    ("jsonld"), or than what trafilatura finds on the whole page ("page"), the other one is taken.
    An empty container of a known family is a shell (a player, a text loaded later): the rest of
    such a page is menus and other stories.
    """
    body = Body()
    inside, outside = prose_sizes(opened.tree, reading.containers)
    if reading.containers:
        lead = "" if reading.is_certain or known[1] else opened.meta.description
        body = read_body(reading.containers, reading.layout, opened.base, known, lead)
    threshold = 2 * body.length + _MIN_GAIN
    if len(json_ld_body := opened.meta.article_body) > threshold:
        blocks = read_article_body(json_ld_body, known)
        if size_of(blocks) > threshold:
            return replace(body, blocks=blocks), "jsonld", ()
    is_shell = reading.is_certain and body.length < _EMPTY
    captions = [image.caption for image in body.images if image.caption]
    dropped = 0 if body.is_photo_story else inside - body.length - sum(map(len, captions))
    lost = max(outside, dropped)
    is_whole = body.length >= pages.SHORT and lost <= max(_MUCH, 0.5 * body.length)
    if is_shell or is_whole or document.count(opened.data, b"<") > _MAX_PAGE_TAGS:
        return body, "subtree", ()
    blocks = read_whole_page(document.parse(opened.data), opened.page.url, opened.meta, known)
    missing = missing_prose(body.blocks, blocks, captions)
    is_poor = body.length < pages.SHORT or not reading.is_certain
    if is_poor and missing > body.length + _MIN_GAIN:
        return replace(body, blocks=blocks), "page", ()
    if missing >= max(_MUCH, 0.3 * body.length):
        note = f"partial: {missing} characters more stand elsewhere on the page"
        return body, "subtree", (note,)
    return body, "subtree", ()


def _byline(
    opened: _Opened, texts: list[str], closing: tuple[Byline, ...], sources: list[str]
) -> Byline:
    """Return the byline, chosen from the page, its closing lines and its metadata."""
    meta = opened.meta
    publishers = [opened.slug, *(meta.properties.get("og:site_name", ()))]
    if opened.outlet:
        publishers += [opened.outlet.name, *opened.outlet.names]
    names = [*meta.author_names(), *meta.properties.get("dable:author", ())]
    names += [name for name in meta.properties.get("article:author", ()) if "/" not in name]
    names += [name for name in meta.names.get("author", ()) if is_person(name, opened.slug)]
    return choose_byline(texts, closing, names, sources, publishers)
