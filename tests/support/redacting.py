"""What is taken down in tests, and what recordings still say."""

import gzip
from pathlib import Path

SECRET = "Chuyện riêng của một người"


def texts_in(captures: Path) -> str:
    """Return all that stands in the WARC files below a folder."""
    files = sorted(captures.rglob("*.warc.gz"))
    return "".join(gzip.decompress(path.read_bytes()).decode() for path in files)
