"""A digest as HTML for mail, without pictures, scripts or external resources. Pure.

The document is built as a tree and serialized, so that no text of an article can become markup.
"""

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from crawler.watch.digest import DigestPage, Entry, Section, visible
from crawler.watch.quotes import Span

_QUIET = "color:#555;font-size:90%"
_TAGS = {"found": "mark", "removed": "del", "added": "ins"}


def html_of(page: DigestPage) -> str:
    """Return the digest as an HTML document."""
    parts = [
        *(_made("p", _made("strong", note)) for note in page.notes),
        _made("p", page.intro, style=_QUIET),
        *(part for section in page.sections for part in _section(section)),
        _made("hr"),
        *(_made("p", line, style=_QUIET) for line in (*page.trust, page.footer)),
    ]
    body = _made("body", *parts, style="font-family:sans-serif;max-width:42em")
    head = _made("head", _made("meta", charset="utf-8"), _made("title", page.subject))
    return "<!DOCTYPE html>\n" + _text(_made("html", head, body, lang=page.language))


def entry_html(entry: Entry) -> str:
    """Return one entry, without its title, as an HTML fragment."""
    return _text(_made("div", *_details(entry)))


def _section(section: Section) -> Iterable[ET.Element]:
    yield _made("h2", section.heading)
    for entry in section.entries:
        title = _made("a", entry.title, href=entry.url) if entry.url else entry.title
        parts = [_made("h3", title, style="margin-bottom:0"), *_details(entry)]
        # As text too: the plain-text part of a mail is made from the texts alone.
        address = [_made("p", entry.url, style=_QUIET)] if entry.url else []
        yield _made("div", *parts, *address)
    if section.rest:
        yield _made("p", section.rest)


def _details(entry: Entry) -> Iterable[ET.Element]:
    yield _made("p", " · ".join(entry.facts), style=_QUIET)
    for line in entry.lines:
        yield _made("blockquote", *_spans(line))
    for name, url in entry.links:
        yield _made("p", f"{name}: ", _made("a", url, href=url), style=_QUIET)


def _spans(line: Sequence[Span]) -> Iterable[ET.Element | str]:
    for span in line:
        yield _made(_TAGS[span.style], span.text) if span.style in _TAGS else span.text


def _made(tag: str, *children: ET.Element | str, **attributes: str) -> ET.Element:
    """Return an element with its children; a text becomes the tail of the element before it."""
    element = ET.Element(tag, {name: visible(value) for name, value in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            element.append(child)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + visible(child)
        else:
            element.text = (element.text or "") + visible(child)
    return element


def _text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode", method="html")
