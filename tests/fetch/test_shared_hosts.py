"""One archive on a server, crawled from several machines: each a folder of captures of its own."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.capture.hold import hold_host
from storage.archive import open_archive
from storage.model.runs import Outcome
from storage.model.schedule import host_lock
from tests.support.commands import Tinquan
from tests.support.databases import run_sql
from tests.support.samples import article, capture, run
from tests.support.site import Answer, LocalSite
from tests.support.sites import PAGE, SECTION, Desk, epi_site, wait_for


@pytest.fixture
def url(new_postgresql: Callable[[str], str], postgresql_template: str) -> str:
    return new_postgresql(postgresql_template)


def on_machine(name: str, desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the settings of a crawl on a machine of that name."""
    monkeypatch.setenv("TINQUAN_MACHINE", name)
    return {"TINQUAN_ARCHIVE": url, "TINQUAN_CAPTURES": str(desk.folder / name)}


@pytest.mark.slow
def test_a_host_is_crawled_by_one_machine_only(
    desk: Desk, site: LocalSite, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    epi_site(site)
    site.routes[PAGE] = Answer("x" * 1000, drip=0.2)
    there = on_machine("may-mot", desk, url, monkeypatch)
    process = desk.start("tienphong", SECTION, TINQUAN_RUN_ID="first", **there)
    wait_for(lambda: PAGE in site.asked)
    asked = len(site.asked)
    here = on_machine("may-hai", desk, url, monkeypatch)
    code, errors = desk.crawl("tienphong", SECTION, TINQUAN_RUN_ID="second", **here)
    assert code == 1
    assert "tienphong.vn: is being crawled by run first on may-mot; wait for its end" in errors
    assert len(site.asked) == asked
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    with open_archive(url) as archive:
        wait_for(lambda: archive.locks.holder(host_lock("tienphong.vn")) is None)
        assert archive.runs.get("second").outcome is Outcome.FAILED


@pytest.mark.slow
def test_a_crawl_that_lost_its_connection_ends_itself_and_says_so(
    desk: Desk, site: LocalSite, url: str, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    epi_site(site)
    site.routes[PAGE] = Answer("x" * 1000, drip=0.2)
    settings = on_machine("may-mot", desk, url, monkeypatch)
    process = desk.start("tienphong", SECTION, TINQUAN_RUN_ID="first", **settings)
    wait_for(lambda: PAGE in site.asked)
    began = time.monotonic()
    run_sql(
        postgresql,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE 'tinquan run first%'",
    )
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert time.monotonic() - began < 30
    assert process.returncode == 1
    assert "tienphong.vn: lost its lock on the host" in errors.splitlines()[-1]
    with open_archive(url) as archive:
        ended = archive.runs.get("first")
        assert ended.outcome is Outcome.STOPPED
        assert "lost its lock" in (ended.error or "")
        assert not list(archive.captures.warc_files()), "the next crawl reads them back"


def test_a_takedown_refuses_while_another_machine_crawls_the_host(
    tmp_path: Path, url: str, tinquan: Tinquan
) -> None:
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "baothu.toml").write_text(
        'name = "Báo Thử"\nfamily = "epi"\n[[domains]]\nhost = "baothu.vn"\n'
        '[[sections]]\nslug = "a"\nname = "A"\npath = "/a/"\n'
    )
    config = tmp_path / "tinquan.toml"
    config.write_text(
        f'contact = "toa-soan@example.org"\nshipped_outlets = false\narchive = "{url}"\n'
    )
    asked = ("archive", "redact", "1", "--reason", "x", "--yes", "--config", config)
    with open_archive(url) as archive:
        archive.runs.start(run())
        archive.articles.store("run-1", capture(0), article(1))
        with hold_host(archive, tmp_path / "elsewhere", "baothu.vn", "run r9"):
            ran = tinquan(*asked)
            assert ran.code == 1
            assert "baothu.vn: is being crawled by run r9 on " in ran.err
            canary = tinquan("outlets", "check", "--live", "--config", config)
            assert "left alone: baothu.vn: is being crawled by run r9" in canary.out
        assert tinquan(*asked).code == 0
