"""Parses the XML of feeds and sitemaps: bounded, without entities, in any encoding. Pure."""

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace

from lxml import etree

from crawler.discover.link import DiscoveryResult, refused
from storage.model.articles import RefusalReason

MAX_BYTES = 50 * 1024 * 1024  # the sitemap protocol's own limit; also after decompression
MAX_FEED_BYTES = 10 * 1024 * 1024  # five times the size of a feed of 1,000 items
CUT_SHORT = "cut short"
"""Begins the evidence for a document that is truncated before its first link."""

_HEAD = 2_048
_GZIP = b"\x1f\x8b"
_GZIP_WBITS = 16 + zlib.MAX_WBITS
_STEP = 256  # bytes fed at once, so that everything before an error is decompressed
_ROOT = re.compile(rb"<([^\s<>/?!]+)[^<>]*?(/?)>")
_CLOSED = re.compile(rb"</[^<>]*>")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_HTML = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script)", re.IGNORECASE | re.DOTALL
)
_SURROGATE_PAIR = re.compile(rb"&#(\d{5});&#(\d{5});")  # how UTF-16 code may escape an emoji
_REFERENCE = re.compile(rb"&#([xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*\d{5})(?:;|(?![0-9a-fA-F]))")
_CHALLENGE = re.compile(
    rb"cf-chl|challenge-platform|just a moment|attention required|captcha|D1N\b|access denied",
    re.IGNORECASE,
)


def is_challenge(body: bytes) -> bool:
    """True if a page has the marks of a bot challenge or a block page."""
    return _CHALLENGE.search(body[:100_000]) is not None


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document's root. is_cut: it is truncated; the root holds the part before that point."""

    root: etree._Element
    is_cut: bool

    def with_cut(self, result: DiscoveryResult) -> DiscoveryResult:
        """Return a result of this document, marked as cut if the document is truncated."""
        if not self.is_cut:
            return result
        if result.reason is RefusalReason.EMPTY:
            return refused(RefusalReason.MALFORMED, f"{CUT_SHORT}: {result.evidence}")
        return replace(result, is_cut=True)


def parse_xml(body: bytes, limit: int = MAX_BYTES) -> XmlDocument | DiscoveryResult:
    """Return a document, or the reason why there is none.

    limit: bytes, after decompression; a larger document is refused as TOO_LARGE.

    Nothing is fetched and no entity is expanded: a document that declares one is refused. One that
    is valid UTF-8 is read as such, whatever it declares (a feed seen in 2026 declares UTF-16 in
    UTF-8).
    """
    body, is_cut = _decompress(body, limit)
    if len(body) > limit:
        return refused(RefusalReason.TOO_LARGE, f"more than {limit} bytes")
    body = _without_preamble(body.removeprefix(b"\xef\xbb\xbf").lstrip())
    if not body:
        reason = RefusalReason.MALFORMED if is_cut else RefusalReason.EMPTY
        return refused(
            reason, f"{CUT_SHORT}: nothing of it can be unpacked" if is_cut else "an empty answer"
        )
    if _HTML.match(body[:_HEAD]):
        reason = RefusalReason.BLOCKED if is_challenge(body) else RefusalReason.MALFORMED
        return refused(reason, "HTML instead of XML")
    if _ENTITY.search(body):
        return refused(RefusalReason.MALFORMED, "XML that declares entities")
    body = _SURROGATE_PAIR.sub(_join_surrogates, body)
    body, is_unclosed = _drop_open_tail(body)
    return _tree(_REFERENCE.sub(_drop_surrogate, body), is_cut=is_cut or is_unclosed)


def _drop_open_tail(body: bytes) -> tuple[bytes, bool]:
    """Return a document up to its last end tag, and True, if its root is never closed.

    Otherwise half a URL at its end might be taken for another article's.
    """
    root = _ROOT.search(body)
    if root is None or root[2] or b"\0" in body[:_HEAD] or body.rfind(b"</" + root[1]) > 0:
        return body, False
    end = max((match.end() for match in _CLOSED.finditer(body)), default=root.end())
    return body[:end], True


def _without_preamble(body: bytes) -> bytes:
    """Return a document without output that precedes its XML declaration (PHP warnings)."""
    start = body.find(b"<?xml", 1, _HEAD)
    return body[start:] if start > 0 else body


def _join_surrogates(match: re.Match[bytes]) -> bytes:
    """Replace references to the two halves of a surrogate pair by one to its character."""
    high, low = int(match[1]), int(match[2])
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return match[0]


def _drop_surrogate(match: re.Match[bytes]) -> bytes:
    """Drop a reference to a lone surrogate, which the parser would turn into invalid UTF-8."""
    digits = match[1]
    number = int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
    return b"" if 0xD800 <= number < 0xE000 else match[0]


def _tree(body: bytes, *, is_cut: bool) -> XmlDocument | DiscoveryResult:
    parser = etree.XMLParser(
        encoding="utf-8" if _is_utf8(body) else None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,  # unescaped "&" in links and unclosed elements are common
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return refused(RefusalReason.MALFORMED, f"not XML: {str(error)[:200]!r}")
    if root is None:
        return refused(RefusalReason.MALFORMED, "not XML")
    return XmlDocument(root, is_cut)


def _is_utf8(body: bytes) -> bool:
    if b"\0" in body[:_HEAD]:  # UTF-16 of ASCII letters is valid UTF-8 too
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decompress(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Decompress a body that is a gzip file, up to one byte over the limit.

    Also returns True if it is truncated or damaged; the data before that point is returned.
    """
    if not body.startswith(_GZIP):
        return body, False
    data = bytearray()
    while body.startswith(_GZIP) and len(data) <= limit:  # its members, one after the other
        member = zlib.decompressobj(_GZIP_WBITS)
        try:
            data += member.decompress(body, limit + 1 - len(data))
        except zlib.error:
            return bytes(data + _salvage(body, limit + 1 - len(data))), True
        if not member.eof:
            return bytes(data), len(data) <= limit
        body = member.unused_data
    return bytes(data), False


def _salvage(body: bytes, limit: int) -> bytes:
    """Decompress a damaged gzip member up to the damage."""
    member, data = zlib.decompressobj(_GZIP_WBITS), bytearray()
    with suppress(zlib.error):
        for start in range(0, len(body), _STEP):
            data += member.decompress(body[start : start + _STEP], max(1, limit - len(data)))
            if len(data) >= limit:
                break
    return bytes(data)


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace or prefix, in lower case.

    lxml leaves an undeclared prefix in the name.
    """
    try:
        tag = element.tag
    except UnicodeDecodeError:  # a recovering parser may leave invalid UTF-8 in a name
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def child_text(element: etree._Element, *names: str) -> str | None:
    """Return the stripped text of the first child that has one, in the order of `names`."""
    for name in names:
        for child in element:
            if local_name(child) == name:
                text = "".join(str(part) for part in child.itertext()).strip()
                if text:
                    return text
    return None
