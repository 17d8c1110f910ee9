"""Named locks of an archive that several machines share, on a real server."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from storage.archive import Archive, open_archive
from storage.errors import ArchiveError
from storage.model.schedule import LockSession
from tests.support.databases import run_sql


@pytest.fixture
def shared(new_postgresql: Callable[[str], str], postgresql_template: str) -> Iterator[Archive]:
    with open_archive(new_postgresql(postgresql_template)) as opened:
        yield opened


def session(archive: Archive, label: str) -> LockSession:
    found = archive.locks.session(label)
    assert found is not None
    return found


def cut(server: str, label: str) -> None:
    """Cut the connection of a session as a failing network or a restart would."""
    run_sql(
        server,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE application_name = '{label}'",
    )


def test_many_locks_of_one_connection_and_their_holder(shared: Archive) -> None:
    one, other = session(shared, "tinquan run 1 on may-mot"), session(shared, "tinquan run 2")
    assert all(one.take(f"host {n}.vn") for n in range(20))
    assert one.take("host 3.vn"), "what is held is held"
    assert not other.take("host 3.vn")
    assert shared.locks.holder("host 3.vn") == "tinquan run 1 on may-mot"
    one.release("host 3.vn", "host never-held.vn")
    assert shared.locks.holder("host 3.vn") is None
    assert other.take("host 3.vn")
    one.close()
    one.close()
    assert shared.locks.holder("host 4.vn") is None
    other.close()


def test_the_first_free_place_is_taken_and_none_twice(shared: Archive) -> None:
    one, other = session(shared, "one"), session(shared, "other")
    places = ["slot 1", "slot 2", "slot 3"]
    assert [one.take_any(places), other.take_any(places), one.take_any(places)] == places
    assert one.take_any(places) is None
    other.release("slot 2")
    assert one.take_any(places) == "slot 2"
    one.close()
    other.close()


def test_locks_of_two_archives_on_one_server_have_nothing_to_do_with_each_other(
    shared: Archive, new_postgresql: Callable[[str], str], postgresql_template: str
) -> None:
    with open_archive(new_postgresql(postgresql_template)) as second:
        one, other = session(shared, "one"), session(second, "other")
        assert one.take("host a.vn")
        assert other.take("host a.vn")
        assert shared.locks.holder("host a.vn") == "one"
        one.close()
        other.close()


def test_a_killed_process_lets_go(shared: Archive) -> None:
    url = shared.database.engine.url.render_as_string(hide_password=False)
    code = (
        "import sys, time; from storage.archive import open_archive\n"
        "session = open_archive(sys.argv[1]).locks.session('gone')\n"
        "print(session.take('host a.vn'), flush=True); time.sleep(600)\n"
    )
    mine = session(shared, "here")
    with subprocess.Popen(
        [sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        assert not mine.take("host a.vn")
        child.send_signal(signal.SIGKILL)
    until = datetime.now(UTC) + timedelta(seconds=20)
    while not mine.take("host a.vn"):
        assert datetime.now(UTC) < until
    mine.close()


def test_a_cut_connection_is_noticed_and_nothing_is_held_by_mistake(
    shared: Archive, postgresql: str
) -> None:
    one, other = session(shared, "to be cut"), session(shared, "quick")
    assert one.take("host a.vn") and one.take("host b.vn")
    assert one.is_sure()
    cut(postgresql, "to be cut")
    assert not one.is_sure()
    assert not one.is_sure(), "SQLAlchemy would have connected again"
    assert not one.take("host c.vn")
    assert other.take("host a.vn")
    assert not one.renew(), "somebody else was quicker"
    assert one.is_sure()
    assert shared.locks.holder("host b.vn") == "to be cut"
    assert not one.take("host a.vn")
    one.close()
    other.close()


def test_a_cut_that_is_met_by_a_question_is_one_line(shared: Archive, postgresql: str) -> None:
    one = session(shared, "to be cut")
    cut(postgresql, "to be cut")
    with pytest.raises(ArchiveError, match="lost its connection"):
        one.take("host a.vn")
    assert not one.is_sure()
    assert one.renew()
    assert one.take("host a.vn")
    one.close()


def test_the_archive_is_held_again_after_a_cut(shared: Archive, postgresql: str) -> None:
    hold = shared.schedule.hold("schedule")
    assert hold is not None
    cut(postgresql, "tinquan schedule")
    assert hold.is_sure()
    assert shared.schedule.hold("schedule") is None
    hold.release()


def test_the_clock_is_the_server_s_own(shared: Archive, postgresql: str) -> None:
    clock = shared.locks.clock()
    with psycopg.connect(postgresql) as admin:
        row = admin.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    assert abs(clock() - row[0]) < timedelta(seconds=5)
    assert clock().tzinfo is not None


def test_an_archive_in_a_file_is_one_machine_s(sqlite_archive: Archive) -> None:
    assert not sqlite_archive.locks.is_shared
    assert sqlite_archive.locks.session("x") is None
    assert sqlite_archive.locks.holder("host a.vn") is None
    assert abs(sqlite_archive.locks.clock()() - datetime.now(UTC)) < timedelta(seconds=5)
