"""Ad hoc outlets: sites without an outlet file, read with the generic family. Pure."""

import re
from collections.abc import Collection

from crawler.families import GENERIC
from crawler.outlets.model import Domain, Outlet, Section
from crawler.page.urls import bare_host, host_of
from storage.errors import UsageError

_SUFFIX = re.compile(r"(?:\.(?:com|net|org|gov|edu|info))?\.(?:vn|com|net|org|info)$")
_IS_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+")


def is_address(text: str) -> bool:
    """Return whether a text is a URL rather than an outlet's slug."""
    return text.startswith(("http://", "https://"))


def outlet_of_site(url: str, taken: Collection[str] = ()) -> Outlet:
    """Return an outlet for the site of a URL, with a slug made from the host.

    taken: slugs of the outlets that have files. Raises UsageError if the URL is not http(s), or
    its host is not a public domain name.
    """
    host = bare_host(host_of(url) or "")
    if not is_address(url) or not _IS_NAME.fullmatch(host):
        raise UsageError(f"{url!r}: expected an address of a site, such as https://baothu.vn/")
    return Outlet(
        slug=slug_of_host(host, taken),
        name=host,
        family=GENERIC.name,
        domains=(Domain(host=host),),
        sections=(Section(slug="front", name=host, path="/"),),
        confidence="low",
    )


def slug_of_host(host: str, taken: Collection[str] = ()) -> str:
    """Return "xa-hoi-baothu" for "xa-hoi.baothu.com.vn"; the whole host if that is taken."""
    bare = bare_host(host)
    short = _dashed(_SUFFIX.sub("", bare))
    return _dashed(bare) if not short or short in taken else short


def _dashed(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")
