"""Scrapy's spider loader: one spider class for each outlet file."""

from pathlib import Path
from typing import Self

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.outlets.adhoc import outlet_of_site
from crawler.outlets.model import Outlet, load_outlet_folders, outlet_of_host
from crawler.page.urls import bare_host, host_of

Names = list[str]  # inside the class below, `list` is Scrapy's name for a method


class OutletLoader:
    """Scrapy's spider loader over folders of outlet files (setting TINQUAN_OUTLETS)."""

    def __init__(self, outlets: dict[str, Outlet]):
        self._outlets = outlets

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Read the outlet files, and add the ad hoc outlet of setting TINQUAN_SITE, if any.

        Raises ConfigError that names file and key.
        """
        folders = [Path(folder) for folder in settings.getlist("TINQUAN_OUTLETS")]
        outlets = load_outlet_folders(folders, FAMILY_NAMES)
        if site := settings.get("TINQUAN_SITE"):
            adhoc = outlet_of_site(site, outlets)
            outlets[adhoc.slug] = adhoc
        return cls(outlets)

    def list(self) -> Names:
        """Return the outlets' slugs."""
        return list(self._outlets)

    def load(self, spider_name: str) -> type[Spider]:
        """Return the spider class of one outlet. Raises KeyError if there is no such outlet."""
        try:
            outlet = self._outlets[spider_name]
        except KeyError:
            known = ", ".join(self._outlets) or "none"
            raise KeyError(f"no outlet {spider_name!r}; there are: {known}") from None
        attributes = {
            "name": outlet.slug,
            "outlet": outlet,
            "family": FAMILIES[outlet.family],
            "allowed_domains": [
                *outlet.hosts,
                *(f"api.{bare_host(host)}" for host in outlet.hosts),
            ],
        }
        return type(outlet.slug, (OutletSpider,), attributes)

    def find_by_request(self, request: Request) -> Names:
        """Return the slug of the outlet that publishes on the request's host; [] if none does."""
        outlet = outlet_of_host(self._outlets, host_of(request.url) or "")
        return [outlet.slug] if outlet else []
