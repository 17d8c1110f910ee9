"""Searching the archive, on both databases."""

import re
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from storage.archive import Archive
from storage.errors import ArchiveError, NotFoundError
from storage.model.readings import Reread
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from tests.support.rereading import reread
from tests.support.samples import article, at, capture, refusal
from tests.support.searching import filled, ids
from tests.support.tagging import about, put

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


def test_words_find_what_they_mean(archive: Archive) -> None:
    filled(
        archive,
        "Nước ngập nhiều nơi ở quận Đống Đa.",
        "Đám cháy giữa mùa Covid-19 đã tắt.",
        "Anh chạy bộ, từng cử chỉ đều nhanh.",
        "Làng nghề ở Củ Chi, xưa và nay.",
        unicodedata.normalize("NFD", "Dòng da giày ở Hoà Bình."),
    )
    assert {text: ids(archive, text, order="date") for text, _ in CASES} == dict(CASES)


def test_a_beginning_is_that_of_the_word_with_its_diacritics(archive: Archive) -> None:
    filled(archive, "Di động", "Mã diđộng", "Hoàng hôn", "Hoà bình", "Hóang", "Toán", "ahá", "Án")
    assert ids(archive, "đ*", order="date") == ["1"]
    assert ids(archive, "á*", order="date") == ["8"]
    assert ids(archive, "hoà*", order="date") == ids(archive, "hòa*", order="date") == ["4", "3"]
    assert ids(archive, "toá*", order="date") == ["6"]
    assert ids(archive, "hoa*", order="date") == ["5", "4", "3"]
    (hit,) = archive.search.find(SearchQuery(parse_words("hoàn*"))).hits
    assert [hit.article.latest.article.body[one.start : one.end] for one in hit.marks] == ["Hoàng"]


def test_fold_loosens_every_word(archive: Archive) -> None:
    filled(archive, "Một đám cháy.", "Ai cũng chạy.", "Cử chỉ đẹp.", "Ở Củ Chi.")
    assert ids(archive, "cháy", fold=True, order="date") == ["2", "1"]
    assert ids(archive, '"Củ Chi"', fold=True, order="date") == ["4", "3"]


def test_phrases_end_with_their_field(archive: Archive) -> None:
    item = article(
        1, "lửa lớn", title="Tin mới", sapo="có cháy", authors=("An Bình",), tags=("hồ", "sông")
    )
    put(archive, 0, item)
    for phrase in ("mới có", "cháy an", "bình hồ", "hồ sông", "sông lửa", "cháy lửa"):
        assert ids(archive, f'"{phrase}"') == []
    for phrase in ("tin mới", "có cháy", "an bình", "lửa lớn"):
        assert ids(archive, f'"{phrase}"') == ["1"]
    assert ids(archive, "hồ sông lửa") == ["1"]


def test_the_newest_state_is_found_and_no_other(archive: Archive) -> None:
    put(archive, 0, article(1, "Đám cháy lớn."))
    put(archive, 20, article(1, "Đám khói lớn."))
    put(archive, 10, article(1, "Đám bụi lớn."))
    assert ids(archive, "khói") == ["1"]
    assert ids(archive, "cháy") == ids(archive, "bụi") == []


def test_articles_joined_are_found_once(archive: Archive) -> None:
    moved = "https://baothu.vn/moved-1.html"
    put(archive, 0, article(text="A cháy"))
    put(archive, 30, article(text="C khói", url=moved, article_id=None))
    assert len(ids(archive, "khói")) == 1
    put(archive, 20, article(text="B lửa", url=moved))
    assert ids(archive, "cháy") == ids(archive, "lửa") == []
    assert len(ids(archive, "khói OR thành")) == 1


def test_what_is_refused_is_no_longer_found(archive: Archive) -> None:
    put(archive, 0, article(1, "Gọi 0912345678 gặp Alexandrova.", authors=("Ông Kín",)))
    put(archive, 0, article(2, "Gọi 19001234, gặp Alexandrova."))
    assert reread(archive, refusal(1, version=2)) == [Reread.REFUSED]
    assert ids(archive, "gọi") == ["2"]
    assert ids(archive, "alexandrova") == ["2"]
    assert ids(archive, "", authors=("Ông Kín",)) == []
    put(archive, 50, article(1, "Gọi 0912345678."))
    assert ids(archive, "0912345678") == ["1"]


def test_words_that_others_have_outlast_a_redaction(archive: Archive) -> None:
    put(archive, 0, article(1, "Cháy ở Plờm."))
    put(archive, 9, article(1, "Cháy ở Khạq."))
    put(archive, 0, article(2, "Cháy rồi."))
    archive.maintenance.redact("1", "phán quyết", "an", at(50))
    assert ids(archive, "chay") == ids(archive, "ch*") == ["2"]


def test_the_best_come_first(archive: Archive) -> None:
    put(archive, 0, article(1, "đa " * 90 + "đống cát"))
    put(archive, 0, article(2, "Ở quận có đống cát và cây đa."))
    put(archive, 0, article(3, "Ở quận Đống Đa."))
    put(archive, 0, article(4, "Chuyện hôm nay.", title="Quận Đống Đa"))
    put(archive, 0, article(5, "Chẳng có gì."))
    assert ids(archive, "quan dong da") == ["4", "3", "2"]
    assert ids(archive, "quan dong da", limit=1) == ["4"]


def test_of_copies_of_one_story_the_first_is_shown(archive: Archive) -> None:
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


def test_bad_bounds_are_refused(archive: Archive) -> None:
    for limit in (0, 1001):
        with pytest.raises(ValueError, match="limit is"):
            archive.search.find(SearchQuery(limit=limit))
    naive = SearchQuery(since=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake meant
    with pytest.raises(ValueError, match="since has no time zone"):
        archive.search.facets(naive)


def test_what_was_rolled_back_can_be_stored_again(archive: Archive) -> None:
    failing = capture(0, 1, record_id="")
    with pytest.raises(NotFoundError, match="gazetteer"):
        put(archive, 0, article(1, "Cá nghêu."), about("q-none"))
    with pytest.raises(ValueError, match="no record id"):
        archive.articles.store("run-1", failing, article(1, "Sò."))
    put(archive, 0, article(2, "Ngao sò."))
    put(archive, 0, article(1, "Cá nghêu."))
    assert ids(archive, "nghêu") == ["1"]
    assert ids(archive, "sò") == ["2"]


def test_a_commit_that_failed_leaves_archive_and_index_in_step(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive, "Nước sông lên.")
    dialect = archive.database.engine.dialect

    def fail(_connection: object) -> None:
        raise dialect.loaded_dbapi.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(dialect, "do_commit", fail)
        with pytest.raises(ArchiveError):
            put(archive, 5, article(2, "Chó sủa trăng."))
    assert ids(archive, "chó") == []
    put(archive, 6, article(3, "Mèo trèo cây cau."))
    put(archive, 7, article(2, "Chó sủa trăng."))
    assert ids(archive, "chó") == ["2"]
    assert ids(archive, "mèo") == ["3"]
    assert list(archive.maintenance.check(lambda _name: None)) == []


EXAMPLES = re.findall(
    r"^-- (SQLite|PostgreSQL).*\n((?:(?!--|```).*\n)+)",
    Path("docs/search.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_pages_statements_find_what_a_search_does(archive: Archive) -> None:
    filled(archive, "Chợ đêm mở.", "Đêm chợ đóng.", "Cho đêm.", "Phố có chợ đêm.")
    database = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    (example,) = (sql for name, sql in EXAMPLES if name == database[archive.database.engine.name])
    with archive.database.engine.connect() as conn:
        assert [row[0] for row in conn.exec_driver_sql(example)] == [4, 1]
    assert ids(archive, '"chợ đêm"', order="date") == ["4", "1"]
    assert ids(archive, '"cho dem"', order="date") == ["4", "3", "1"]
