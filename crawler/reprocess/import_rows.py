"""Conversion of a line of an imported file into an article or a page to extract. Pure.

The keys are those of `tinquan extract` (docs/json.md). A row that tinquan extracted itself (it has
`extraction`) is stored unchanged; the texts of other rows are normalized.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from crawler.outlets.model import Outlet, explain, outlet_of_host
from crawler.page.response import Page
from crawler.page.times import parse_moment
from crawler.page.urls import canonical_url, host_of
from storage.errors import UsageError
from storage.model.articles import (
    Article,
    ArticleKind,
    Block,
    BlockKind,
    Capture,
    Extraction,
    Image,
)
from storage.model.json import LOCAL
from storage.text.normalize import normalize, storable

FOREIGN = Extraction("import", "import", "text", 0)
"""The extraction of an imported article that has none; version 0: not by our code."""

_NOT_CONTENT = {"extraction", "outlet"}  # fields in which rows with the same content may differ
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]*")
_CLOCK_SKEW = timedelta(days=1)  # how far in the future a publication time may be


class RowError(Exception):
    """A line cannot be imported; the message is one line and says why."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Block(_Strict):
    kind: BlockKind
    text: str


class _Image(_Strict):
    url: str
    caption: str | None = None
    credit: str | None = None


class _Extraction(_Strict):
    family: str
    layout: str
    path: str
    version: int


class _Row(_Strict):
    outlet: str | None = None
    article_id: str | int | None = None
    url: str | None = None
    title: str | None = None
    dateline: str | None = None
    sapo: str | None = None
    body: str | None = None
    blocks: list[_Block] | None = None
    authors: list[str] | None = None
    byline: str | None = None
    credit: str | None = None
    published_at: str | None = None
    modified_at: str | None = None
    published_raw: str | None = None
    published_rule: str | None = None
    section: list[str] | None = None
    tags: list[str] | None = None
    images: list[_Image] | None = None
    kind: ArticleKind | None = None
    language: str | None = None
    notes: list[str] | None = None
    extraction: _Extraction | None = None
    refusal: dict[str, Any] | None = None
    html: str | None = None
    fetched_at: str | None = None


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Defaults and settings for the rows of a file.

    outlet: slug for rows without one. id_key: the key of the outlet's own id. outlets: those with
    an outlet file, by slug. now: when the import began; the time of capture of rows without
    `fetched_at`.
    """

    outlet: str | None
    id_key: str
    outlets: dict[str, Outlet]
    now: datetime


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """The article of a line, or the page to extract it from; the other is None.

    capture: a synthetic one; its `warc_file` is "", as there is no record.
    """

    outlet: str
    article_id: str | None
    capture: Capture
    article: Article | None = None
    page: Page | None = None


def parse_line(line: bytes, source: ImportSource) -> ImportedRow:
    """Parse a line of JSON. Raises RowError."""
    row = _row(line, source.id_key)
    own_id = str(row.article_id) if row.article_id not in (None, "") else None
    outlet = _outlet(row, source)
    if not row.url and own_id is None:
        keys = " or ".join(dict.fromkeys(["url", source.id_key]))
        raise RowError(f"has no {keys}: expected one of them, to tell articles apart")
    url = _url(row.url) if row.url else _urn(outlet, own_id or "")
    fetched_at = _moment("fetched_at", row.fetched_at)
    if row.html is not None:
        return _page(row, outlet, own_id, url, fetched_at)
    article = _article(row, outlet, own_id, url, source.now)
    values = row.model_dump(exclude=_NOT_CONTENT, exclude_defaults=True)
    content = json.dumps(values, sort_keys=True)
    capture = _capture(outlet, row.url or url, content, fetched_at, source.now)
    return ImportedRow(outlet, own_id, capture, article=article)


def _row(line: bytes, id_key: str) -> _Row:
    try:
        fields = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RowError(f"is not UTF-8: byte {error.start + 1} cannot be read") from None
    except ValueError as error:  # JSONDecodeError, and numbers of thousands of digits
        raise RowError(f"is not JSON: {error}") from None
    except RecursionError:
        raise RowError("is nested too deeply") from None
    if not isinstance(fields, dict):
        raise RowError("is not a JSON object: expected one article a line, {…}")
    if id_key != "article_id":
        fields = fields | {"article_id": fields.get(id_key)}
    for key in ("article_id", "url"):  # so that lookups use the values that are stored
        if isinstance(fields.get(key), str):
            fields[key] = storable(fields[key])
    try:
        return _Row.model_validate(fields)
    except ValidationError as error:
        raise RowError(explain(error)) from None


def _outlet(row: _Row, source: ImportSource) -> str:
    by_host = outlet_of_host(source.outlets, host_of(row.url or "") or "")
    slug = row.outlet or source.outlet or (by_host.slug if by_host else None)
    if slug is None:
        raise RowError("has no outlet, and its address is no known outlet's: name it by --outlet")
    if not _SLUG.fullmatch(slug):
        raise RowError(f"outlet {slug!r:.60}: expected lower-case letters, digits, '-' and '.'")
    return slug


def _url(text: str) -> str:
    url = canonical_url(text)
    if url.startswith("urn:tinquan:") or (url.startswith("https://") and host_of(url)):
        return url
    raise RowError(f"url {text!r:.80}: expected an address such as https://tienphong.vn/…")


def _urn(outlet: str, own_id: str) -> str:
    """Return a URN as the URL of an article that has only an id."""
    return f"urn:tinquan:{outlet}:{quote(own_id, safe='', errors='surrogatepass')}"


def _moment(key: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_moment(key, text, LOCAL)
    except UsageError as error:
        raise RowError(str(error)) from None


def _page(
    row: _Row, outlet: str, own_id: str | None, url: str, fetched_at: datetime | None
) -> ImportedRow:
    if fetched_at is None or not row.url or row.url.startswith("urn:"):
        raise RowError("has html: expected its url and fetched_at beside it")
    body = (row.html or "").encode("utf-8", "replace")
    # The byte order mark overrides the encoding that the page declares.
    page = Page(row.url, b"\xef\xbb\xbf" + body, fetched_at)
    content = json.dumps([own_id, url, row.html])
    capture = _capture(outlet, row.url, content, fetched_at, fetched_at)
    return ImportedRow(outlet, own_id, capture, page=page)


def _capture(
    outlet: str, url: str, content: str, fetched_at: datetime | None, now: datetime
) -> Capture:
    """Return a capture whose record id is a hash of the row, so that a repeated row is known."""
    payload = f"{outlet}\0{content}\0{fetched_at and fetched_at.isoformat()}".encode()
    digest = hashlib.sha1(payload, usedforsecurity=False).digest()
    name = base64.b32encode(digest).decode()
    record_id = f"<urn:tinquan:import:{name}>"
    return Capture(url, fetched_at or now, 200, "", 0, record_id, f"sha1:{name}")


def _article(row: _Row, outlet: str, own_id: str | None, url: str, now: datetime) -> Article:
    if row.refusal is not None:
        raise RowError(f"is no article: tinquan refused the page ({row.refusal.get('reason')})")
    # tinquan's own exports are imported unchanged; other files may contain anything, escapes too.
    clean = _unchanged if row.extraction else _normalized
    blocks = _blocks(row, clean)
    if not (row.title or blocks):
        raise RowError("has neither title nor text: expected title and body, or html")
    published_at = _moment("published_at", row.published_at)
    if published_at is not None and published_at > now + _CLOCK_SKEW:
        raise RowError(f"published_at {row.published_at!r:.40} is in the future")

    def clean_all(texts: Iterable[str] | None) -> tuple[str, ...]:
        return tuple(text for raw in texts or () if (text := clean(raw)) is not None)

    return Article(
        outlet=outlet,
        url=url,
        title=clean(row.title) or "",
        blocks=blocks,
        extraction=Extraction(**row.extraction.model_dump()) if row.extraction else FOREIGN,
        article_id=own_id,
        dateline=clean(row.dateline),
        sapo=clean(row.sapo),
        authors=clean_all(row.authors),
        byline=clean(row.byline),
        credit=clean(row.credit),
        published_at=published_at,
        modified_at=_moment("modified_at", row.modified_at),
        published_raw=clean(row.published_raw),
        published_rule=clean(row.published_rule),
        section=clean_all(row.section),
        tags=clean_all(row.tags),
        images=tuple(
            Image(clean(image.url) or "", clean(image.caption), clean(image.credit))
            for image in row.images or ()
        ),
        kind=row.kind or "text",
        language=clean(row.language) or "vi",
        notes=clean_all(row.notes),
    )


def _blocks(row: _Row, clean: Callable[[str | None], str | None]) -> tuple[Block, ...]:
    if row.blocks:
        return tuple(Block(block.kind, clean(block.text) or "") for block in row.blocks)
    texts = (line.strip() for line in normalize(row.body or "").split("\n"))
    return tuple(Block("paragraph", text) for text in texts if text)


def _unchanged(text: str | None) -> str | None:
    return text


def _normalized(text: str | None) -> str | None:
    return (" ".join(normalize(text).split()) or None) if text is not None else None
