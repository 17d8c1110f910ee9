"""Queries that mean no good: each finds what reading does, on both databases, or is refused."""

import pytest

from storage.archive import Archive
from storage.errors import QueryError
from storage.model.search import SearchQuery, Term, Word, Words
from storage.search.query_syntax import parse_words
from storage.text.normalize import fold
from storage.text.words import spelled
from tests.support.samples import article
from tests.support.searching import by_hand
from tests.support.tagging import put

TEXTS = [
    "Chợ đêm NEAR sông, AND cầu OR phà NOT đò.",
    'Ông nói: "cháy chợ" rồi -im- lặng* (thật) {sao} [nhỉ] ^title: đúng.',
    "a_b __ _ a__b _a b_ x\\y 'q' it's :* <-> !not & or | ''' % $$ ; -- DROP TABLE articles",
    "Lửa 🔥 cháy 👩\u200d🚒 cứu hoả 🇻🇳 số 1️⃣ tốc\u00adđộ phòng\u200bkhông",
    "e\u0302\u0301 ê\u0301 ế e\u0301\u0302 đ\u0323 ĐÀ Ðà Nẵng Dà a\u0301\u0300 o\u031b\u0309",
    "İstanbul straße STRASSE ﬁ fi Ǆ ǆ ① ½ ٣ ๓ 中文 中 文 Ω ω ς Σ ϲ",
    "§outlet§baothu §kind§text outlet:baothu filed:x rowid:1 \u2427 \u2422 \u245f text title",
    "x" * 64 + " " + "x" * 65 + " " + "đ" * 200 + " 0912.345.678 1,5 1.5 15 1e5 TP.HCM tp hcm",
    "nul\0ở giữa và lone \ud800 surrogate cũng vậy",
]
QUERIES = [
    *("NEAR", "NEAR(chợ đêm)", "chợ NEAR/2 sông", "AND", "chợ AND cầu", "NOT", "chợ NOT đò", "or"),
    *("title:chợ", "{title}: chợ", "^chợ", "chợ + đêm", "(chợ OR cầu)", "filed:x", "rowid:1"),
    *("a_b", "_", "__", "a__b", "_a", "a b", '"a b"', "x\\y", "\\", "'q'", "it's", "'", "''", ":*"),
    *("<->", "!not", "&", "|", "chợ & cầu", "chợ | cầu", "%", "$$", "; DROP TABLE articles; --"),
    *("§outlet§baothu", '"§kind§text"', "outlet:baothu", "\u2427", "\u2422", "text", "-im- chợ"),
    *(
        "🔥",
        "👩\u200d🚒",
        "🇻🇳",
        "1️⃣",
        "cháy 🔥",
        '"lửa cháy"',
        '"🔥"',
        "tốc\u00adđộ",
        "phòng\u200bkhông",
    ),
    *("e\u0302\u0301", "ế", "e", "đ\u0323", "Ðà", "đà", "dà", "da", "a\u0301\u0300", "ở", "\u0301"),
    *("İstanbul", "i̇stanbul", "istanbul", "straße", "strasse", "ﬁ", "fi", "Ǆ", "ǆ", "①", "½", "٣"),
    *("๓", "中文", "中", "中*", "Ω", "Σ", "ς", "σ", "x" * 64, "x" * 65, "x" * 64 + "*", "đ" * 300),
    *("0912*", "0912.345.678", "1,5", "1.5", "15", "1e5", "TP.HCM", "tp.hcm*", "t*", "x* -y", "c*"),
    *("nul\0ở", "nul", '"nul ở"', "\0", "chợ\0đêm", "\ud800", "lone\ud800surrogate", "-\ud800"),
    *('"', '""', '"chợ', 'chợ"', '"chợ""đêm"', "“chợ đêm”", '-"chợ đêm" a', "-", "--", "- -", "*"),
    *("**", "-*", '"*"', "chợ*đêm", "*chợ", "-chợ", "-chợ -đêm", "OR", "chợ OR", "OR chợ", "OR OR"),
    *(
        "chợ -chợ",
        "chợ OR -đêm",
        "a " * 64,
        "a " * 65,
        "a" * 2000,
        "a" * 2001,
        '"' + "a " * 60 + '"',
    ),
    *("\n", "\t chợ \r\n đêm", "chợ\u00a0đêm", "chợ\u3000đêm", "ch\u200bợ", "\ufeffchợ", "CHỢ ĐÊM"),
    *(
        "chợ.đêm",
        "chợ-đêm",
        "chợ--đêm",
        "chợ/đêm",
        "chợ…đêm",
        '"chợ . đêm"',
        '"đêm near"',
        "…",
        "-…",
    ),
]


def test_any_query_finds_what_reading_does_or_is_refused(archive: Archive) -> None:
    for number, text in enumerate(TEXTS, start=1):
        put(archive, 0, article(number, text, title=text[:40], tags=(text[:60],)))
    refused = 0
    for text in QUERIES:
        for loose in (False, True):
            try:
                words = parse_words(text, fold=loose)
            except QueryError as error:
                assert "expected" in str(error) or "no word" in str(error), text
                refused += 1
                continue
            query = SearchQuery(words, order="date", limit=100)
            found = [hit.article.id for hit in archive.search.find(query).hits]
            assert found == by_hand(archive, query), text
            assert archive.search.facets(query).total == len(found), text
    assert 0 < refused < len(QUERIES)


@pytest.mark.parametrize(
    "value", ["'", "\\", "a'b\\c", "\ud800", "🔥", "%", '"', "_", "§", "ế", "a≠b"]
)
def test_any_value_is_filed_and_found(archive: Archive, value: str) -> None:
    put(archive, 0, article(1, "Tin.", tags=(value,), authors=(f"x {value}",), section=(value,)))
    put(archive, 0, article(2, "Tin.", tags=("khác",)))
    for query in (SearchQuery(tags=(value,)), SearchQuery(sections=(value,))):
        assert [hit.article.id for hit in archive.search.find(query).hits] == [1]
    assert archive.search.find(SearchQuery(authors=(f"x  {value}",))).total == 1
    assert archive.search.find(SearchQuery(tags=(fold(value),))).total == 1
    counted = archive.search.facets(SearchQuery()).counts["tag"]
    assert sum(count for _, count in counted) == 2


def test_any_text_leaves_the_index_with_its_article(archive: Archive) -> None:
    for number, text in enumerate(TEXTS, start=1):
        put(archive, 0, article(number, text, title=text[:40], tags=(text[:60],), authors=(text,)))
    for number in range(1, len(TEXTS) + 1):
        put(archive, 9, article(number, "Trống."))
    left = {fold(word) for _, _, word in spelled("Khánh thành cầu số Trống")}
    for word in {word for text in TEXTS for _, _, word in spelled(text)}:
        query = SearchQuery(Words(((Term((Word(word, loose=True),)),),)))
        assert archive.search.find(query).total == 0 or fold(word) in left | set("123456789"), word
    assert list(archive.maintenance.check(lambda _name: None)) == []
