"""Copies of one story found among stored articles, on both databases."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
import sqlalchemy as sa
from alembic import command

from storage.archive import Archive, open_archive
from storage.errors import NotFoundError
from storage.model.articles import Article, Refusal, RefusalReason
from storage.model.clusters import ClusterQuery
from storage.model.readings import RereadQuery
from storage.sql.engine.connect import writing
from storage.sql.engine.migrate import configuration
from storage.sql.engine.views import drop_views
from storage.sql.migrations.versions.v0014_updates import prepare
from tests.support.samples import at
from tests.support.stories import clusters_of, put, start_runs, story, told


@pytest.fixture
def stories(archive: Archive) -> Archive:
    start_runs(archive)
    return archive


def test_a_copy_hangs_on_the_earliest_publication(stories: Archive) -> None:
    source = put(stories, told(1, story(1), minutes=0))
    copy = put(stories, told(2, story(1)[:4], minutes=65, credit="TTXVN"))
    other = put(stories, told(3, story(3), minutes=5))
    found = stories.clusters.get(str(copy))
    assert found.id == source
    assert [member.id for member in found.members] == [source, copy]
    assert [member.is_source for member in found.members] == [True, False]
    assert found.members[1].credit == "TTXVN"
    assert found.members[1].similarity > 0.9
    assert found.members[1].published_at == at(65)
    assert found.outlets == ("baohai", "baoba")
    assert [member.id for member in stories.clusters.get(str(other)).members] == [other]
    assert stories.clusters.get(f"https://{found.source.outlet}.vn/tin-1.html") == found
    with pytest.raises(NotFoundError):
        stories.clusters.get("99")


def test_an_earlier_publication_that_comes_later_becomes_the_source(stories: Archive) -> None:
    later = put(stories, told(1, story(1), minutes=50))
    latest = put(stories, told(2, story(1), minutes=70))
    assert stories.clusters.get(str(later)).id == later
    first = put(stories, told(3, story(1), minutes=10))
    found = stories.clusters.get(str(latest))
    assert [member.id for member in found.members] == [first, later, latest]


def texts() -> list[Article]:
    """Two stories with their copies, whole and cut, and two issues of a bulletin."""
    bulletin = (
        "Lịch cắt điện ngày {}/3 tại phường {}: từ {} giờ đến {} giờ bảo trì lưới điện, khách"
    )
    bulletin += (
        " hàng cần hỗ trợ liên hệ tổng đài của điện lực hoạt động suốt ngày đêm để được giúp"
    )
    issues = [(5, "Tân Lập", 6, 11), (9, "Hòa Thuận", 8, 15)]
    one, two = story(1), story(2)
    every = [one, one[:3], one[:2] + one[3:], two, two[2:], (*two, *one[:1])]
    every += [(bulletin.format(*issue),) for issue in issues]
    return [told(at, lines, minutes=10 * at) for at, lines in enumerate(every)]


def test_the_order_of_storing_makes_no_difference(sqlite_template: Path, tmp_path: Path) -> None:
    expected = {frozenset("012"), frozenset("345"), frozenset("6"), frozenset("7")}
    orders = [(*range(8),), (*range(7, -1, -1),)]
    orders += [tuple(Random(seed).sample(range(8), 8)) for seed in range(8)]
    for order in orders:
        path = tmp_path / f"{'-'.join(map(str, order))}.db"
        shutil.copy(sqlite_template, path)
        with open_archive(f"sqlite:///{path}") as archive:
            start_runs(archive)
            names = {put(archive, texts()[number]): str(number) for number in order}
            found = clusters_of(archive, list(names))
            assert {frozenset(names[one] for one in group) for group in found} == expected
            for group in found:
                source = archive.clusters.get(str(min(group))).id
                assert names[source] == min(names[one] for one in group)


def test_a_revision_takes_an_article_out_of_its_cluster_and_back(stories: Archive) -> None:
    source = put(stories, told(1, story(1)))
    copy = put(stories, told(2, story(1), minutes=10))
    third = put(stories, told(3, story(1), minutes=20))
    put(stories, told(1, story(7)), later=30)
    assert clusters_of(stories, [source, copy]) == {frozenset({source}), frozenset({copy, third})}
    put(stories, told(1, story(1)), later=60)
    assert clusters_of(stories, [source]) == {frozenset({source, copy, third})}
    assert stories.clusters.get(str(third)).id == source


def test_an_article_that_is_none_any_more_leaves_its_cluster(stories: Archive) -> None:
    source = put(stories, told(1, story(1)))
    copy = put(stories, told(2, story(1), minutes=10))
    third = put(stories, told(3, story(1), minutes=20))
    every = stories.captures.to_reread(RereadQuery(2), 9)
    [number] = [one[0] for one in every if one[2].url.endswith("-1.html")]
    gone = Refusal("baohai", told(1, ()).url, RefusalReason.NOT_ARTICLE, "a list", 2)
    stories.captures.reread([(number, gone)], 2, at(99))
    assert clusters_of(stories, [copy]) == {frozenset({copy, third})}
    with pytest.raises(NotFoundError):
        stories.clusters.get(str(source))
    assert rows(stories, "signatures") == 2


def test_two_articles_that_become_one_are_one_in_their_cluster(stories: Archive) -> None:
    copy = put(stories, told(2, story(1), minutes=50))
    first = put(stories, told(1, story(1), article_id=None))
    moved = {"url": "https://baohai.vn/moved.html", "article_id": "7"}
    second = put(stories, told(1, story(1), minutes=1, **moved))
    assert clusters_of(stories, [copy]) == {frozenset({first, second, copy})}
    assert put(stories, told(1, story(1), article_id="7"), later=60) == first
    assert clusters_of(stories, [copy]) == {frozenset({first, copy})}
    assert stories.clusters.get(str(second)).id == first  # its short id still leads there
    assert rows(stories, "signatures") == 2


def test_a_wrong_row_stops_no_crawl(stories: Archive) -> None:
    source = put(stories, told(1, story(1)))
    copy = put(stories, told(2, story(1), minutes=10))
    with stories.database.writing() as conn:
        conn.execute(sa.text("UPDATE articles SET sort_at = NULL WHERE id = :id"), {"id": source})
    new = put(stories, told(3, story(1), minutes=20))
    assert clusters_of(stories, [new]) == {frozenset({copy, new})}


def test_short_texts_have_no_copies(stories: Archive) -> None:
    lines = ("Ảnh: cầu mới thông xe sáng nay.",)
    ids = [put(stories, told(number, lines, title="Cầu")) for number in (1, 2)]
    assert len(clusters_of(stories, ids)) == 2
    assert rows(stories, "signatures") == 0


def test_lines_that_many_articles_share_do_not_count(stories: Archive) -> None:
    tail = story(999, 3)
    ids = [put(stories, told(one, (*story(one, 8), *tail))) for one in range(20)]
    assert len(clusters_of(stories, ids)) == 20
    assert rows(stories, "common_lines") == 3 * 12  # no more of each is kept
    short = [put(stories, told(one, (*story(one, 1), *tail))) for one in (50, 51)]
    assert len(clusters_of(stories, short)) == 2  # of these texts three quarters are that tail


def test_a_source_that_holds_two_stories_does_not_make_them_one(stories: Archive) -> None:
    both = put(stories, told(1, (*story(1), *story(2))))
    one = put(stories, told(2, story(1), minutes=10))
    two = put(stories, told(3, story(2), minutes=20))
    assert clusters_of(stories, [both, one, two]) == {frozenset({both, one}), frozenset({two})}


FIRE = (
    "Khoảng 3 giờ ngày 14/3, lửa bùng lên ở xưởng gỗ của ông Nguyễn Văn Hùng tại phường Tân Lập.",
    "Đến 5 giờ, 2 người được xác định là đã chết và 7 người bị thương phải đưa đi cấp cứu.",
    "Công an quận huy động 12 xe chữa cháy cùng 80 chiến sĩ, dập tắt hoàn toàn sau 4 giờ.",
    "Bệnh viện Trường Thi cho biết các nạn nhân đều bị bỏng, sức khỏe đang dần ổn định lại.",
    "Hiện trường được phong tỏa, nguyên nhân vụ việc đang tiếp tục được điều tra và làm rõ.",
)
MORE = "Chiều cùng ngày, lãnh đạo quận đến thăm hỏi và hỗ trợ ban đầu cho gia đình các nạn nhân."


def test_the_same_event_told_later_is_an_update(stories: Archive) -> None:
    first = put(stories, told(1, FIRE, title="Cháy xưởng gỗ, 2 người chết"))
    copy = put(stories, told(2, FIRE[:4], minutes=9, title="Cháy xưởng gỗ ở Tân Lập"))
    later = (FIRE[0], FIRE[1].replace("2 người", "4 người").replace("7", "5"), *FIRE[2:], MORE)
    update = put(stories, told(3, later, minutes=90, title="Cháy xưởng gỗ, 4 người chết"))
    found = stories.clusters.get(str(first))
    assert [(one.id, one.relation) for one in found.members] == [
        (first, "source"),
        (copy, "copy of"),
        (update, "updated from"),
    ]


def test_the_update_that_is_known_first_becomes_one_later(stories: Archive) -> None:
    later = (FIRE[0], FIRE[1].replace("2 người", "4 người").replace("7", "5"), *FIRE[2:], MORE)
    update = put(stories, told(3, later, minutes=90))
    assert stories.clusters.get(str(update)).source.id == update
    first = put(stories, told(1, FIRE))
    found = stories.clusters.get(str(update))
    assert [(one.id, one.relation) for one in found.members][1:] == [(update, "updated from")]
    assert found.id == first


def test_other_spellings_of_i_and_tones_are_one(stories: Archive) -> None:
    lines = tuple(
        f"Kỹ sư Lý hoà giải {one} tại công ty quý mến, kỳ này lại hy vọng và hy sinh thật nhiều."
        for one in ("hàng xóm", "chủ xưởng", "khách mua", "thợ mộc", "người thuê", "bạn cũ")
    )
    other = tuple(
        line.replace("ỹ", "ĩ").replace("ý", "í").replace("oà", "òa").replace("y ", "i ")
        for line in lines
    )
    assert other[0].startswith("Kĩ sư Lí hòa giải hàng xóm tại công ti quí mến")
    ids = [
        put(stories, told(1, lines, title="Hoà giải ở Mỹ Lý")),
        put(stories, told(2, other, title="Hòa giải ở Mĩ Lí", minutes=5)),
    ]
    [found] = stories.clusters.find(ClusterQuery())
    assert [(one.id, one.similarity) for one in found.members] == [(ids[0], 1), (ids[1], 1)]


def test_an_agencys_story_with_another_lead_and_changed_words_is_a_copy(stories: Archive) -> None:
    source = put(stories, told(1, story(1, 8), sapo=" ".join(story(50, 1)), credit="TTXVN"))
    random = Random(3)
    words = [
        " ".join("khác" if random.random() < 0.1 else word for word in line.split())
        for line in story(1, 8)[:7]
    ]
    tail = ("Theo TTXVN", "Mời bạn đọc theo dõi kênh của chúng tôi để xem thêm tin mới mỗi ngày.")
    copy = put(stories, told(2, (*words, *tail), minutes=40, sapo=" ".join(story(60, 1))))
    assert clusters_of(stories, [copy]) == {frozenset({source, copy})}


def test_the_most_reprinted_stories_come_first(stories: Archive) -> None:
    ids = [
        [
            put(stories, told(10 * seed + n, story(seed), minutes=100 * seed + n))
            for n in range(size)
        ]
        for seed, size in ((1, 2), (2, 4), (3, 3), (4, 1))
    ]
    found = list(stories.clusters.find(ClusterQuery()))
    assert [one.id for one in found] == [ids[1][0], ids[2][0], ids[0][0]]
    assert [len(one.outlets) for one in found] == [4, 3, 2]
    assert list(stories.clusters.find(ClusterQuery(min_outlets=3, limit=1))) == found[:1]
    assert list(stories.clusters.find(ClusterQuery(offset=1, limit=1))) == found[1:2]
    assert stories.clusters.count(ClusterQuery(min_outlets=3, limit=1, offset=5)) == 2
    assert list(stories.clusters.find(ClusterQuery(since=at(200), until=at(300)))) == found[:1]
    assert list(stories.clusters.find(ClusterQuery(outlets=("baohai",)))) == [found[0]]
    with pytest.raises(ValueError, match="no time zone"):
        stories.clusters.find(ClusterQuery(since=datetime(2026, 1, 1)))  # noqa: DTZ001 - the point


def test_copies_stored_at_the_same_moment_meet(archive_url: str) -> None:
    with open_archive(archive_url) as archive:
        start_runs(archive)

    def write(number: int) -> None:
        with open_archive(archive_url) as own:
            barrier.wait()
            for seed in range(10):
                put(own, told(10 * seed + number, story(seed), minutes=number))

    barrier = Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write, number) for number in (1, 2, 3)]:
            done.result()
    with open_archive(archive_url) as archive:
        assert [len(one.members) for one in archive.clusters.find(ClusterQuery())] == [3] * 10


def test_migrating_works_out_the_copies_of_what_is_stored(archive_url: str) -> None:
    with open_archive(archive_url) as archive:
        start_runs(archive)
        for number in range(4):
            put(archive, told(number, story(number // 2), minutes=number))
        before = list(archive.clusters.find(ClusterQuery()))
        assert len(before) == 2
        with archive.database.writing() as conn:
            drop_views(conn)
            for table in ("common_lines", "copies", "signatures"):
                conn.execute(sa.text(f"DROP TABLE {table}"))
            for table in ("sketches", "common_hashes"):
                conn.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
            if conn.dialect.name == "postgresql":
                conn.execute(sa.text("DROP FUNCTION signature_keys"))
            conn.execute(sa.text("ALTER TABLE runs DROP COLUMN copies"))
            config = configuration(conn)
            command.stamp(config, "0004")
            command.upgrade(config, "0005")
            command.stamp(config, "0007")
            command.upgrade(config, "0008")
        cluster_again(archive)
        assert list(archive.clusters.find(ClusterQuery())) == before


def test_clustering_again_goes_on_where_it_was_stopped(
    archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_archive(archive_url) as archive:
        start_runs(archive)
        for number in range(8):
            put(archive, told(number, story(number // 4), minutes=number))
        before = list(archive.clusters.find(ClusterQuery()))
        with archive.database.writing() as conn:  # as the release before left it
            drop_views(conn)
            conn.execute(sa.text("DELETE FROM copies"))
            conn.execute(sa.text("ALTER TABLE copies DROP COLUMN is_update"))
            conn.execute(sa.text("UPDATE signatures SET version = 1"))
    monkeypatch.setattr("storage.sql.clusters.cluster._PAGE", 3)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 6:
            raise KeyboardInterrupt

    with open_archive(archive_url) as archive, pytest.raises(KeyboardInterrupt):
        cluster_again(archive, stop)
    assert seen == [(0, 8), (3, 8), (6, 8)]
    with open_archive(archive_url) as archive:
        cluster_again(archive)
        assert list(archive.clusters.find(ClusterQuery())) == before
        assert [*archive.maintenance.check(lambda _name: None)] == []


def cluster_again(
    archive: Archive, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> None:
    """Do what `archive upgrade` does on the way to schema 0014."""
    with writing(archive.database.engine).connect() as conn:
        prepare(conn, progress)


def rows(archive: Archive, table: str) -> int:
    with archive.database.reading() as conn:
        return int(conn.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
