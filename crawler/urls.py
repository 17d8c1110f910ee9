"""One address for one article: canonical URLs and the outlet's own ids. Pure."""

from urllib.parse import urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from crawler.families.base import Family

_TRACKING = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "fbclid",
    "gclid",
    "dclid",
    "zarsrc",
    "mibextid",
    "igshid",
    "gidzl",
    "vn_source",
    "vn_medium",
    "vn_campaign",
    "_gl",
)
_COPY_HOSTS = ("www.", "m.", "amp.")


def canonical_url(url: str) -> str:
    """Return the one form under which a URL is stored: https, no fragment, no tracking.

    Hosts lose "www.", "m." and "amp."; a path keeps its case, its slash and a "&" without "?"
    (MasterCMS pages sections that way).
    """
    cleaned = url_query_cleaner(url, _TRACKING, remove=True, keep_fragments=False)
    parts = urlsplit(canonicalize_url(cleaned))
    host = parts.netloc.lower().removesuffix(":80").removesuffix(":443")
    for prefix in _COPY_HOSTS:
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
    return urlunsplit(("https", host, parts.path or "/", parts.query, ""))


def article_id(url: str, family: Family) -> str | None:
    """Return the outlet's own id in an article's URL, or None where the URL is no article's."""
    if family.not_article_url and family.not_article_url.search(url):
        return None
    match = family.article_url.search(urlunsplit(urlsplit(url)._replace(query="", fragment="")))
    return match["id"] if match else None
