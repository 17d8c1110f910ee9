"""Canonical URLs, and outlets' own ids in URLs. Pure; nothing here raises."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from crawler.families.base import Family

_TRACKING = frozenset(
    ("fbclid", "gclid", "dclid", "zarsrc", "mibextid", "igshid", "gidzl", "vn_source",
     "vn_medium", "vn_campaign", "_gl")
)  # fmt: skip
_COPY_HOSTS = ("www.", "m.", "amp.")
_DEFAULT_PORTS = {None, 80, 443}


def canonical_url(url: str) -> str:
    """Return the canonical form under which a URL is stored: https, no fragment, no tracking.

    Hosts lose "www.", "m.", "amp.", user names and default ports; a path keeps its case, its
    trailing slash and a "&" without "?" (MasterCMS paginates sections that way). A text that is not
    a web URL is only stripped.
    """
    url = url.strip()
    try:
        parts = urlsplit(f"https:{url}" if url.startswith("//") else url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return url
        tracking = [name for name, _ in parse_qsl(parts.query, True) if _is_tracking(name)]
        cleaned = url_query_cleaner(parts.geturl(), tracking, remove=True, keep_fragments=False)
        clean = urlsplit(canonicalize_url(cleaned))
        host = bare_host(clean.hostname or "")
        port = "" if clean.port in _DEFAULT_PORTS else f":{clean.port}"
    except ValueError:  # malformed hosts and ports, text that cannot be encoded
        return url
    if not host:
        return url
    host = f"[{host}]" if ":" in host else host
    return urlunsplit(("https", host + port, clean.path or "/", clean.query, ""))


def _is_tracking(name: str) -> bool:
    return name in _TRACKING or name.startswith("utm_")


def bare_host(host: str) -> str:
    """Return a host in lower case without a final dot and "www.", "m." or "amp."."""
    host = host.lower().rstrip(".")
    while prefix := next((p for p in _COPY_HOSTS if host.startswith(p)), None):
        rest = host.removeprefix(prefix)
        if "." not in rest:  # "m.vn" is a host name itself
            break
        host = rest
    return host


def on_own_host(url: str, host: str) -> str:
    """Return a canonical URL with the host as its outlet writes it ("www." …)."""
    parts = urlsplit(url)
    if parts.hostname != bare_host(host) or parts.netloc != parts.hostname:
        return url
    return urlunsplit(parts._replace(netloc=host))


def host_of(url: str) -> str | None:
    """Return a URL's host in lower case, or None if it has none."""
    try:
        return urlsplit(url).hostname or None
    except ValueError:
        return None


def has_usual_port(url: str) -> bool:
    """True if a URL has no port, or the default one of http or https."""
    try:
        return urlsplit(url).port in _DEFAULT_PORTS
    except ValueError:
        return False


def is_on(url: str, hosts: Iterable[str]) -> bool:
    """True if a web URL is on one of `hosts`, or on its www., m. or amp. variant."""
    host = host_of(url)
    if host is None or not url.startswith(("http://", "https://")) or not has_usual_port(url):
        return False
    return bare_host(host) in {bare_host(known) for known in hosts}


def absolute_url(base: str, href: str) -> str | None:
    """Return `href`, resolved against the URL `base`, without its fragment.

    None if the result is not an http or https URL (javascript:, mailto:, junk).
    """
    try:
        parts = urlsplit(urljoin(base, href.strip()))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        _ = parts.port  # raises ValueError for an invalid port
    except ValueError:
        return None
    return urlunsplit(parts._replace(fragment=""))


def article_id(url: str, family: Family) -> str | None:
    """Return the outlet's own id in an article's URL, or None if the URL is not an article's."""
    try:
        plain = urlunsplit(urlsplit(url.strip())._replace(query="", fragment=""))
    except ValueError:
        return None
    if any(other.url.search(url) for other in family.others):
        return None
    match = family.article_url.search(plain)
    return match["id"] if match else None


def article_key(url: str, family: Family) -> str:
    """Return the key of an article within its outlet: the outlet's own id, else the canonical URL.

    AMP, mobile and share copies, and URLs with a changed slug, have the same id.
    """
    return article_id(url, family) or canonical_url(url)
