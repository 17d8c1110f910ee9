"""The reader with one filled archive per database, which no test changes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.reading import Desk, filled, opened


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def filled_archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, int]]:
    """Return the URL of a filled archive, its captures' folder, and its articles' ids."""
    folder = tmp_path_factory.mktemp("reader")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "tinquan.db")
        url = f"sqlite:///{folder / 'tinquan.db'}"
    else:
        make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
        url = make(request.getfixturevalue("postgresql_template"))
    captures = folder / "captures"
    return url, captures, filled(url, captures)


@pytest.fixture(scope="session")
def desk(filled_archive: tuple[str, Path, dict[str, int]]) -> Iterator[Desk]:
    """Yield the reader."""
    found = opened(*filled_archive)
    yield found
    found.reader.archive.close()
