"""From bytes to a tree: the guard that stands before the parsers, decoding, parsing. Pure."""

import codecs
import re

from selectolax.lexbor import LexborHTMLParser

# Of 96 real pages none came near these; beyond them the parsers grow quadratic (measured:
# lexbor needs 2 s for 40,000 nested <div> and 2.8 s for 40,000 attributes of one tag).
MAX_BYTES = 2 * 1024 * 1024
MAX_TAGS = 40_000
MAX_TAG_CHARS = 256 * 1024
MAX_DEPTH = 2_000
MAX_BREAKS = 8_000
MAX_ATTRIBUTE_WORK = 60_000_000  # sum of squares of the attributes of long tags
_SCAN_DEPTH_ABOVE = 8_000  # fewer tags cannot nest deep enough to hurt
_LONG_TAG = 2_048  # characters; a shorter tag cannot hold enough attributes to hurt

# Possessive (++, *+), so that a missing quote costs one pass and not one for every quote.
_OPEN_TAG = re.compile(r"[a-zA-Z](?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+")
_ATTRIBUTE = re.compile(r"[\s/\"'](?=[^\s/\"'=>])")
_NESTING = re.compile(
    r"<(/?)(div|section|article|span|b|i|em|strong|font|a|u|blockquote|center|table|ul|ol|figure"
    r"|main|aside|form|small|big|sub|sup|code|pre|h[1-6]|svg|g|object|button|label)\b",
    re.IGNORECASE,
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_TEXT_SIGN = re.compile(rb"<\s*[a-zA-Z!/]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
         (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
# Older Vietnamese pages that are not UTF-8 are in the Windows code page.
_LAST_RESORT = "windows-1258"


def guard_bytes(body: bytes) -> str | None:
    """Return what is wrong with a payload's size, or None. The limit is 2 MiB."""
    if len(body) > MAX_BYTES:
        return f"{len(body)} bytes; at most {MAX_BYTES} are parsed"
    return None


def guard_text(text: str) -> str | None:
    """Return which limit of the parsers a page breaks, or None."""
    parts = text.split("<")
    if len(parts) > MAX_TAGS:
        return f"{len(parts) - 1} tags; at most {MAX_TAGS} are parsed"
    if (breaks := text.count("<br") + text.count("<BR")) > MAX_BREAKS:
        return f"{breaks} line breaks; at most {MAX_BREAKS} are parsed"
    if problem := _guard_long_tags([part for part in parts if len(part) > _LONG_TAG]):
        return problem
    if len(parts) > _SCAN_DEPTH_ABOVE and (depth := _depth(text)) > MAX_DEPTH:
        return f"elements nested more than {depth} deep; at most {MAX_DEPTH} are parsed"
    return None


def _guard_long_tags(parts: list[str]) -> str | None:
    work = 0
    for part in parts:
        tag = _OPEN_TAG.match(part)
        if tag is None or len(tag.group()) < _LONG_TAG:
            continue
        if len(tag.group()) > MAX_TAG_CHARS:
            return f"a tag of {len(tag.group())} characters; at most {MAX_TAG_CHARS} are parsed"
        attributes = len(_ATTRIBUTE.findall(tag.group()))
        work += attributes**2
        if work > MAX_ATTRIBUTE_WORK:
            return f"a tag with {attributes} attributes"
    return None


def _depth(text: str) -> int:
    """Return how deep the elements nest; stops counting right above the limit."""
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > deepest:
            deepest = depth
            if deepest > MAX_DEPTH:
                break
    return deepest


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return a page's text, NULs removed.

    Order: byte order mark; UTF-16 by its NULs; UTF-8 if the bytes are valid UTF-8, whatever is
    declared (declarations are wrong more often than bytes are UTF-8 by chance); the declared
    charset, header first, meta anywhere (some pages declare 18 KB in); UTF-8 with damage.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace").replace("\x00", "")
    head = body[:4096]
    if (nuls := head.count(0)) * 4 > len(head):
        little = head[1::2].count(0) * 2 > nuls
        return body.decode("utf-16-le" if little else "utf-16-be", "replace").replace("\x00", "")
    try:
        return body.decode("utf-8").replace("\x00", "")
    except UnicodeDecodeError:
        return _decode_damaged(body, content_type).replace("\x00", "")


def _decode_damaged(body: bytes, content_type: str | None) -> str:
    utf8 = body.decode("utf-8", "replace")
    # A page cut in the middle of a character, or one bad byte in an advertisement, stays UTF-8.
    multibyte = sum(1 for byte in body if byte >= 0xC2)
    if utf8.count("\ufffd") * 10 < multibyte:
        return utf8
    declared = [content_type.encode("ascii", "replace")] if content_type else []
    for source in [*declared, body]:
        for match in _CHARSET.finditer(source):
            try:
                return codecs.decode(body, match[1].decode("ascii"), "replace")
            except (LookupError, ValueError, TypeError, AttributeError):
                continue
    return body.decode(_LAST_RESORT, "replace")


def is_html(body: bytes) -> bool:
    """True where a payload holds at least one tag, in an encoding that keeps ASCII or UTF-16."""
    return bool(_TEXT_SIGN.search(body) or _TEXT_SIGN.search(body.replace(b"\x00", b"")))


def parse(text: str) -> LexborHTMLParser:
    """Return the tree of a decoded, guarded page."""
    return LexborHTMLParser(text)
