"""The addresses of a section's further pages. Pure."""

import re

from crawler.families.base import Family, Paging
from crawler.outlets.model import Outlet, Section
from crawler.page.urls import bare_host

_ENDING = re.compile(r"(?:/|\.html?|\.chn)$")
_FIELD = re.compile(r"\{(\w+)\}")


def paging_of(outlet: Outlet, section: Section, family: Family) -> Paging | None:
    """Return a section's paging: its own rule, else its outlet's, else its family's."""
    rule = section.paging or outlet.paging
    if rule is None:
        return family.paging
    return Paging(rule.template, rule.first, rule.step, rule.form)


def page_url(
    paging: Paging, outlet: Outlet, section: Section, page: int, zone: int | None, last: str | None
) -> str | None:
    """Return the address of a section's further page, None if a field of its template is unknown.

    page: the value of {page}. zone: as the section's page gives it; the outlet file's has
    precedence. last: the id of the last article on the page before.
    """
    zone = section.zone or zone
    path = _ENDING.sub("", section.path) if section.path else None
    site = bare_host(outlet.host)
    fields = {
        "host": outlet.host,
        "site": site,
        "path": path,
        "zone": zone,
        "page": page,
        "last": last,
    }
    if any(fields.get(name) is None for name in _FIELD.findall(paging.template)):
        return None
    return paging.template.format(**fields)
