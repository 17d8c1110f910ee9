"""The data that pages read: the archive, the gazetteer, outlets and captures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.capture.objects.files import CaptureFiles
from crawler.config.config import Config
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, load_outlet_folders
from crawler.places import Gazetteer, load_gazetteer
from crawler.shipped import shipped
from crawler.web.faults import Faults
from crawler.web.shapes import Outlines, load_outlines
from storage.archive import Archive, open_archive

QUERY_SECONDS = 3.0
"""How long one query of a page may take."""

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


def open_reader(settings: Config, base_url: str) -> Reader:
    """Open what pages are made from; the caller closes its archive.

    Raises ArchiveError, ConfigError, SchemaError and UsageError.
    """
    known = load_outlet_folders(settings.outlet_folders, FAMILY_NAMES)
    gazetteer = load_gazetteer(settings.gazetteer)
    outlines = load_outlines(shipped("map"))
    archive = open_archive(
        settings.archive, create=False, read_only=True, query_seconds=QUERY_SECONDS
    )
    return Reader(
        archive=archive,
        gazetteer=gazetteer,
        outlets=known,
        captures=CaptureFiles(settings.captures, settings.object_store),
        now=lambda: datetime.now(UTC),
        faults=Faults(archive, settings, known),
        outlines=outlines,
        base_url=base_url,
        contact=settings.contact,
    )
