"""What an article says, as one short hash: equal for equal content, whatever the furniture. Pure.

What counts: title, sapo, blocks, captions and photo credits, authors, byline, credit and the
publication time. What does not: tags, section, the modified time alone, image addresses (image
servers move and resize), dateline, extraction, and within a text: blanks, Unicode form, tone
placement, the shape of quotation marks, dashes and ellipses. Case counts.
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
"""Goes up with every change of the rules; the version is the prefix of each fingerprint."""

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
    """Return `text` as it is compared: one form for every way to write the same words."""
    return _spelled(one_line(text)) if text else ""


def _spelled(text: str) -> str:
    return _VARIANT.sub(lambda found: _TYPOGRAPHY[found.group()], canonical_tone(text))


def fingerprint(article: Article) -> str:
    """Return the versioned hash of what `article` says, such as "1:9c5b…" (128 bits, hex)."""
    text = _encode(_parts(article))
    return f"{FINGERPRINT_VERSION}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def changed_fields(before: Article, after: Article) -> tuple[str, ...]:
    """Return the names of what counts and differs; empty exactly where the fingerprints agree."""
    old, new = _parts(before), _parts(after)
    return tuple(name for name in new if old[name] != new[name])


def differing_fields(before: Article, after: Article) -> tuple[str, ...]:
    """Return the names of all fields that differ at all, "body" for the blocks.

    The version of our extraction code is no difference.
    """
    same_code = replace(after.extraction, version=before.extraction.version)
    after = replace(after, extraction=same_code)
    names = [field.name for field in fields(Article)]
    found = [name for name in names if getattr(before, name) != getattr(after, name)]
    return tuple("body" if name == "blocks" else name for name in found)


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
    """Return the blocks' kinds with their texts as they are compared."""
    kinds = [block.kind for block in article.blocks]
    whole = article.body
    if whole.count("\n") >= len(kinds):  # a line break within a block
        return zip(kinds, (plain(block.text) for block in article.blocks), strict=True)
    # All in one pass, which is twice as quick: nothing that `plain` does reaches past a line's end.
    return zip(kinds, _spelled("\n".join(lines(whole))).split("\n"), strict=True)


def _captions(article: Article) -> list[list[str]]:
    pairs = ([plain(image.caption or ""), plain(image.credit or "")] for image in article.images)
    return [pair for pair in pairs if any(pair)]
