"""A file that is there whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from storage.errors import ExportError


def put_file(path: Path, data: bytes) -> bool:
    """Replace a file where it holds something else; return whether it did. Raises ExportError."""
    with suppress(OSError):
        if path.read_bytes() == data:
            return False
    replace_file(path, data)
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in place of the one that is there. Raises ExportError; that one then stays."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        said = error.strerror or str(error)
        raise ExportError(
            f"{path}: cannot be written: {said}; check its folder and space"
        ) from None
