"""Feeds and sitemaps as trees: bounded, without entities, whatever encoding they claim. Pure."""

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace

from lxml import etree

from crawler.discover.link import DiscoveryResult, refused
from storage.model.articles import RefusalReason

MAX_BYTES = 50 * 1024 * 1024  # the sitemap protocol's own bound; also after decompression
MAX_FEED_BYTES = 10 * 1024 * 1024  # five times what a feed of 1,000 items holds
CUT_SHORT = "cut short"
"""Begins the evidence for a document that ends before its first address."""

_HEAD = 2_048
_GZIP = b"\x1f\x8b"
_AS_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 256  # bytes fed at once, so that all before a fault comes out
_ROOT = re.compile(rb"<([^\s<>/?!]+)[^<>]*?(/?)>")
_CLOSED = re.compile(rb"</[^<>]*>")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_HTML = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script)", re.IGNORECASE | re.DOTALL
)
_PAIR = re.compile(rb"&#(\d{5});&#(\d{5});")  # an emoji, as code that thinks in UTF-16 writes it
_REFERENCE = re.compile(rb"&#([xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*\d{5})(?:;|(?![0-9a-fA-F]))")
_CHALLENGE = re.compile(
    rb"cf-chl|challenge-platform|just a moment|attention required|captcha|D1N\b|access denied",
    re.IGNORECASE,
)


def is_challenge(body: bytes) -> bool:
    """True where a page carries the marks of a bot challenge or a block page."""
    return _CHALLENGE.search(body[:100_000]) is not None


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document's root. is_cut: it ends before its end; the root holds what came until then."""

    root: etree._Element
    is_cut: bool

    def found(self, found: DiscoveryResult) -> DiscoveryResult:
        """Return what was found in it, with a word on what was lost."""
        if not self.is_cut:
            return found
        if found.reason is RefusalReason.EMPTY:
            return refused(RefusalReason.MALFORMED, f"{CUT_SHORT}: {found.evidence}")
        return replace(found, is_cut=True)


def parse_xml(body: bytes, limit: int = MAX_BYTES) -> XmlDocument | DiscoveryResult:
    """Return a document, or the named reason why there is none.

    limit: bytes, after decompression; a larger document is refused as TOO_LARGE.

    Nothing is fetched and no entity expanded (one that is declared refuses the document); a
    document that is valid UTF-8 is read as such, whatever it declares (a feed seen in 2026
    claims UTF-16 in UTF-8).
    """
    body, is_cut = _unpacked(body, limit)
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
    body = _PAIR.sub(_pair_joined, body)
    body, is_open = _closed(body)
    return _tree(_REFERENCE.sub(_without_half, body), is_cut=is_cut or is_open)


def _closed(body: bytes) -> tuple[bytes, bool]:
    """Return a document without what stands open at its end, where its root is never closed.

    Half an address would pass for another article's. True where that was so.
    """
    root = _ROOT.search(body)
    if root is None or root[2] or b"\0" in body[:_HEAD] or body.rfind(b"</" + root[1]) > 0:
        return body, False
    end = max((match.end() for match in _CLOSED.finditer(body)), default=root.end())
    return body[:end], True


def _without_preamble(body: bytes) -> bytes:
    """Return a document without what a server printed before its declaration (PHP warnings)."""
    start = body.find(b"<?xml", 1, _HEAD)
    return body[start:] if start > 0 else body


def _pair_joined(match: re.Match[bytes]) -> bytes:
    """Return references to the two halves of a UTF-16 pair as the one that they mean."""
    high, low = int(match[1]), int(match[2])
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return match[0]


def _without_half(match: re.Match[bytes]) -> bytes:
    """Return nothing for a reference to half a pair: the parser would make bytes of no text."""
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
        recover=True,  # stray "&" in links and unclosed tails are common
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
    if b"\0" in body[:_HEAD]:  # UTF-16 of plain letters is valid UTF-8 too
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Return a sitemap that is itself a gzip file unpacked, up to one byte over the bound.

    True where its end is missing or broken: what can be unpacked comes all the same.
    """
    if not body.startswith(_GZIP):
        return body, False
    whole = bytearray()
    while body.startswith(_GZIP) and len(whole) <= limit:  # its members, one after the other
        member = zlib.decompressobj(_AS_GZIP)
        try:
            whole += member.decompress(body, limit + 1 - len(whole))
        except zlib.error:
            return bytes(whole + _salvaged(body, limit + 1 - len(whole))), True
        if not member.eof:
            return bytes(whole), len(whole) <= limit
        body = member.unused_data
    return bytes(whole), False


def _salvaged(body: bytes, limit: int) -> bytes:
    """Return what a broken gzip member holds before its fault."""
    member, whole = zlib.decompressobj(_AS_GZIP), bytearray()
    with suppress(zlib.error):
        for start in range(0, len(body), _PIECE):
            whole += member.decompress(body[start : start + _PIECE], max(1, limit - len(whole)))
            if len(whole) >= limit:
                break
    return bytes(whole)


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace or prefix, in lower case.

    The parser leaves a prefix that nobody declared in the name, which is then no valid one.
    """
    try:
        tag = element.tag
    except UnicodeDecodeError:  # a recovering parser lets bytes of no text into a name
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def child_text(element: etree._Element, *names: str) -> str | None:
    """Return the stripped text of the first child, by order of `names`, that has one."""
    for name in names:
        for child in element:
            if local_name(child) == name:
                text = "".join(str(part) for part in child.itertext()).strip()
                if text:
                    return text
    return None
