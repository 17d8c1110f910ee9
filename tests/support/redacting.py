"""Helpers for tests of takedowns."""

import gzip
from pathlib import Path

SECRET = "Chuyện riêng của một người"


def texts_in(captures: Path) -> str:
    """Return the text of all WARC files below a folder."""
    files = sorted(captures.rglob("*.warc.gz"))
    return "".join(gzip.decompress(path.read_bytes()).decode() for path in files)
