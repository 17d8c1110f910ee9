"""The data that pages read: the archive, the gazetteer, outlets and captures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from crawler.capture.objects.files import CaptureFiles
from crawler.outlets.model import Outlet
from crawler.places import Gazetteer
from crawler.web.shapes import Outlines
from storage.archive import Archive

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Reader:
    """Everything that pages read. Immutable, and shared by threads.

    archive: opened read-only, with a time limit. outlets: those that have files, by slug.
    captures: where WARC files are. faults: returns one line for each current problem, for
    monitors. outlines: of today's communes; None if there are none.
    base_url: the public URL behind a proxy; "" if only this machine reaches it.
    contact: the authority of feeds' tag URIs.
    """

    archive: Archive
    gazetteer: Gazetteer
    outlets: Mapping[str, Outlet]
    captures: CaptureFiles
    now: Callable[[], datetime]
    faults: Callable[[], list[str]] = field(default=list)
    outlines: Outlines | None = None
    base_url: str = ""
    contact: str = ""

    def outlet_name(self, slug: str) -> str:
        """Return an outlet's name; its slug if it has no file."""
        outlet = self.outlets.get(slug)
        return outlet.name if outlet else slug

    @property
    def prefix(self) -> str:
        """The path prefix of all pages: "", or such as "/tin"."""
        return urlsplit(self.base_url).path.rstrip("/")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The allowed names in the Host header, against DNS rebinding."""
        named = urlsplit(self.base_url).hostname
        return (*LOOPBACK, *([named] if named else []))
