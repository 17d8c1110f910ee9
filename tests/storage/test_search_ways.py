"""Every way that leads a search to its articles finds the same ones, on both databases."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive, open_archive
from storage.model.articles import Article, ArticleQuery
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from tests.support.samples import article, at, run
from tests.support.searching import by_hand, filled, ids
from tests.support.tagging import NEW, OLD, OTHER, about, put

Sizes = dict[str, int | str | tuple[int, int]]

# So that small archives are searched as large ones are. In PostgreSQL by walking, or by the index;
# in SQLite phrases that mix words with and without diacritics are read, or each way to spell them
# is looked for.
WALKED: Sizes = {"tsvector.SAMPLE": 2, "tsvector._PAGE": 2, "tsvector._ESTIMATE": "SELECT 1000000"}
WALKED |= {"fts5.FEW": 99_999}
INDEX: Sizes = {"tsvector.SAMPLE": 2, "tsvector._PAGE": 2, "tsvector._ESTIMATE": "SELECT 0"}
INDEX |= {"tsvector._SLICE": 3, "tsvector._LISTED": 4, "fts5.FEW": 0, "fts5.WAYS": 400}


def ranked(most: int) -> Sizes:
    """Return the sizes by which so many matches are ranked or counted."""
    engines = ("fts5", "tsvector")
    return {f"{engine}.{name}": most for engine in engines for name in ("RANKED", "COUNTED")}


def set_sizes(monkeypatch: pytest.MonkeyPatch, sizes: Sizes) -> None:
    for name, size in sizes.items():
        monkeypatch.setattr(f"storage.sql.search.{name}", size)


SOME = "cháy chạy chay Củ cử chi chỉ hòa hoà đa Đa x-1 12 nghề nghệ"
WORDS = st.sampled_from([*SOME.split(), "hoàng", "dđ"])
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
BEGINNINGS = st.sampled_from(
    ["c", "ch", "chá", "ngh", "nghề", "hoà", "hò", "đ", "d", "x-1", "ba-đ"]
)
TERMS = st.one_of(
    WORDS, st.lists(WORDS, min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"')
) | BEGINNINGS.map(lambda begun: f"{begun}*")
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
        for sizes in (WALKED, INDEX):
            set_sizes(monkeypatch, sizes)
            newest = gazetteer.search.find(replace(query, order="date"))
            assert [hit.article.id for hit in newest.hits] == expected
            best = gazetteer.search.find(replace(query, order="relevance"))
            assert sorted(hit.article.id for hit in best.hits) == sorted(expected)
            assert best.total == len(expected)
            facets = gazetteer.search.facets(query)
            assert facets.total == len(expected)
            assert dict(facets.counts["outlet"]) == by_outlet


def test_both_databases_find_the_same(
    sqlite_template: Path,
    postgresql_template: str,
    new_postgresql: Callable[[str], str],
    tmp_path: Path,
) -> None:
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
            results = [archive.search.find(query) for query in queries]
            found.append([{hit.article.id for hit in result.hits} for result in results])
            counted.append([archive.search.facets(query) for query in queries])
    assert found[0] == found[1]
    assert counted[0] == counted[1]
    assert all(found[0])


def test_too_many_to_rank_are_said_to_be(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    set_sizes(monkeypatch, WALKED | ranked(3))
    filled(archive, *("Đám cháy." if number % 2 else "Mưa." for number in range(1, 20)))
    query = SearchQuery(parse_words("cháy"))
    result = archive.search.find(query)
    assert (result.total, result.complete, result.total_is_exact) == (3, False, False)
    assert result.ranked_since == at(15)
    counted = archive.search.facets(query)
    assert (counted.total, counted.complete, counted.counted_since) == (3, False, at(15))
    newest = archive.search.find(replace(query, order="date", limit=9))
    assert len(newest.hits) == 9
    assert newest.complete
    assert not newest.total_is_exact


FEW: Sizes = {"tsvector.LOOKED_AT": 8, "search.READ": 8, "fts5.FEW": 99_999}


@pytest.mark.parametrize("sizes", [WALKED, INDEX])
def test_of_many_that_may_match_the_newest_are_looked_at(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, sizes: Sizes
) -> None:
    set_sizes(monkeypatch, sizes | FEW)
    filled(archive, *("Chợ đêm." if number % 3 else "Chợ cho đêm." for number in range(1, 20)))
    query = SearchQuery(parse_words('"chợ dem"'))
    result = archive.search.find(query)
    assert (result.total, result.complete, result.total_is_exact) == (5, False, False)
    assert result.ranked_since == at(12)
    assert archive.search.facets(query).counted_since == at(12)
    old = archive.search.find(replace(query, until=at(5)))
    assert (old.total, old.complete) == (3, True)
    assert len(archive.search.find(replace(query, order="date")).hits) == 13


@pytest.mark.parametrize("sizes", [WALKED, INDEX])
def test_nothing_is_said_to_be_left_out_where_nothing_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, sizes: Sizes
) -> None:
    set_sizes(monkeypatch, sizes | FEW)
    filled(archive, *("Chợ cho đêm." if number < 14 else "Chợ đêm." for number in range(1, 20)))
    for since in (None, at(14), at(12)):
        query = SearchQuery(parse_words('"chợ dem"'), since=since)
        result = archive.search.find(query)
        assert (result.total, result.complete, result.total_is_exact) == (6, True, True)
        assert result.ranked_since is None
        assert archive.search.facets(query).complete
    older = archive.search.find(SearchQuery(parse_words('"chợ cho dem"')))
    assert not older.complete


def test_articles_that_do_not_match_take_no_place(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive, *["Đám cháy."] * 3, *["Cháy dưới mưa."] * 4, *["Khói."] * 2, "Ba định cháy.")
    for text, number in (("cháy -mưa", 4), ('cháy -"Ba Đình"', 8)):
        query = SearchQuery(parse_words(text))
        for most in (number - 1, number):
            set_sizes(monkeypatch, INDEX | ranked(most))
            result = archive.search.find(query)
            assert (result.total, result.complete) == (most, most == number)
            assert archive.search.facets(query).total == most


@pytest.mark.parametrize("sizes", [WALKED, INDEX])
def test_phrases_may_mix_words_with_and_without_diacritics(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, sizes: Sizes
) -> None:
    set_sizes(monkeypatch, sizes)
    filled(archive, "Ở Ba Đình.", "Ngô Bá Đình.", "Ba định luật.", "Ba định ở đình.", "Đình Ba.")
    assert ids(archive, '"Ba Đình"', order="date") == ["2", "1"]
    assert ids(archive, '"ba dinh"', order="date") == ["4", "3", "2", "1"]
    assert ids(archive, '"o ba dinh"', order="date") == ["1"]
    assert ids(archive, "ba-dinh-lu*", order="date") == ["3"]
    assert ids(archive, 'đình -"Ba Đình"', order="date") == ["5", "4"]
    assert ids(archive, 'dinh -"o ba dinh"', order="date") == ["5", "4", "3", "2"]


def test_the_newest_come_first_though_a_minute_is_full(archive: Archive) -> None:
    for number in range(1, 200):
        moment = at(0) if number % 3 else at(number % 7)
        put(archive, 0, article(number, "Chợ.", published_at=moment))
    every: list[dict[str, Any]] = [
        {},
        {"until": at(0) + timedelta(seconds=1)},
        {"since": at(1), "until": at(5)},
    ]
    for bounds in every:
        query = ArticleQuery(**bounds)
        expected = [one.latest.article.article_id for one in archive.articles.find(query)]
        assert ids(archive, "chợ", order="date", limit=70, **bounds) == expected[:70]
        assert ids(archive, "", kinds=("text",), order="date", limit=70, **bounds) == expected[:70]
    assert list(archive.maintenance.check(lambda _name: None)) == []


def test_so_many_words_are_not_ranked(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archive, "Năm nay.", "Nắng, nắng nóng, nắng nực.", "Cháy rừng", "Nghề nón nước nong.")
    set_sizes(monkeypatch, {"fts5.SCORED": 3})
    assert sorted(ids(archive, "n*")) == ["1", "2", "4"]
    if archive.database.engine.dialect.name == "sqlite":
        assert ids(archive, "n*") == ["4", "2", "1"]


def test_a_very_long_article_is_found_by_its_words(archive: Archive) -> None:
    many = " ".join(f"chữ{number}" for number in range(120_000))
    put(archive, 0, article(1, f"Đầu bài. {many}", title="Dài"))
    assert ids(archive, '"đầu bài"') == ids(archive, "chữ9 dai") == ["1"]
    assert ids(archive, '"chữ8 chữ9"') == ["1"]
    put(archive, 9, article(1, "Ngắn.", title="Ngắn"))
    assert ids(archive, "chữ9") == []


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
