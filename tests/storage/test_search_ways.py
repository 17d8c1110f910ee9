"""Every way that leads a search to its articles finds the same ones, on both databases."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive, open_archive
from storage.model.articles import Article
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from tests.support.samples import article, at, run
from tests.support.searching import by_hand, filled, ids
from tests.support.tagging import NEW, OLD, OTHER, about, put

# So that small archives are searched as large ones are: by reading on, or by the index, whose
# articles are met on a walk, opened each, or first the one and then the other.
SMALL = {"matches.FIRST_LOOK": 1, "matches.PROBE": 2, "matches.PAGE": 2, "matches.PLACED": 0}
READ_ON = SMALL | {"matches.SPARSE": -1, "matches.BROAD": -1}
INDEX = SMALL | {"matches.SPARSE": 9, "matches.BROAD": 99, "candidates.MORE": 1}
WALKED = INDEX | {"candidates.WALK": 2, "candidates.WALK_WORTH": 99}
OPENED = INDEX | {"candidates.WALK": 2, "candidates.WALK_WORTH": 0}
BOTH = INDEX | {"candidates.WALK": 1, "candidates.WALK_WORTH": 1}


def set_sizes(monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        monkeypatch.setattr(f"storage.sql.search.{name}", size)


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


@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.tuples(ITEMS, st.booleans()), max_size=8), st.lists(QUERIES, max_size=4))
def test_any_search_finds_what_one_by_hand_does(
    gazetteer: Archive,
    monkeypatch: pytest.MonkeyPatch,
    items: list[tuple[Article, bool]],
    queries: list[SearchQuery],
) -> None:
    for item, placed in items:
        put(gazetteer, next(_serial), item, about(OLD.id if placed else OTHER.id))
    for query in queries:
        expected = by_hand(gazetteer, query)
        by_outlet = Counter(
            gazetteer.articles.get(str(id_)).latest.article.outlet for id_ in expected
        )
        for sizes in (READ_ON, WALKED, OPENED, BOTH):
            set_sizes(monkeypatch, sizes)
            newest = gazetteer.search.find(replace(query, order="date"))
            assert [hit.article.id for hit in newest.hits] == expected
            best = gazetteer.search.find(replace(query, order="relevance"))
            assert sorted(hit.article.id for hit in best.hits) == sorted(expected)
            assert best.total == len(expected)
            facets = gazetteer.search.facets(query)
            assert facets.total == len(expected)
            assert dict(facets.counts["outlet"]) == by_outlet


def test_both_databases_rank_alike(
    sqlite_template: Path,
    postgresql_template: str,
    new_postgresql: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_sizes(monkeypatch, INDEX)
    shutil.copy(sqlite_template, tmp_path / "tinquan.db")
    found, counted = [], []
    for url in (f"sqlite:///{tmp_path / 'tinquan.db'}", new_postgresql(postgresql_template)):
        with open_archive(url) as archive:
            archive.runs.start(run())
            for number in range(1, 16):
                words = [SOME.split()[number * step % 15] for step in (1, 2, 3, 5, 7)]
                put(archive, 0, article(number, " ".join(words), title=words[number % 5]))
            texts = ["cháy", "chay nghe", "hoa OR cháy", '"đa x-1" -cử', "ch*", "hòa", "Đa chỉ"]
            queries = [SearchQuery(parse_words(text)) for text in texts]
            found.append([archive.search.find(query) for query in queries])
            counted.append([archive.search.facets(query) for query in queries])
    assert found[0] == found[1]
    assert counted[0] == counted[1]
    assert [hit.score for hit in found[0][0].hits] == sorted(
        (hit.score for hit in found[0][0].hits), reverse=True
    )
    assert all(result.total for result in found[0])


def test_too_many_to_rank_are_said_to_be(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    set_sizes(monkeypatch, SMALL | {"matches.READ": 4, "matches.RANKED": 3, "candidates.MORE": 1})
    filled(archive, *("Đám cháy." if number % 2 else "Mưa." for number in range(1, 20)))
    for broad, total, since in ((99, 3, at(15)), (-1, 2, at(16))):
        monkeypatch.setattr("storage.sql.search.matches.BROAD", broad)
        query = SearchQuery(parse_words("cháy"))
        result = archive.search.find(query)
        assert (result.total, result.complete, result.total_is_exact) == (total, False, False)
        assert result.ranked_since == since
        counted = archive.search.facets(query)
        assert (counted.total, counted.complete, counted.counted_since) == (total, False, since)
        newest = archive.search.find(replace(query, order="date", limit=9))
        assert len(newest.hits) == 9
        assert newest.complete
        assert not newest.total_is_exact


def test_candidates_that_do_not_match_take_no_place(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive, *["Đám cháy."] * 3, *["Cháy dưới mưa."] * 4, *["Khói."] * 2)
    query = SearchQuery(parse_words("cháy -mưa"))
    for ranked, since in ((2, at(2)), (3, None)):
        set_sizes(monkeypatch, INDEX | {"matches.RANKED": ranked})
        result = archive.search.find(query)
        assert (result.total, result.ranked_since) == (ranked, since)
        assert archive.search.facets(query).total == ranked


def test_facets_count_what_a_search_finds(gazetteer: Archive) -> None:
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
    facets = gazetteer.search.facets(SearchQuery(parse_words("cháy")), top=3)
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
    assert gazetteer.search.facets(SearchQuery(parse_words("zzz"))).total == 0
    assert ids(gazetteer, "", authors=("nguyen van an",), order="date") == ["2", "3", "1"]
    assert ids(gazetteer, "", authors=("lê an",)) == []
