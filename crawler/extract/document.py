"""From bytes to a tree: limits that protect the parsers, decoding, parsing. Pure."""

import codecs
import re
from collections.abc import Iterator

import numpy as np
from selectolax.lexbor import LexborHTMLParser

# None of 96 real pages came near these limits; beyond them the parsers' time grows quadratically
# (measured: lexbor takes 2 s for 40,000 nested <div> and 2.8 s for 40,000 attributes of one tag).
MAX_BYTES = 2 * 1024 * 1024
MAX_TAGS = 40_000
MAX_TAG_BYTES = 256 * 1024
MAX_DEPTH = 2_000
MAX_ATTRIBUTE_WORK = 60_000_000  # sum of squares of the attributes of long tags
_MANY_TAGS = 8_000  # fewer tags cannot be nested too deep or have too many attributes
_MANY_ENDS = 4_000  # excess of ">" over "<" that shows a flood of quoted attributes

_PIECE = 16_384  # bytes; fits into the processor's cache
_LONG_TAG = 2_048  # bytes; shorter tags cannot have too many attributes

# Possessive (++, *+), so that a missing quote costs one pass, not one for every quote.
_TAG = re.compile(rb"<[a-zA-Z](?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+")
_TAG_START = re.compile(rb"<[a-zA-Z]")
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_ATTRIBUTE = re.compile(rb"[\s/\"'](?=[^\s/\"'=>])")
_NESTING = re.compile(
    rb"<(/?)(div|section|article|span|b|i|em|strong|font|a|u|blockquote|center|table|ul|ol|figure"
    rb"|main|aside|form|small|big|sub|sup|code|pre|h[1-6]|svg|g|object|button|label)\b",
    re.IGNORECASE,
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_CODE = ("script", "style", "select", "option", "template", "textarea")
_TAG_OPENING = re.compile(rb"<\s*[a-zA-Z!/]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
         (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
# Letters that only Vietnamese has; they are a tenth of its texts.
_VIETNAMESE = re.compile("[ăđơưạ-ỹĂĐƠƯẠ-Ỹ]")
_MIN_VIETNAMESE = 0.02
_ENGLISH = re.compile(r"\b(?:the|of|and|to|in|is|was|for|that|with)\b", re.IGNORECASE)
_MIN_ENGLISH = 0.02
# UTF-8 decoded as a Western code page and encoded again: "á»‡" for "ệ".
_DOUBLE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]{1,3}"
)
_DOUBLE_MARKER = b"\xc3\xa1\xc2\xbb"  # the beginning of most Vietnamese letters
_MIN_DOUBLE = 10
# Older Vietnamese pages that are not UTF-8 are in the Windows code page.
_LAST_RESORT = "windows-1258"


def guard_bytes(body: bytes) -> str | None:
    """Return an error if a payload exceeds 2 MiB, or None."""
    if len(body) > MAX_BYTES:
        return f"{len(body)} bytes; at most {MAX_BYTES} are parsed"
    return None


def count(data: bytes, byte: bytes) -> int:
    """Return how often one byte occurs in a page, five times as fast as `bytes.count`, which
    starts over after each of thousands of hits (28 against 151 µs for both brackets).
    """
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == byte[0]))


def guard_markup(data: bytes) -> str | None:
    """Return which limit of the parsers a page (in UTF-8) exceeds, or None."""
    tags = count(data, b"<")
    if tags > MAX_TAGS:
        return f"{tags} tags; at most {MAX_TAGS} are parsed"
    check_all = tags > _MANY_TAGS or count(data, b">") > tags + _MANY_ENDS
    checked_tags = _TAG.finditer(data) if check_all else _find_long_tags(data)
    if problem := _guard_attributes(data, checked_tags):
        return problem
    if tags > _MANY_TAGS and (depth := _depth(data)) > MAX_DEPTH:
        return f"elements nested more than {depth} deep; at most {MAX_DEPTH} are parsed"
    return None


def _find_long_tags(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the tags that extend far without a ">".

    It searches each window for its last ">", so that it reads few of a page's bytes.
    """
    position, size = 0, len(data)
    while position + _LONG_TAG < size:
        last = data.rfind(b">", position, position + _LONG_TAG)
        if last >= 0:
            position = last + 1
            continue
        end = data.find(b">", position)
        end = size if end < 0 else end
        first = data.find(b"<", position, end)
        opening = _TAG_START.search(data, first, end) if first >= 0 else None
        if (
            opening
            and not _is_in_script(data, opening.start())
            and (tag := _TAG.match(data, opening.start()))
        ):
            yield tag
        position = end + 1


def _is_in_script(data: bytes, position: int) -> bool:
    """True if a "<" is in a script's code (`a<b …`), where parsers do not read tags.

    After a "-->" in between, the "<script" may have been part of a comment.
    """
    start = data.rfind(b"<script", 0, position)
    ends = (b"</script", b"-->")
    return start >= 0 and all(data.find(end, start, position) < 0 for end in ends)


def _guard_attributes(data: bytes, tags: Iterator[re.Match[bytes]]) -> str | None:
    work = 0
    for tag in tags:
        length = tag.end() - tag.start()
        if length < 1_000 or _is_in_script(data, tag.start()):
            continue
        if length > MAX_TAG_BYTES:
            return f"a tag of {length} bytes; at most {MAX_TAG_BYTES} are parsed"
        attributes = len(_ATTRIBUTE.findall(_QUOTED.sub(b'" ', tag.group())))
        work += attributes**2
        if work > MAX_ATTRIBUTE_WORK:
            return f"a tag with {attributes} attributes"
    return None


def _depth(data: bytes) -> int:
    """Return the nesting depth of the elements; stops counting just above the limit."""
    depth = deepest = 0
    for match in _NESTING.finditer(data):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > deepest:
            deepest = depth
            if deepest > MAX_DEPTH:
                break
    return deepest


def to_utf8(body: bytes, content_type: str | None = None) -> bytes:
    """Return a page in UTF-8, without NULs and byte order mark.

    The encoding is that of the byte order mark; UTF-16 by its NULs; UTF-8 if the bytes are valid
    UTF-8, whatever is declared (declarations are wrong more often than bytes are UTF-8 by chance),
    or if little of it is damaged; the declared charset, header first, then meta anywhere (some
    pages declare it 18 KB in).
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            body = body[len(bom) :]
            return (
                body if name == "utf-8" and is_utf8(body) else _encode(body.decode(name, "replace"))
            )
    head = body[:4096]
    if (nuls := head.count(0)) * 4 > len(head):
        little = head[1::2].count(0) * 2 > nuls
        return _encode(body.decode("utf-16-le" if little else "utf-16-be", "replace"))
    if is_utf8(body):
        return body.replace(b"\x00", b"") if b"\x00" in body else body
    return _encode(_decode_damaged(body, content_type))


def undo_double(data: bytes) -> bytes:
    """Return a page in UTF-8, with the parts decoded that are encoded twice."""
    if _DOUBLE_MARKER not in data or data.count(_DOUBLE_MARKER) < _MIN_DOUBLE:
        return data
    return _DOUBLE.sub(_decode_again, data.decode("utf-8", "replace")).encode()


def _decode_again(match: re.Match[str]) -> str:
    """Return characters of a Western code page decoded as UTF-8; unchanged if they are not."""
    try:
        parts = (
            char.encode("latin-1") if char < "\u0100" else char.encode("cp1252")
            for char in match.group()
        )
        return b"".join(parts).decode("utf-8")
    except UnicodeError:
        return match.group()


def is_utf8(body: bytes) -> bool:
    """True if all bytes are valid UTF-8.

    It decodes piece by piece: building one string of a whole page takes twice the time.
    """
    position, size, view = 0, len(body), memoryview(body)
    try:
        while position < size:
            end = position + _PIECE
            _, read = codecs.utf_8_decode(view[position:end], "strict", end >= size)
            position += read
    except UnicodeDecodeError:
        return False
    return True


def _encode(text: str) -> bytes:
    return text.replace("\x00", "").encode("utf-8", "replace")


def _decode_damaged(body: bytes, content_type: str | None) -> str:
    utf8 = body.decode("utf-8", "replace")
    # A page truncated within a character, or with one bad byte in an advertisement, is UTF-8.
    if utf8.count("\ufffd") * 10 < len(_MULTIBYTE.findall(body)):
        return utf8
    declared = [content_type.encode("ascii", "replace")] if content_type else []
    for source in [*declared, body]:
        for match in _CHARSET.finditer(source):
            name = match[1].decode("ascii")
            if name.lower().replace("-", "").replace("_", "") == "utf8":
                continue  # a false declaration
            try:
                return codecs.decode(body, name, "replace")
            except (LookupError, ValueError, TypeError, AttributeError):
                continue  # no text codec has that name
    return body.decode(_LAST_RESORT, "replace")


def is_html(body: bytes) -> bool:
    """True if a payload has at least one tag, in UTF-16 or an encoding that extends ASCII."""
    return bool(_TAG_OPENING.search(body) or _TAG_OPENING.search(body.replace(b"\x00", b"")))


def parse(data: bytes) -> LexborHTMLParser:
    """Return the tree of a guarded page in UTF-8."""
    return LexborHTMLParser(data)


def strip_code(tree: LexborHTMLParser) -> None:
    """Remove code and the options of forms, which would count as prose."""
    tree.strip_tags(list(_CODE))


def language_of(text: str, declared: str | None) -> str:
    """Return the language code of a text, as many templates declare a false one.

    declared: the page's `lang`, used if the text does not show its language.
    """
    letters = len(text) or 1
    if len(_VIETNAMESE.findall(text)) / letters >= _MIN_VIETNAMESE:
        return "vi"
    code = (declared or "vi").split("-")[0].lower()[:3] or "vi"
    if code == "vi" and len(_ENGLISH.findall(text)) / letters >= _MIN_ENGLISH:
        return "en"
    return code
