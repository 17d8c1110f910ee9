"""The fingerprint of an article: a short hash that is equal for equal content. Pure.

It covers title, sapo, blocks, captions and photo credits, authors, byline, credit and publication
time. It ignores tags, section, the modification time, image URLs (image servers move and resize),
dateline and extraction, and within a text whitespace, Unicode form, tone placement, and the shape
of quotation marks, dashes and ellipses. It is case-sensitive.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC

from storage.model.articles import Article
from storage.text.normalize import canonical_tone, lines, one_line

FINGERPRINT_VERSION = 1
"""Incremented with every change of the rules; the version is the prefix of each fingerprint."""

_TYPOGRAPHY = {
    **dict.fromkeys("“”„‟«»″〝〞＂", '"'),
    **dict.fromkeys("‘’‚‛‹›′ʼ`´＇", "'"),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
    "…": "...",
}
_VARIANT = re.compile("[" + "".join(_TYPOGRAPHY) + "]")

_encode = json.JSONEncoder(sort_keys=True).encode

Part = str | list[str] | list[list[str]] | None


def plain(text: str) -> str:
    """Return `text` in its canonical form, in which it is compared."""
    return _canonical(one_line(text)) if text else ""


def _canonical(text: str) -> str:
    return _VARIANT.sub(lambda match: _TYPOGRAPHY[match.group()], canonical_tone(text))


def fingerprint(article: Article) -> str:
    """Return the versioned hash of the content of `article`, such as "1:9c5b…" (128 bits, hex)."""
    text = _encode(_parts(article))
    return f"{FINGERPRINT_VERSION}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def changed_fields(before: Article, after: Article) -> tuple[str, ...]:
    """Return the names of the fingerprinted fields that differ; empty if the fingerprints agree."""
    old, new = _parts(before), _parts(after)
    return tuple(name for name in new if old[name] != new[name])


def differing_fields(before: Article, after: Article) -> tuple[str, ...]:
    """Return the names of all fields that differ, "body" for the blocks.

    The version of the extraction code is ignored.
    """
    same_version = replace(after.extraction, version=before.extraction.version)
    after = replace(after, extraction=same_version)
    names = [field.name for field in fields(Article)]
    differing = [name for name in names if getattr(before, name) != getattr(after, name)]
    return tuple("body" if name == "blocks" else name for name in differing)


def _parts(article: Article) -> dict[str, Part]:
    published = article.published_at
    return {
        "title": plain(article.title),
        "sapo": plain(article.sapo or ""),
        "body": [[kind, text] for kind, text in _body(article) if text],
        "captions": _captions(article),
        "authors": [plain(author) for author in article.authors],
        "byline": plain(article.byline or ""),
        "credit": plain(article.credit or ""),
        "published_at": published.astimezone(UTC).isoformat() if published else None,
    }


def _body(article: Article) -> Iterable[tuple[str, str]]:
    """Return the kind of each block with its canonical text."""
    kinds = [block.kind for block in article.blocks]
    body = article.body
    if body.count("\n") >= len(kinds):  # a line break within a block
        return zip(kinds, (plain(block.text) for block in article.blocks), strict=True)
    # One pass over the body is twice as fast; no rule of `plain` reaches across a line break.
    return zip(kinds, _canonical("\n".join(lines(body))).split("\n"), strict=True)


def _captions(article: Article) -> list[list[str]]:
    pairs = ([plain(image.caption or ""), plain(image.credit or "")] for image in article.images)
    return [pair for pair in pairs if any(pair)]
