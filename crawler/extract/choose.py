"""Which family and layout a page is read with. Pure."""

from dataclasses import dataclass, replace
from datetime import date

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.container import find_container, find_empty, guess_container
from crawler.extract.scope import ScopedSelector, article_scope, whole_page
from crawler.families import FAMILIES, GENERIC
from crawler.families.base import Family, Layout
from crawler.outlets.model import Outlet, Overrides

_MARKS = {family.name: [m.encode() for m in family.marks] for family in FAMILIES.values()}


@dataclass(frozen=True, slots=True)
class PageReading:
    """How a page is read.

    container: the element that holds the text, None where nothing on the page does.
    select: finds the fields around it.
    """

    family: Family
    layout: Layout
    container: LexborNode | None
    select: ScopedSelector
    notes: tuple[str, ...] = ()
    # True where the family's own selectors found the container: then it is an article's page.
    is_certain: bool = True


def choose_reading(
    data: bytes,
    tree: LexborHTMLParser,
    outlet: Outlet | None,
    host: str,
    day: date,
    lead: str = "",
    left_out: frozenset[str] = frozenset(),
) -> PageReading:
    """Return how to read a page: by the outlet's family, else by the marks on it, else generic.

    Outlets change family; a page whose container is another family's is read with that one,
    and the reading says so. lead: the head's description. left_out: names of families that are
    not tried, for benchmarks.
    """
    named = outlet.family_on(day) if outlet else ""
    configured = None if named in left_out else FAMILIES.get(named)
    for family in _order(configured, host):
        if family.name in left_out or not _may_be(family, configured, host, data):
            continue
        overrides = outlet.overrides if outlet and family is configured else None
        for layout in _layouts(family, overrides, day):
            container = find_container(tree, layout.body)
            if container is not None:
                notes = (*_changed(configured, family), *_expired(layout, day))
                return PageReading(family, layout, container, whole_page(tree), notes)
        if (
            family is configured
            and family.layouts
            and (shell := find_empty(tree, family.layouts[0].body))
        ):
            # Else the generic reading would take menus and teasers for the text.
            return PageReading(family, family.layouts[0], shell, whole_page(tree))
    is_own = configured is GENERIC or (configured is not None and not configured.layouts)
    return _generic(tree, outlet if is_own else None, configured, lead)


def _order(configured: Family | None, host: str) -> list[Family]:
    """Return the families to try: the outlet's, those of its host, then all others."""
    known = [family for family in FAMILIES.values() if family is not GENERIC]
    return sorted(known, key=lambda family: (family is not configured, not _is_home(family, host)))


def _is_home(family: Family, host: str) -> bool:
    return host.endswith((*family.hosts, *family.shared_by))


def _may_be(family: Family, configured: Family | None, host: str, data: bytes) -> bool:
    """True where a page carries a family's mark; a CMS of one outlet alone stands on its hosts."""
    at_home = family is configured or not family.hosts or host.endswith(family.hosts)
    return at_home and any(mark in data for mark in _MARKS[family.name])


def _generic(
    tree: LexborHTMLParser, outlet: Outlet | None, configured: Family | None, lead: str
) -> PageReading:
    layout = _with_overrides(GENERIC.layouts[0], outlet.overrides if outlet else None)
    guessed = guess_container(tree, lead)
    named = find_container(tree, layout.body)
    container = _inner(named, guessed)
    select = article_scope(tree, container)
    notes = _changed(configured, GENERIC)
    return PageReading(GENERIC, layout, container, select, notes, is_certain=False)


def _inner(named: LexborNode | None, guessed: LexborNode | None) -> LexborNode | None:
    """Return the named container if it holds the guessed one's text, else the guessed one."""
    if named is None or guessed is None:
        return named or guessed
    inside, whole = len(named.text(deep=True)), len(guessed.text(deep=True))
    return named if inside >= 0.7 * whole else guessed


def _layouts(family: Family, overrides: Overrides | None, day: date) -> list[Layout]:
    """Return a family's layouts, those valid on the day of the capture first."""
    valid = [layout for layout in family.layouts if _is_valid(layout, day)]
    others = [layout for layout in family.layouts if layout not in valid]
    return [_with_overrides(layout, overrides) for layout in (*valid, *others)]


def _is_valid(layout: Layout, day: date) -> bool:
    after = layout.valid_from is None or day >= layout.valid_from
    return after and (layout.valid_to is None or day < layout.valid_to)


def _with_overrides(layout: Layout, overrides: Overrides | None) -> Layout:
    """Return a layout with an outlet's own selectors before the family's."""
    if overrides is None:
        return layout
    return replace(
        layout,
        title=(*overrides.title, *layout.title),
        sapo=(*overrides.sapo, *layout.sapo),
        body=(*overrides.body, *layout.body),
        author=(*overrides.author, *layout.author),
        time=(*overrides.time, *layout.time),
        section=(*overrides.section, *layout.section),
        tags=(*overrides.tags, *layout.tags),
        caption=(*overrides.caption, *layout.caption),
        drop=(*overrides.drop, *layout.drop),
    )


def _expired(layout: Layout, day: date) -> tuple[str, ...]:
    return () if _is_valid(layout, day) else (f"layout: {layout.name} is read outside its period",)


def _changed(configured: Family | None, family: Family) -> tuple[str, ...]:
    if configured is None or configured is family or not configured.layouts:
        return ()
    return (f"family: configured {configured.name}, read as {family.name}",)
