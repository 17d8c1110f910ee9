"""Build the demo's recordings: `python -m tests.recordings.build`.

Writes docs/demo/morning.warc.gz and evening.warc.gz, and expected.json beside this file.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, zip_longest
from typing import Any

from tests.recordings import epi, epi_pages, mastercms
from tests.recordings.exchange import Exchange
from tests.recordings.expected import expected_of
from tests.recordings.pages import HERE, ROOT
from tests.recordings.stories import Session
from tests.recordings.warc import write_session

DEMO = ROOT / "docs" / "demo"
EXPECTED = HERE / "expected.json"
SESSIONS = (
    Session("morning", 0, datetime(2026, 9, 14, 0, 30, tzinfo=UTC)),  # 07:30 in Hà Nội
    Session("evening", 1, datetime(2026, 9, 14, 11, 30, tzinfo=UTC)),  # 18:30
)


def exchanges_of(session: Session) -> Iterator[Exchange]:
    """Yield both outlets' exchanges in turn, as two crawls at the same time make them."""
    crawls = (epi.exchanges(epi_pages.load(session)), mastercms.exchanges(mastercms.load(session)))
    for exchange in chain.from_iterable(zip_longest(*crawls)):
        if exchange is not None:
            yield exchange


def build_warc(session: Session) -> bytes:
    """Return a session's WARC file."""
    return write_session(exchanges_of(session), session, f"{session.name}.warc.gz")


def build_expected() -> str:
    """Return, as JSON, what must come out of each session's recording."""
    sessions: dict[str, dict[str, Any]] = {}
    for session in SESSIONS:
        merged: dict[str, dict[str, Any]] = {}
        for site in (epi_pages.load(session), mastercms.load(session)):
            for name, values in expected_of(site).items():
                merged[name] = merged.get(name, {}) | values
        sessions[session.name] = {"warc": f"{session.name}.warc.gz"} | merged
    return json.dumps(sessions, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write both WARC files and the expectations to their places in the repository."""
    for session in SESSIONS:
        (DEMO / f"{session.name}.warc.gz").write_bytes(build_warc(session))
    EXPECTED.write_text(build_expected(), encoding="utf-8")


if __name__ == "__main__":
    main()
