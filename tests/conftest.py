"""Fixtures that all tests share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage.archive import Archive, open_archive
from tests.support.site import LocalSite
from tests.support.sites import HOSTS, Desk
from tests.support.warm import forking

pytest_plugins = [
    "tests.support.places",
    "tests.support.databases",
    "tests.support.commands",
    "tests.support.object_store",
]

# The same examples on every machine, without a time limit: a failing test is always a defect.
settings.register_profile("tinquan", derandomize=True, deadline=None)
settings.load_profile("tinquan")


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate the tests from the configuration and archive of the user who runs them."""
    file = tmp_path_factory.mktemp("configuration") / "tinquan.toml"
    file.write_text('contact = "https://example.org/tests"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINQUAN_CONFIG", str(file))
        patch.delenv("TINQUAN_ARCHIVE", raising=False)
        yield


@pytest.fixture
def sqlite_archive(tmp_path: Path, sqlite_template: Path) -> Iterator[Archive]:
    """Yield an empty SQLite archive."""
    shutil.copy(sqlite_template, tmp_path / "archive.db")
    with open_archive(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        yield archive


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LocalSite]:
    """Yield an empty site for the hosts of the seed outlets."""
    with LocalSite(tmp_path, HOSTS) as site:
        yield site


@pytest.fixture
def desk(tmp_path: Path, site: LocalSite, crawled_template: Path) -> Desk:
    """Return a folder from which to crawl the site; its archive has the shipped gazetteer."""
    shutil.copy(crawled_template, tmp_path / "tinquan.db")
    return Desk(tmp_path, site)


@pytest.fixture
def warm() -> Iterator[None]:
    """Make `crawler.jobs` fork every process of a test from one warm parent."""
    with forking():
        yield
