"""The captures folder: which WARC files lie in it, and the archive's list of them."""

from collections.abc import Iterator
from pathlib import Path

WARC_SUFFIXES = (".warc.gz", ".warc")


def warc_paths(captures: Path) -> Iterator[Path]:
    """Yield the WARC files below the captures folder, in the order of their names."""
    if captures.is_dir():
        yield from (
            path
            for path in sorted(captures.rglob("*"))
            if path.name.endswith(WARC_SUFFIXES) and path.is_file()
        )


def folder_size(captures: Path) -> tuple[int, int]:
    """Return how many WARC files there are, and how many bytes they take."""
    sizes = [path.stat().st_size for path in warc_paths(captures)]
    return len(sizes), sum(sizes)
