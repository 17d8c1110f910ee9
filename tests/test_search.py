"""Searching the archive, on both databases."""

import unicodedata
from dataclasses import replace
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.model import Article
from storage.readings import Reread
from storage.search import SearchQuery
from storage.search_syntax import parse_words
from storage.sql import SqlArchive
from tests.rereading import reread
from tests.samples import article, at, refusal
from tests.searching import by_hand, ids
from tests.tagging import NEW, OLD, OTHER, about, put


def filled(archive: SqlArchive, *texts: str) -> None:
    for number, text in enumerate(texts, start=1):
        put(archive, 0, article(number, text, title=f"Bài {number}"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
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
    ],
)
def test_words_find_what_they_mean(archive: SqlArchive, text: str, found: list[str]) -> None:
    filled(
        archive,
        "Nước ngập nhiều nơi ở quận Đống Đa.",
        "Đám cháy giữa mùa Covid-19 đã tắt.",
        "Anh chạy bộ, từng cử chỉ đều nhanh.",
        "Làng nghề ở Củ Chi, xưa và nay.",
        unicodedata.normalize("NFD", "Dòng da giày ở Hoà Bình."),
    )
    assert ids(archive, text, order="date") == found


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


def lexicon(archive: SqlArchive) -> set[str]:
    with archive._engine.connect() as conn:
        return set(conn.execute(sa.text("SELECT word FROM lexicon")).scalars())


def test_what_is_refused_leaves_no_word_behind(archive: SqlArchive) -> None:
    put(archive, 0, article(1, "Gọi 0912345678 gặp Alexandrova.", authors=("Ông Kín",)))
    put(archive, 0, article(2, "Gọi 19001234, gặp Alexandrova."))
    names = {"0912345678", "alexandrova", "\x1fauthor\x1fông kín"}
    assert names < lexicon(archive)
    assert reread(archive, refusal(1, version=2)) == [Reread.REFUSED]
    assert ids(archive, "gọi") == ["2"]
    assert names & lexicon(archive) == {"alexandrova"}
    put(archive, 50, article(1, "Gọi 0912345678."))
    assert ids(archive, "0912345678") == ["1"]


# So that small archives are searched as large ones are: by the index, or by reading on.
SMALL = {"FIRST_LOOK": 1, "PROBE": 2, "BROAD": 99, "PLACED": 0}

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
    one_per_cluster=st.booleans(),
    limit=st.just(1000),
)
_serial = count()


@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.tuples(ITEMS, st.booleans()), max_size=8), st.lists(QUERIES, max_size=6))
@pytest.mark.parametrize(
    "sizes", [{}, {"FIRST_LOOK": 1, "PROBE": 2, "BROAD": -1, "PLACED": 0}, SMALL]
)
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
