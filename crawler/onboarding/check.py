"""Checks of outlet files that parse: of their selectors and URLs, and of files with each other.

Pure, and without a network: `tinquan outlets check` reports all problems at once.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.outlets.model import Outlet
from crawler.page.urls import bare_host, host_of, is_on

_ANY = {"path": "/x", "zone": 1, "page": 1, "last": "1"}


def problems(outlets: Mapping[str, Outlet]) -> dict[str, list[str]]:
    """Return the problems of each outlet, by slug; an empty list if there are none."""
    return {slug: [*_problems(outlet, outlets)] for slug, outlet in outlets.items()}


def _problems(outlet: Outlet, outlets: Mapping[str, Outlet]) -> Iterator[str]:
    yield from _shared_hosts(outlet, outlets)
    yield from _outside(outlet)
    yield from _broken_selectors(outlet)
    merged = outlet.merged
    if merged and (merged.into == outlet.slug or merged.into not in outlets):
        yield f"merged.into: {merged.into!r} is not another outlet of this folder"


def _shared_hosts(outlet: Outlet, outlets: Mapping[str, Outlet]) -> Iterator[str]:
    own = {bare_host(host) for host in outlet.hosts}
    for other in outlets.values():
        if other.slug != outlet.slug:
            for host in sorted(own & {bare_host(host) for host in other.hosts}):
                yield f"domains: {host} is {other.slug}'s too; expected one outlet per host"


def _outside(outlet: Outlet) -> Iterator[str]:
    """Yield problems of URLs that are on another site."""
    home = f"https://{outlet.host}/"
    hosts = ", ".join(outlet.hosts)
    for section in outlet.sections:
        for key, value in (("path", section.path), ("feed", section.feed)):
            if value and not is_on(urljoin(home, value), outlet.hosts):
                yield f"sections.{section.slug}.{key}: {value!r} is on none of: {hosts}"
    for name, rule in [("paging", outlet.paging)] + [
        (f"sections.{section.slug}.paging", section.paging) for section in outlet.sections
    ]:
        host = rule and host_of(
            rule.template.format_map(_ANY | {"host": outlet.host, "site": bare_host(outlet.host)})
        )
        if rule and not (host and _is_ours(host, outlet)):
            yield f"{name}.template: {rule.template!r} is on none of: {hosts}"


def _is_ours(host: str, outlet: Outlet) -> bool:
    """Return whether a host is the outlet's, or a subdomain of one: ePi's API is on `api.`."""
    return any(f".{host}".endswith(f".{bare_host(own)}") for own in outlet.hosts)


def _broken_selectors(outlet: Outlet) -> Iterator[str]:
    tree = LexborHTMLParser("<p></p>")
    for key, chain in outlet.overrides.model_dump().items():
        for selector in chain:
            try:
                tree.css(selector)
            except SelectolaxError:
                yield f"overrides.{key}: {selector!r} is not a CSS selector"
