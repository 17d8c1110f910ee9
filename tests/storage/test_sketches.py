"""What holds a hash: of each the latest 32 articles, on both databases alike."""

import pytest
import sqlalchemy as sa
from alembic import command

from storage.archive import Archive
from storage.dedup.signature import pack
from storage.sql.clusters.candidates import holders, write_signatures
from storage.sql.engine.migrate import configuration
from tests.support.stories import put, start_runs, told


@pytest.fixture
def hundred(archive: Archive) -> Archive:
    """Return an archive in which 100 articles hold hash 7 and each one of its own."""
    start_runs(archive)
    put(archive, told(1, ("Tin.",)))
    with archive.database.writing() as conn:
        row = conn.execute(sa.text("SELECT outlet, url, title FROM articles")).one()
        add = sa.text("INSERT INTO articles (id, outlet, url, title) VALUES (:id, :o, :u, :t)")
        conn.execute(add, [{"id": n, "o": row[0], "u": row[1], "t": "t"} for n in range(2, 201)])
        write_signatures(conn, {n: (7, -n) for n in range(1, 101)})
    return archive


def test_of_a_common_hash_the_latest_articles_are_known(hundred: Archive) -> None:
    with hundred.database.writing() as conn:
        for _ in range(2):  # the second time it is known to be common
            assert sorted(holders(conn, [7, -5, 9])[7]) == list(range(69, 101))
        assert list(holders(conn, [-5])[-5]) == [5]
        write_signatures(conn, {101: (7, 8), 40: (7, -40, 8)})
        assert sorted(holders(conn, [7])[7]) == list(range(70, 102))
        assert sorted(holders(conn, [8])[8]) == [40, 101]


def test_who_holds_a_common_hash_no_more_is_not_named(hundred: Archive) -> None:
    with hundred.database.writing() as conn:
        holders(conn, [7])
        write_signatures(conn, dict.fromkeys(range(90, 101)))
        assert sorted(holders(conn, [7])[7]) == list(range(58, 90))
        write_signatures(conn, dict.fromkeys(range(40, 90)))
        assert sorted(holders(conn, [7])[7]) == list(range(8, 40))
        write_signatures(conn, {3: (7, 9)} | dict.fromkeys(range(20, 40)))
        assert sorted(holders(conn, [7])[7]) == list(range(1, 20))
        assert 3 in holders(conn, [9])[9]


def test_a_batch_that_is_rolled_back_leaves_nothing(hundred: Archive) -> None:
    def stopped() -> None:
        with hundred.database.writing() as conn:
            write_signatures(conn, {150: (7, 8)})
            holders(conn, [7, 8])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    with hundred.database.writing() as conn:
        assert sorted(holders(conn, [7, 8])[7]) == list(range(69, 101))
        assert 8 not in holders(conn, [8])


def test_rows_of_the_release_before_are_found_after_the_upgrade(hundred: Archive) -> None:
    with hundred.database.writing() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.text("DROP INDEX signature_keys_of_packed"))
            conn.execute(sa.text("DROP FUNCTION signature_keys"))
            conn.execute(sa.text("DROP TABLE common_hashes"))
            conn.execute(sa.text("CREATE TABLE sketches (hash int4, article int8)"))
        config = configuration(conn)
        command.stamp(config, "0007")
        command.upgrade(config, "0008")
        assert sorted(holders(conn, [7])[7]) == list(range(69, 101))
        stored = conn.execute(sa.text("SELECT packed FROM signatures WHERE article = 5")).scalar()
        assert stored == pack((7, -5))
