"""Searching the archive, on both databases."""

import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import NotFoundError, QueryError
from storage.migrations.versions import v0007_search
from storage.model import Article
from storage.readings import Reread
from storage.search import SearchQuery
from storage.search_syntax import parse_words
from storage.sql import SqlArchive, open_sql_archive
from storage.sql_reindex import fill_keys, index_all
from storage.tables_search import lexicon, search
from tests.rereading import reread
from tests.samples import article, at, capture, refusal, run
from tests.searching import by_hand, ids
from tests.tagging import NEW, OLD, OTHER, about, put


def filled(archive: SqlArchive, *texts: str) -> None:
    for number, text in enumerate(texts, start=1):
        put(archive, 0, article(number, text, title=f"Bài {number}"))


CASES: list[tuple[str, list[str]]] = [
    ("quan dong da", ["1"]),
    ('"quan dong da"', ["1"]),
    ("Đống Đa", ["1"]),
    ("dong da", ["5", "1"]),
    ('"đống đa"', ["1"]),
    ("cháy", ["2"]),
    ("chay", ["3", "2"]),
    ('"Củ Chi"', ["4"]),
    ("Củ Chi", ["4"]),
    ('"cử chỉ"', ["3"]),
    ("hòa", ["5"]),
    ("hoà", ["5"]),
    (unicodedata.normalize("NFD", "hoà"), ["5"]),
    ("HÒA", ["5"]),
    ("covid-19", ["2"]),
    ("cháy OR chạy", ["3", "2"]),
    ("chay -chạy", ["2"]),
    ('chay -"cử chỉ"', ["2"]),
    ("ngh*", ["4"]),
    ("nghĩ*", []),
    ("nghề*", ["4"]),
    ("không-có-từ-này", []),
    ("cháy zzz", []),
    ("cháy OR zzz", ["2"]),
    ("cháy -zzz", ["2"]),
]


def test_words_find_what_they_mean(archive: SqlArchive) -> None:
    filled(
        archive,
        "Nước ngập nhiều nơi ở quận Đống Đa.",
        "Đám cháy giữa mùa Covid-19 đã tắt.",
        "Anh chạy bộ, từng cử chỉ đều nhanh.",
        "Làng nghề ở Củ Chi, xưa và nay.",
        unicodedata.normalize("NFD", "Dòng da giày ở Hoà Bình."),
    )
    assert {text: ids(archive, text, order="date") for text, _ in CASES} == dict(CASES)


def test_fold_loosens_every_word(archive: SqlArchive) -> None:
    filled(archive, "Một đám cháy.", "Ai cũng chạy.", "Cử chỉ đẹp.", "Ở Củ Chi.")
    assert ids(archive, "cháy", fold=True, order="date") == ["2", "1"]
    assert ids(archive, '"Củ Chi"', fold=True, order="date") == ["4", "3"]


def test_phrases_end_with_their_field(archive: SqlArchive) -> None:
    item = article(
        1, "lửa lớn", title="Tin mới", sapo="có cháy", authors=("An Bình",), tags=("hồ", "sông")
    )
    put(archive, 0, item)
    for phrase in ("mới có", "cháy an", "bình hồ", "hồ sông", "sông lửa", "cháy lửa"):
        assert ids(archive, f'"{phrase}"') == []
    for phrase in ("tin mới", "có cháy", "an bình", "lửa lớn"):
        assert ids(archive, f'"{phrase}"') == ["1"]
    assert ids(archive, "hồ sông lửa") == ["1"]


def test_the_newest_state_is_found_and_no_other(archive: SqlArchive) -> None:
    put(archive, 0, article(1, "Đám cháy lớn."))
    put(archive, 20, article(1, "Đám khói lớn."))
    put(archive, 10, article(1, "Đám bụi lớn."))
    assert ids(archive, "khói") == ["1"]
    assert ids(archive, "cháy") == ids(archive, "bụi") == []


def test_articles_joined_are_found_once(archive: SqlArchive) -> None:
    moved = "https://baothu.vn/moved-1.html"
    put(archive, 0, article(text="A cháy"))
    put(archive, 30, article(text="C khói", url=moved, article_id=None))
    assert len(ids(archive, "khói")) == 1
    put(archive, 20, article(text="B lửa", url=moved))
    assert ids(archive, "cháy") == ids(archive, "lửa") == []
    assert len(ids(archive, "khói OR thành")) == 1


def known_words(archive: SqlArchive) -> set[str]:
    with archive._engine.connect() as conn:
        return set(conn.execute(sa.text("SELECT word FROM lexicon")).scalars())


def test_what_is_refused_leaves_no_word_behind(archive: SqlArchive) -> None:
    put(archive, 0, article(1, "Gọi 0912345678 gặp Alexandrova.", authors=("Ông Kín",)))
    put(archive, 0, article(2, "Gọi 19001234, gặp Alexandrova."))
    names = {"0912345678", "alexandrova", "\x1fauthor\x1fông kín"}
    assert names < known_words(archive)
    assert reread(archive, refusal(1, version=2)) == [Reread.REFUSED]
    assert ids(archive, "gọi") == ["2"]
    assert names & known_words(archive) == {"alexandrova"}
    put(archive, 50, article(1, "Gọi 0912345678."))
    assert ids(archive, "0912345678") == ["1"]


# So that small archives are searched as large ones are: by the index, or by reading on.
INDEX = {"FIRST_LOOK": 1, "PROBE": 2, "BROAD": 99, "PLACED": 0}
READ_ON = {"FIRST_LOOK": 1, "PROBE": 2, "PAGE": 2, "BROAD": -1, "PLACED": 0}

SOME = "cháy chạy chay Củ cử chi chỉ hòa hoà đa Đa x-1 12 nghề nghệ"
WORDS = st.sampled_from(SOME.split())
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
NAMES = st.lists(st.sampled_from(["An", "Ân", "Hòa Bình", "hoà bình"]), max_size=2).map(tuple)
ITEMS = st.builds(
    article,
    st.integers(1, 8),
    TEXTS,
    title=TEXTS,
    sapo=st.none() | TEXTS,
    authors=NAMES,
    tags=NAMES,
    section=NAMES,
    outlet=st.sampled_from(["baothu", "baokhac"]),
    published_at=st.integers(0, 4).map(at),
)
TERMS = st.one_of(
    WORDS, st.lists(WORDS, min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"')
) | WORDS.map(lambda word: f"{word[:2]}*")
QUERIES = st.builds(
    SearchQuery,
    st.builds(
        lambda required, joined, excluded, fold: parse_words(
            " ".join([*required, *joined, *(f"-{term}" for term in excluded)]), fold=fold
        ),
        st.lists(TERMS, min_size=1, max_size=2),
        st.just([]) | st.tuples(TERMS, st.just("OR"), TERMS),
        st.lists(TERMS, max_size=1),
        st.booleans(),
    ),
    st.just(()) | st.just(("baothu",)),
    *(st.just(()) | st.sampled_from([("an",), ("Ân", "hòa bình")]) for _ in range(3)),
    places=st.just(()) | st.just((OLD.id, NEW.id)),
    since=st.none() | st.just(at(1)),
    until=st.none() | st.just(at(3)),
    limit=st.just(1000),
)
_serial = count()


@settings(max_examples=5, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.tuples(ITEMS, st.booleans()), max_size=6), st.lists(QUERIES, max_size=6))
@pytest.mark.parametrize("sizes", [READ_ON, INDEX])
def test_any_search_finds_what_one_by_hand_does(
    gazetteer: SqlArchive,
    monkeypatch: pytest.MonkeyPatch,
    sizes: dict[str, int],
    items: list[tuple[Article, bool]],
    queries: list[SearchQuery],
) -> None:
    for name, size in sizes.items():
        monkeypatch.setattr(f"storage.sql_matches.{name}", size)
    for item, placed in items:
        put(gazetteer, next(_serial), item, about(OLD.id if placed else OTHER.id))
    for query in queries:
        expected = by_hand(gazetteer, query)
        newest = gazetteer.search(replace(query, order="date"))
        assert [hit.article.id for hit in newest.hits] == expected
        best = gazetteer.search(replace(query, order="relevance"))
        assert sorted(hit.article.id for hit in best.hits) == sorted(expected)
        assert best.total == len(expected)


def test_both_databases_rank_alike(
    sqlite_template: Path,
    postgresql_template: str,
    new_postgresql: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, size in INDEX.items():
        monkeypatch.setattr(f"storage.sql_matches.{name}", size)
    shutil.copy(sqlite_template, tmp_path / "tinquan.db")
    found, counted = [], []
    for url in (f"sqlite:///{tmp_path / 'tinquan.db'}", new_postgresql(postgresql_template)):
        with open_sql_archive(url) as archive:
            archive.start_run(run())
            for number in range(1, 16):
                words = [SOME.split()[number * step % 15] for step in (1, 2, 3, 5, 7)]
                put(archive, 0, article(number, " ".join(words), title=words[number % 5]))
            texts = ["cháy", "chay nghe", "hoa OR cháy", '"đa x-1" -cử', "ch*", "hòa", "Đa chỉ"]
            queries = [SearchQuery(parse_words(text)) for text in texts]
            found.append([archive.search(query) for query in queries])
            counted.append([archive.facets(query) for query in queries])
    assert found[0] == found[1]
    assert counted[0] == counted[1]
    assert [hit.score for hit in found[0][0].hits] == sorted(
        (hit.score for hit in found[0][0].hits), reverse=True
    )
    assert all(result.total for result in found[0])


def test_the_best_come_first(archive: SqlArchive) -> None:
    put(archive, 0, article(1, "đa " * 90 + "đống cát"))
    put(archive, 0, article(2, "Ở quận có đống cát và cây đa."))
    put(archive, 0, article(3, "Ở quận Đống Đa."))
    put(archive, 0, article(4, "Chuyện hôm nay.", title="Quận Đống Đa"))
    put(archive, 0, article(5, "Chẳng có gì."))
    assert ids(archive, "quan dong da") == ["4", "3", "2"]
    assert ids(archive, "quan dong da", limit=1) == ["4"]


def test_too_many_to_rank_are_said_to_be(
    archive: SqlArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"FIRST_LOOK": 1, "PROBE": 2, "PAGE": 2, "READ": 4, "RANKED": 3}.items():
        monkeypatch.setattr(f"storage.sql_matches.{name}", size)
    filled(archive, *("Đám cháy." if number % 2 else "Mưa." for number in range(1, 20)))
    for broad, total, since in ((99, 3, at(15)), (-1, 2, at(16))):
        monkeypatch.setattr("storage.sql_matches.BROAD", broad)
        query = SearchQuery(parse_words("cháy"))
        result = archive.search(query)
        assert (result.total, result.complete, result.total_is_exact) == (total, False, False)
        assert result.ranked_since == since
        counted = archive.facets(query)
        assert (counted.total, counted.complete, counted.counted_since) == (total, False, since)
        newest = archive.search(replace(query, order="date", limit=9))
        assert len(newest.hits) == 9
        assert newest.complete
        assert not newest.total_is_exact


def test_facets_count_what_a_search_finds(gazetteer: SqlArchive) -> None:
    midnight = datetime(2026, 3, 31, 17, 30, tzinfo=UTC)  # April already, in Hà Nội
    for number in range(1, 7):
        item = article(
            number,
            "Đám cháy." if number > 1 else "Mưa.",
            outlet="baothu" if number % 2 else "baokhac",
            authors=("Nguyễn Văn  An", "nguyễn văn an") if number < 4 else ("Lê Ân",),
            tags=("Hỏa hoạn",) * (number % 3),
            section=("Xã hội", "Đô thị")[: number % 3],
            published_at=midnight if number == 2 else at(number),
        )
        put(gazetteer, 0, item, about(OLD.id, NEW.id) if number > 4 else about(OLD.id))
    facets = gazetteer.facets(SearchQuery(parse_words("cháy")), top=3)
    assert facets.total == 5
    assert facets.complete
    assert facets.counts == {
        "outlet": (("baokhac", 3), ("baothu", 2)),
        "month": (("2026-03", 4), ("2026-04", 1)),
        "section": (("Xã hội", 3), ("Đô thị", 2)),
        "author": (("Lê Ân", 3), ("Nguyễn Văn An", 2)),
        "tag": (("Hỏa hoạn", 3),),
        "kind": (("text", 5),),
        "place": ((OLD.id, 5), (NEW.id, 2)),
    }
    assert gazetteer.facets(SearchQuery(parse_words("zzz"))).total == 0
    assert ids(gazetteer, "", authors=("nguyen van an",), order="date") == ["2", "3", "1"]
    assert ids(gazetteer, "", authors=("lê an",)) == []


def test_of_copies_of_one_story_the_first_is_shown(archive: SqlArchive) -> None:
    story = " ".join(
        f"Đám cháy số {n} ở ngõ {n * 7} thiêu rụi {n + 3} gian hàng." for n in range(9)
    )
    for number, outlet in ((1, "baothu"), (2, "baokhac"), (3, "baoba")):
        put(archive, 0, article(number, story, outlet=outlet, title="Cháy chợ đêm"))
    put(archive, 0, article(4, "Một đám cháy khác hẳn, ở bãi xe."))
    assert len(ids(archive, "cháy")) == 4
    for order in ("date", "relevance"):
        found = ids(archive, "cháy", one_per_cluster=True, order=order)
        assert len(found) == 2
        assert "4" in found


def test_bad_bounds_are_refused(archive: SqlArchive) -> None:
    for limit in (0, 1001):
        with pytest.raises(ValueError, match="limit is"):
            archive.search(SearchQuery(limit=limit))
    naive = SearchQuery(since=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake meant
    with pytest.raises(ValueError, match="since has no time zone"):
        archive.facets(naive)


def test_a_prefix_of_too_many_words_is_refused(
    archive: SqlArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sql_lexicon.MAX_PREFIXED", 2)
    put(archive, 0, article(1, "nga nghe nghĩ"))
    assert ids(archive, "ngh*") == ["1"]
    with pytest.raises(QueryError, match=r"'ng\*' stands for more than 2 words"):
        ids(archive, "ng*")


def test_a_rolled_back_word_is_numbered_again(archive: SqlArchive) -> None:
    failing = capture(0, 1, record_id="")
    with pytest.raises(NotFoundError, match="gazetteer"):
        put(archive, 0, article(1, "Cá nghêu."), about("q-none"))
    with pytest.raises(ValueError, match="no record id"):
        archive.store("run-1", failing, article(1, "Sò."))
    put(archive, 0, article(2, "Ngao sò."))
    put(archive, 0, article(1, "Cá nghêu."))
    assert ids(archive, "nghêu") == ["1"]
    assert ids(archive, "sò") == ["2"]


def test_upgrading_fills_the_index(archive_url: str) -> None:
    with open_sql_archive(archive_url) as archive:
        archive.start_run(run())
        put(archive, 0, article(1, "Đám cháy."))
        put(archive, 5, article(1, "Đám khói."))
        put(archive, 0, article(2, "Mưa."))
        with archive._writing() as conn:
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql("DROP TABLE search_keys")
            for table in (search, lexicon):
                table.drop(conn)
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("DROP FUNCTION search_keys")
    with open_sql_archive(archive_url) as archive:
        with archive._writing() as conn:
            with Operations.context(MigrationContext.configure(conn)):
                v0007_search.upgrade()
            fill_keys(conn)
        assert ids(archive, "khói") == ["1"]
        assert ids(archive, "cháy") == []
        with archive._writing() as conn:  # nothing to do any more
            assert index_all(conn) == 2
        assert ids(archive, "mưa") == ["2"]
