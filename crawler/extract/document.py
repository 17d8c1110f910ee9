"""From bytes to a tree: the guard that stands before the parsers, decoding, parsing. Pure."""

import codecs
import re
from collections.abc import Iterator

import numpy as np
from selectolax.lexbor import LexborHTMLParser

# Of 96 real pages none came near these; beyond them the parsers grow quadratic (measured:
# lexbor needs 2 s for 40,000 nested <div> and 2.8 s for 40,000 attributes of one tag).
MAX_BYTES = 2 * 1024 * 1024
MAX_TAGS = 40_000
MAX_TAG_BYTES = 256 * 1024
MAX_DEPTH = 2_000
MAX_ATTRIBUTE_WORK = 60_000_000  # sum of squares of the attributes of long tags
_MANY_TAGS = 8_000  # fewer tags nest not deep enough, and hide not enough attributes, to hurt
_MANY_ENDS = 4_000  # so many ">" without a "<" stand in quoted attributes: a flood of them

_PIECE = 16_384  # bytes; what fits the processor's cache
_LONG_TAG = 2_048  # bytes; shorter tags cannot hold enough attributes to hurt

# Possessive (++, *+), so that a missing quote costs one pass and not one for every quote.
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
_TEXT_SIGN = re.compile(rb"<\s*[a-zA-Z!/]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
         (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
# Letters that Vietnamese alone has; of its texts they are a tenth.
_VIETNAMESE = re.compile("[ăđơưạ-ỹĂĐƠƯẠ-Ỹ]")
_MIN_VIETNAMESE = 0.02
_ENGLISH = re.compile(r"\b(?:the|of|and|to|in|is|was|for|that|with)\b", re.IGNORECASE)
_MIN_ENGLISH = 0.02
# UTF-8 read as a Western code page and encoded again: "á»‡" for "ệ".
_DOUBLE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]{1,3}"
)
_DOUBLE_SIGN = b"\xc3\xa1\xc2\xbb"  # the beginning of most Vietnamese letters
_MANY_DOUBLE = 10
# Older Vietnamese pages that are not UTF-8 are in the Windows code page.
_LAST_RESORT = "windows-1258"


def guard_bytes(body: bytes) -> str | None:
    """Return what is wrong with a payload's size, or None. The limit is 2 MiB."""
    if len(body) > MAX_BYTES:
        return f"{len(body)} bytes; at most {MAX_BYTES} are parsed"
    return None


def count(data: bytes, byte: bytes) -> int:
    """Return how often one byte stands in a page: a fifth of the time of `bytes.count`, which
    starts over after each of thousands of hits (28 against 151 µs for both brackets).
    """
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == byte[0]))


def guard_markup(data: bytes) -> str | None:
    """Return which limit of the parsers a page (in UTF-8) breaks, or None."""
    tags = count(data, b"<")
    if tags > MAX_TAGS:
        return f"{tags} tags; at most {MAX_TAGS} are parsed"
    every = tags > _MANY_TAGS or count(data, b">") > tags + _MANY_ENDS
    long_tags = _TAG.finditer(data) if every else _find_long_tags(data)
    if problem := _guard_attributes(data, long_tags):
        return problem
    if tags > _MANY_TAGS and (depth := _depth(data)) > MAX_DEPTH:
        return f"elements nested more than {depth} deep; at most {MAX_DEPTH} are parsed"
    return None


def _find_long_tags(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the tags that stretch far without a ">".

    Looks for the last ">" of every window, so that it reads few of a page's bytes.
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
    """True where a "<" stands in a script's code (`a<b …`), which parsers do not read as tags.

    A "-->" in between may end a comment that only hides the words "<script".
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
    """Return how deep the elements nest; stops counting right above the limit."""
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

    Order: byte order mark; UTF-16 by its NULs; UTF-8 if the bytes are valid UTF-8, whatever is
    declared (declarations are wrong more often than bytes are UTF-8 by chance); the declared
    charset, header first, meta anywhere (some pages declare 18 KB in); UTF-8 with damage.
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
    """Return a page in UTF-8 without what was encoded twice; parts of a page may be."""
    if _DOUBLE_SIGN not in data or data.count(_DOUBLE_SIGN) < _MANY_DOUBLE:
        return data
    return _DOUBLE.sub(_decode_again, data.decode("utf-8", "replace")).encode()


def _decode_again(match: re.Match[str]) -> str:
    """Return what letters of a Western code page are as UTF-8, or themselves."""
    try:
        parts = (
            char.encode("latin-1") if char < "\u0100" else char.encode("cp1252")
            for char in match.group()
        )
        return b"".join(parts).decode("utf-8")
    except UnicodeError:
        return match.group()


def is_utf8(body: bytes) -> bool:
    """True where every byte is part of valid UTF-8.

    Read in pieces: the text is not wanted, and one string of a whole page costs twice the time.
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
    # A page cut in the middle of a character, or one bad byte in an advertisement, stays UTF-8.
    if utf8.count("\ufffd") * 10 < len(_MULTIBYTE.findall(body)):
        return utf8
    declared = [content_type.encode("ascii", "replace")] if content_type else []
    for source in [*declared, body]:
        for match in _CHARSET.finditer(source):
            name = match[1].decode("ascii")
            if name.lower().replace("-", "").replace("_", "") == "utf8":
                continue  # it is not, whatever is declared
            try:
                return codecs.decode(body, name, "replace")
            except (LookupError, ValueError, TypeError, AttributeError):
                continue  # no codec of text has that name
    return body.decode(_LAST_RESORT, "replace")


def is_html(body: bytes) -> bool:
    """True where a payload holds at least one tag, in an encoding that keeps ASCII or UTF-16."""
    return bool(_TEXT_SIGN.search(body) or _TEXT_SIGN.search(body.replace(b"\x00", b"")))


def parse(data: bytes) -> LexborHTMLParser:
    """Return the tree of a guarded page in UTF-8."""
    return LexborHTMLParser(data)


def strip_code(tree: LexborHTMLParser) -> None:
    """Take out what no reader sees: code and the choices of forms weigh as prose else."""
    tree.strip_tags(list(_CODE))


def language_of(text: str, declared: str | None) -> str:
    """Return the code of a text's language; templates name another than their pages are in.

    declared: the page's own word, which counts where the text does not tell.
    """
    letters = len(text) or 1
    if len(_VIETNAMESE.findall(text)) / letters >= _MIN_VIETNAMESE:
        return "vi"
    code = (declared or "vi").split("-")[0].lower()[:3] or "vi"
    if code == "vi" and len(_ENGLISH.findall(text)) / letters >= _MIN_ENGLISH:
        return "en"
    return code
