"""One process of the server that `tinquan serve` runs."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import parent_process
from threading import Thread

from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE, Config

from crawler.capture.objects.files import CaptureFiles
from crawler.config.config import Config as Settings
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlet_folders
from crawler.places import load_gazetteer
from crawler.shipped import shipped
from crawler.web.app import create_app, warm
from crawler.web.faults import Faults
from crawler.web.reader import Reader
from crawler.web.shapes import load_outlines
from storage.archive import open_archive
from storage.errors import TinquanError

_log = logging.getLogger(__name__)
QUERY_SECONDS = 3.0
"""How long one query of a page may take."""

_HEALTHCHECK_SECONDS = 60  # a busy machine takes more than uvicorn's 5 to start a worker


def server_config(app: Callable[[], Starlette], workers: int) -> Config:
    """Return how uvicorn serves an app that each worker process makes for itself."""
    return Config(
        app,
        factory=True,
        workers=workers,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        timeout_worker_healthcheck=_HEALTHCHECK_SECONDS,
    )


def open_reader(settings: Settings, base_url: str) -> Reader:
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


def worker_app(settings: Settings, base_url: str) -> Starlette:
    """Return the app of a worker process, which stops with the process that started it.

    An archive that can no longer be opened ends the process with STARTUP_FAILURE.
    """
    stop_with_parent()
    try:
        reader = open_reader(settings, base_url)
    except TinquanError as error:
        _log.error("tinquan: %s", error)
        sys.exit(STARTUP_FAILURE)
    warm(reader)
    return create_app(reader, on_stop=reader.archive.close)


def stop_with_parent() -> None:
    """Stop this process when its parent is killed: orphans would go on serving the port."""
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=follow, daemon=True).start()
