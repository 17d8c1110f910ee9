"""Files that must outlive a power cut."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """See that a file, or the names in a folder, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
