"""The way of a page through extraction, step by step."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from crawler.extract import document, fields
from crawler.extract.authors import Byline, clean_names, read_credit
from crawler.extract.body import Body, read_body, read_whole_page
from crawler.extract.choose import PageReading, choose_reading
from crawler.extract.classify import PageEvidence, classify
from crawler.extract.metadata import Metadata, read_metadata
from crawler.extract.refusals import live_evidence, other_page, paywall_evidence, refuse_response
from crawler.families import FAMILIES
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import VIETNAM, DateCandidate, DateChoice, choose_date, url_stamp
from crawler.page.response import Page
from storage.model.articles import Article, ArticleKind, Extraction, Refusal, RefusalReason

# Raised with every change that alters what comes out; re-extraction compares by it.
VERSION = 2

_SHORT = 250  # characters; a shorter text is stored with a mark
_MAX_PAGE_TAGS = 10_000  # reading a larger page whole takes seconds; real ones have 4,000
_EMPTY = 20  # characters; no text, whatever else the container holds
_MIN_GAIN = 120  # characters that reading the whole page must add to be believed
_LONGFORM = re.compile(r"e-?magazine|long-?form|mega-?story", re.IGNORECASE)
_VIDEO = re.compile(r"/(?:video|tv|truyen-hinh|clip)s?[/-]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A page that passed the guard: who publishes it, its bytes in UTF-8, tree, head."""

    page: Page
    slug: str
    outlet: Outlet | None
    data: bytes
    tree: LexborHTMLParser
    meta: Metadata

    @property
    def configured(self) -> Family | None:
        return FAMILIES.get(self.outlet.family) if self.outlet else None

    def refuse(self, reason: RefusalReason, evidence: str) -> Refusal:
        return Refusal(self.slug, self.page.url, reason, evidence)


def extract(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """Return what a page says, or why it is no article. Never raises.

    outlet: who publishes it; None detects the family by the page's marks, and takes the host
    without "www." as the outlet's slug.
    """
    return _guarded(page, outlet, frozenset())


def extract_without(
    page: Page, outlet: Outlet | None, families: frozenset[str]
) -> Article | Refusal:
    """Return what `extract` would if these families were not known: for benchmarks."""
    return _guarded(page, outlet, families)


def _guarded(page: Page, outlet: Outlet | None, left_out: frozenset[str]) -> Article | Refusal:
    slug = outlet.slug if outlet else slug_of(page.url)
    try:
        result = _extract(page, slug, outlet, left_out)
    except Exception as error:  # noqa: BLE001 - whatever a page holds costs that page only; the
        # refusal keeps what happened, and the archive counts it
        evidence = f"{type(error).__name__}: {error}"
        result = Refusal(slug, page.url, RefusalReason.CRASH, evidence)
    return replace(result, version=VERSION) if isinstance(result, Refusal) else result


def _extract(
    page: Page, slug: str, outlet: Outlet | None, left_out: frozenset[str]
) -> Article | Refusal:
    opened = _open(page, slug, outlet)
    if isinstance(opened, Refusal):
        return opened
    host, day = slug_of(page.url), page.fetched_at.date()
    lead = opened.meta.described
    reading = choose_reading(opened.data, opened.tree, outlet, host, day, lead, left_out)
    return _read(opened, reading)


def slug_of(url: str) -> str:
    """Return a name for an outlet that has no file: the host without "www."."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.") or "unknown"


def _open(page: Page, slug: str, outlet: Outlet | None) -> _Opened | Refusal:
    """Return the page's tree, or why it is not parsed."""
    if refusal := refuse_response(page, slug):
        return refusal
    if problem := document.guard_bytes(page.body):
        return Refusal(slug, page.url, RefusalReason.TOO_LARGE, problem)
    if not document.is_html(page.body):
        return Refusal(slug, page.url, RefusalReason.MALFORMED, "holds no HTML tag")
    data = document.to_utf8(page.body, page.content_type)
    if problem := document.guard_markup(data):
        return Refusal(slug, page.url, RefusalReason.TOO_LARGE, problem)
    tree = document.parse(data)
    return _Opened(page, slug, outlet, data, tree, read_metadata(tree))


def _read(opened: _Opened, reading: PageReading) -> Article | Refusal:
    family = opened.configured or reading.family
    if shown := other_page(opened.page.url, family, opened.outlet):
        return opened.refuse(*shown)
    if live := live_evidence(opened.meta.article, opened.page.fetched_at):
        return opened.refuse(RefusalReason.LIVE, live)
    meta, layout, select = opened.meta, reading.layout, reading.select
    # Fields before the body: reading the body takes boxes, and some fields, out of the tree.
    title = fields.read_title(select, layout, meta)
    sapo = fields.read_sapo(select, layout, meta, is_certain=reading.is_certain)
    section = fields.read_section(select, layout, meta)
    tags = fields.read_tags(select, layout, meta)
    author_texts = fields.read_author_texts(select, layout)
    sources = [fields.joined_text(node) for node in fields.select_all(select, layout.credit)]
    published, modified = _dates(opened, reading)
    body, path = _read_body(opened, reading, (title, sapo))
    is_dated = published.at is not None and published.rule != "url"
    evidence = PageEvidence(reading.is_certain, title, is_dated, path == "subtree")
    if reason := classify(opened.page.url, opened.data, meta, evidence, body):
        return opened.refuse(*reason)
    if published.at is None and published.future is not None:
        return opened.refuse(RefusalReason.FUTURE_DATE, _describe_future(opened, published))
    dateline, lead = fields.split_dateline(
        sapo or body.lead or _described(meta, body),
        opened.outlet.datelines if opened.outlet else (),
    )
    byline = _byline(opened, author_texts, body.bylines, sources)
    # The configured family first: whatever a page is read with, discovery keys it by that one.
    families = (opened.configured, reading.family) if opened.configured else (reading.family,)
    url, own_id = fields.read_address(opened.page.url, meta, families)
    return Article(
        outlet=opened.slug,
        url=url,
        title=title,
        blocks=body.blocks,
        extraction=Extraction(reading.family.name, layout.name, path, VERSION),
        article_id=own_id,
        dateline=dateline,
        sapo=lead or None,
        authors=byline.names,
        byline=byline.text,
        credit=byline.credit,
        published_at=published.at,
        modified_at=modified,
        published_raw=published.raw,
        published_rule=published.rule,
        section=section,
        tags=tags,
        images=body.images,
        kind=_kind(opened, section, body),
        language=_language(opened.tree),
        notes=_notes(reading, meta, body, published),
    )


def _read_body(opened: _Opened, reading: PageReading, known: tuple[str, ...]) -> tuple[Body, str]:
    """Return the body, and the way it took: "subtree", or "page" where that gave too little.

    The whole page is read only where the container gave less than a short notice holds. An empty
    container of a known family is a shell (a player, a text loaded later): the rest of such a
    page is menus and other stories.
    """
    body = Body()
    if reading.container is not None:
        lead = "" if reading.is_certain or known[1] else opened.meta.described
        body = read_body(reading.container, reading.layout, opened.page.url, known, lead)
    shell = reading.is_certain and body.length < _EMPTY
    if shell or body.length >= _SHORT or document.count(opened.data, b"<") > _MAX_PAGE_TAGS:
        return body, "subtree"
    blocks = read_whole_page(document.parse(opened.data), known)
    if sum(len(block.text) for block in blocks) > 2 * body.length + _MIN_GAIN:
        return replace(body, blocks=blocks), "page"
    return body, "subtree"


def _dates(opened: _Opened, reading: PageReading) -> tuple[DateChoice, datetime | None]:
    """Return what was chosen as time of publication, and the time of the last change.

    A change before publication is dropped: outlets write their articles before they are out.
    """
    page, meta = opened.page, opened.meta
    zone = ZoneInfo(opened.outlet.timezone) if opened.outlet else VIETNAM
    created = url_stamp(page.url, zone=zone)

    def choose(key: str) -> DateChoice:
        candidates = fields.date_candidates(reading.select, reading.layout, meta, key)
        return choose_date(candidates, fetched_at=page.fetched_at, zone=zone, created_at=created)

    published, modified = choose("published"), choose("modified").at
    if published.at is None and published.future is None and created and created <= page.fetched_at:
        published = DateChoice(created, page.url, "url")
    if modified and published.at and modified < published.at:
        modified = None
    return published, modified


def _describe_future(opened: _Opened, choice: DateChoice) -> str:
    future = choice.future or DateCandidate("", "")
    return (
        f"published {future.raw!r} ({future.rule}), "
        f"after the capture at {opened.page.fetched_at.isoformat()}"
    )


def _described(meta: Metadata, body: Body) -> str:
    """Return the head's description as the lead, unless it only repeats how the text begins."""
    text = meta.described
    start = "".join(block.text for block in body.blocks[:2]).casefold()
    plain = text.rstrip(". …").casefold()
    return "" if not plain or plain[:60] in start else text


def _byline(
    opened: _Opened, texts: list[str], closing: tuple[Byline, ...], sources: list[str]
) -> Byline:
    """Return who wrote it: as the page's head line says, else its last line, else its metadata."""
    meta = opened.meta
    publishers = [opened.slug, *(meta.properties.get("og:site_name", ()))]
    if opened.outlet:
        publishers += [opened.outlet.name, *opened.outlet.names]
    said = [*meta.author_names(), *meta.properties.get("dable:author", ())]
    said += [name for name in meta.properties.get("article:author", ()) if "/" not in name]
    closing_text = [byline.text for byline in closing if byline.text]
    for source in (texts, closing_text, said):
        if names := clean_names(source, publishers):
            printed = texts or closing_text
            return Byline(" - ".join(printed) or None, names, _credit(closing, texts, sources))
    return Byline(" - ".join(texts or closing_text) or None, (), _credit(closing, texts, sources))


def _credit(closing: tuple[Byline, ...], texts: list[str], sources: list[str]) -> str | None:
    for text in sources:
        if text:
            return read_credit(text) or text
    found = (byline.credit for byline in closing if byline.credit)
    return next(found, None) or next(filter(None, map(read_credit, texts)), None)


def _kind(opened: _Opened, section: tuple[str, ...], body: Body) -> ArticleKind:
    frame = opened.tree.body.attributes.get("class") if opened.tree.body else ""
    marks = " ".join((opened.page.url, frame or "", *section))
    if body.is_photo_story or "lens-page" in marks:
        return "photo"
    if _VIDEO.search(urlsplit(opened.page.url).path):
        return "video"
    return "longform" if _LONGFORM.search(marks) else "text"


def _language(tree: LexborHTMLParser) -> str:
    code = tree.root.attributes.get("lang") if tree.root else None
    return (code or "vi").split("-")[0].lower()[:3] or "vi"


def _notes(
    reading: PageReading, meta: Metadata, body: Body, published: DateChoice
) -> tuple[str, ...]:
    """Return the marks that a reader of the article must see."""
    notes = list(reading.notes)
    if published.future and published.raw == published.future.raw:
        notes.append("zone: a time after its capture is read in the outlet's own zone")
    if body.length < _SHORT:
        notes.append("short")
    if shown := paywall_evidence(meta.article.get("isAccessibleForFree"), ""):
        notes.append(f"paywall: {shown}")
    return tuple(notes)
