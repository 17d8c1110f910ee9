"""What every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.archive import Archive, open_archive

pytest_plugins = ["tests.databases"]


@pytest.fixture
def sqlite_archive(tmp_path: Path) -> Iterator[Archive]:
    """Yield an empty archive in a file."""
    with open_archive(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        yield archive
