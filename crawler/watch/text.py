"""A digest as plain text. Pure."""

from collections.abc import Iterator, Sequence

from crawler.watch.digest import DigestPage, Entry, Section, one_line
from crawler.watch.quotes import Span

_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}")}


def text_of(page: DigestPage) -> str:
    """Return the digest as text, with a newline at its end."""
    parts = [*page.notes, page.intro]
    for section in page.sections:
        parts += _section(section)
    parts += ["—\n" + "\n".join((*page.trust, page.footer))]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"{section.heading.upper()}"
    for entry in section.entries:
        yield "\n".join(_entry(entry))
    if section.rest:
        yield section.rest


def _entry(entry: Entry) -> Iterator[str]:
    yield f"* {entry.title}"
    yield f"  {' · '.join(entry.facts)}"
    for line in entry.lines:
        yield f"  > {spans_text(line)}"
    if entry.url:
        yield f"  {entry.url}"
    for name, url in entry.links:
        yield f"  {name}: {url}"


def spans_text(line: Sequence[Span]) -> str:
    """Return a line, with removed and added words between marks."""
    parts = []
    for span in line:
        start, end = _MARKS.get(span.style, ("", ""))
        inner = span.text.strip() if start else span.text
        parts.append(span.text.replace(inner, f"{start}{inner}{end}", 1) if inner else span.text)
    return one_line("".join(parts))
