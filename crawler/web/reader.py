"""What the pages read from: the archive, the gazetteer, the outlets' names, the captures."""

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
    """Everything that a page may ask. Shared by threads; nothing in it changes.

    archive: opened read-only, with a limit of time. outlets: those that have files, by slug.
    captures: where WARC files are. faults: says in one line each what is wrong now, for
    monitors. outlines: of today's communes; None where they are not there.
    base_url: the address by which people reach it through a proxy; "" on the own machine alone.
    contact: whose feeds they are.
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
        """Return what an outlet calls itself; its slug where it has no file."""
        outlet = self.outlets.get(slug)
        return outlet.name if outlet else slug

    @property
    def prefix(self) -> str:
        """The path below which the reader lies: "" or such as "/tin"."""
        return urlsplit(self.base_url).path.rstrip("/")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts by which it may be asked; another site's name that leads here is refused."""
        named = urlsplit(self.base_url).hostname
        return (*LOOPBACK, *([named] if named else []))
