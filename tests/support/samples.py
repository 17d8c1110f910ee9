"""Invented articles, captures and runs for tests of the archive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from storage.model.articles import (
    Article,
    Block,
    Capture,
    Extraction,
    Image,
    Refusal,
    RefusalReason,
)
from storage.model.runs import Run

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
Result = TypeVar("Result", bound=Article | Refusal)
EXTRACTION = Extraction("epi", "2024", "subtree", 1)


def at(minutes: float) -> datetime:
    """Return the time `minutes` after T0."""
    return T0 + timedelta(minutes=minutes)


def url_of(number: int) -> str:
    return f"https://baothu.vn/cau-moi-{number}.html"


def article(number: int = 1, text: str = "Cầu mới khánh thành.", **changes: Any) -> Article:
    """Return an invented article; `number` is its outlet id, and part of its URL."""
    fields: dict[str, Any] = {
        "outlet": "baothu",
        "url": url_of(number),
        "article_id": str(number),
        "title": f"Khánh thành cầu số {number}",
        "blocks": (Block("paragraph", text),),
        "extraction": EXTRACTION,
        "published_at": at(number),
    }
    return Article(**{**fields, **changes})


def capture(minutes: float = 0, number: int = 1, **changes: Any) -> Capture:
    """Return a capture of article `number`, `minutes` after T0."""
    fields: dict[str, Any] = {
        "url": url_of(number),
        "captured_at": at(minutes),
        "status": 200,
        "warc_file": "baothu/2026-03.warc.gz",
        "warc_offset": 1000 * number,
        "record_id": f"<urn:uuid:{number}-{minutes}>",
        "digest": f"sha1:{number}-{minutes}",
    }
    return Capture(**{**fields, **changes})


def refusal(
    number: int = 1, reason: RefusalReason = RefusalReason.NOT_FOUND, version: int = 0
) -> Refusal:
    return Refusal("baothu", url_of(number), reason, f"status said {reason}", version)


def read_by(version: int, item: Result) -> Result:
    """Return `item` as if extracted by `version` of our code."""
    if isinstance(item, Article):
        return replace(item, extraction=replace(item.extraction, version=version))
    return replace(item, version=version)


def run(id_: str = "run-1", **changes: Any) -> Run:
    return Run(**{"id": id_, "outlet": "baothu", "started_at": T0, **changes})


_text = st.text(max_size=40)
_maybe = st.none() | _text
_texts = st.lists(_text, max_size=3).map(tuple)
_times = st.none() | st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    timezones=st.just(UTC),
)
articles = st.builds(
    Article,
    outlet=_text,
    url=_text,
    title=_text,
    blocks=st.lists(
        st.builds(Block, st.sampled_from(["paragraph", "heading", "quote", "list"]), _text),
        max_size=4,
    ).map(tuple),
    extraction=st.builds(Extraction, _text, _text, _text, st.integers(0, 99)),
    article_id=_maybe,
    dateline=_maybe,
    sapo=_maybe,
    authors=_texts,
    byline=_maybe,
    credit=_maybe,
    published_at=_times,
    modified_at=_times,
    published_raw=_maybe,
    published_rule=_maybe,
    section=_texts,
    tags=_texts,
    images=st.lists(st.builds(Image, _text, _maybe, _maybe), max_size=3).map(tuple),
    kind=st.sampled_from(["text", "photo", "video", "longform"]),
    language=_text,
    notes=_texts,
)
"""Arbitrary articles; their texts may be empty or hold NUL characters."""
