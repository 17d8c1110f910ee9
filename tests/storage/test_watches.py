"""What the archive learned since a cursor, whoever stores meanwhile and in whatever order."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.archive import Archive, open_archive
from storage.errors import QueryError
from storage.model.articles import Article, ArticleQuery, Refusal, RefusalReason
from storage.model.clusters import ClusterQuery
from storage.model.edits import EditQuery
from storage.model.places import Score, Tags
from storage.model.readings import RereadQuery
from storage.model.search import SearchQuery
from storage.model.watches import TOPICS, ArrivalCursor, ArrivalQuery, Arrivals, Look
from storage.search.query_syntax import parse_words
from storage.sql.engine.connect import ARRIVALS, lock_shared
from storage.sql.watches.sieve import Candidate, Sieve
from tests.support.observations import put
from tests.support.samples import article, at, read_by, refusal, run
from tests.support.stories import put as put_story
from tests.support.stories import start_runs, story, told
from tests.support.tagging import NEW, OLD, about
from tests.support.tagging import put as put_tagged

EVERYTHING = SearchQuery(outlets=("baothu",))
START = ArrivalCursor()


def since(
    archive: Archive, after: ArrivalCursor = START, query: SearchQuery = EVERYTHING
) -> Arrivals:
    asked = ArrivalQuery(query, after, frozenset(TOPICS))
    return archive.watches.arrivals([asked], archive.watches.head())[0]


def test_what_is_stored_later_arrives_later_whatever_its_dates(archive: Archive) -> None:
    put(archive, 500, article(1))
    first = archive.watches.head()
    put(archive, 3, article(2, published_at=at(-90_000)), number=2)  # an older capture, replayed
    assert since(archive) == Arrivals(new=(1, 2))
    assert since(archive, first) == Arrivals(new=(2,))
    assert since(archive, archive.watches.head()) == Arrivals()


def test_an_edit_arrives_once_both_its_states_are_there(archive: Archive) -> None:
    put(archive, 50, article(1, "Sau khi sửa, cầu dài mười mét."))
    first = archive.watches.head()
    put(archive, 10, article(1, "Trước khi sửa, cầu dài năm mét."))  # the earlier state, replayed
    assert since(archive, first) == Arrivals(edits=((1, 2),))
    second = archive.watches.head()
    put(archive, 40, article(1, "Sau khi sửa, cầu dài mười mét."))  # of the same two states
    put(archive, 12, article(1, "Trước khi sửa, cầu dài năm mét."))
    assert since(archive, second) == Arrivals()
    put(archive, 60, article(1, "Sửa lần nữa, cầu dài hai mươi mét."))
    assert since(archive, second) == Arrivals(edits=((1, 3),))
    assert since(archive) == Arrivals(new=(1,), edits=((1, 2), (1, 3)))


def test_what_our_own_code_may_have_changed_is_no_edit(archive: Archive) -> None:
    put(archive, 1, article(1, "Một bản."))
    put(archive, 2, read_by(2, article(1, "Bản khác, do mã mới đọc.")))
    assert since(archive) == Arrivals(new=(1,))


def test_a_removal_arrives_once_and_again_where_the_page_was_back(archive: Archive) -> None:
    put(archive, 1)
    put(archive, 10, refusal())
    first = archive.watches.head()
    assert since(archive).removed == (1,)
    put(archive, 20, refusal())
    assert since(archive, first) == Arrivals()
    put(archive, 30)
    assert since(archive).removed == ()
    second = archive.watches.head()
    put(archive, 40, refusal())
    assert since(archive, second) == Arrivals(removed=(1,))


def test_a_page_that_was_refused_and_is_an_article_after_all_arrives(archive: Archive) -> None:
    put(archive, 1, article(2), number=2)
    put(archive, 2, refusal(1, RefusalReason.NOT_ARTICLE, version=1))
    first = archive.watches.head()
    every = archive.captures.to_reread(RereadQuery(version=2), 9)
    (again,) = [number for number, _, result in every if isinstance(result, Refusal)]
    archive.captures.reread([(again, read_by(2, article(1)))], 2, at(99))
    assert len(since(archive, first).new) == 1


def test_copies_of_a_told_story_are_told_apart(archive: Archive) -> None:
    start_runs(archive)
    both = SearchQuery(parse_words("mới"))
    lines = (*story(1), "Tin mới.")
    put_story(archive, told(0, lines, title="Cầu vượt mở cửa"))
    put_story(archive, told(1, lines, minutes=5, title="Cầu vượt mở cửa"))
    first = archive.watches.head()
    put_story(archive, told(2, lines, minutes=9, title="Cầu vượt mở cửa"))
    assert since(archive, START, both) == Arrivals(new=(1, 2, 3))
    assert since(archive, first, both) == Arrivals(copies=(3,))
    # Who watches the second outlet alone has not been told of it.
    other = SearchQuery(outlets=("baoba",))
    assert since(archive, first, other) == Arrivals(new=(3,))
    report = archive.watches.report(since(archive, START, both), both, 10)
    assert [one.article.id for one in report.new] == [1]
    assert report.new[0].cluster.outlets == ("baothu", "baohai", "baoba")


def test_a_time_means_what_was_learned_since(archive: Archive) -> None:
    put(archive, 5, article(1))
    put(archive, 50, article(2), number=2)
    put(archive, 60, refusal(9), number=9)
    assert since(archive, archive.watches.cursor_at(at(20))).new == (2,)
    assert since(archive, archive.watches.cursor_at(at(5))).new == (1, 2)
    assert since(archive, archive.watches.cursor_at(at(61))) == Arrivals()
    assert archive.watches.cursor_at(at(1e6)) == archive.watches.head()
    found = archive.articles.find(
        ArticleQuery(arrived_after=archive.watches.cursor_at(at(20)).article)
    )
    assert [one.id for one in found] == [2]


def test_reading_how_far_it_is_waits_for_those_who_store(archive: Archive) -> None:
    if archive.database.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time, whose numbers nobody sees before its end")
    put(archive, 1)
    heads: list[ArrivalCursor] = []
    asking = threading.Thread(target=lambda: heads.append(archive.watches.head()))
    with archive.database.writing() as conn:
        lock_shared(conn, ARRIVALS)
        asking.start()
        asking.join(0.3)
        assert not heads
    asking.join()
    assert heads == [ArrivalCursor(1, 1)]


def test_looks_and_their_deliveries_are_kept_together(archive: Archive) -> None:
    found = Arrivals(new=(1, 2), edits=((3, 4),))
    channels = ("desk", "phone", "desk")
    look = Look("w", at(0), at(5), ArrivalCursor(7, 3), found, channels)
    archive.watches.record([look])
    assert archive.watches.states()["w"].cursor == ArrivalCursor(7, 3)
    desk, phone = archive.watches.open_deliveries()
    assert (desk.channel, phone.channel, desk.digest.arrivals) == ("desk", "phone", found)
    archive.watches.begin_delivery(desk, at(6))
    assert archive.watches.open_deliveries()[0].unconfirmed
    archive.watches.end_delivery(desk, sent_at=at(7), due_at=None)
    archive.watches.begin_delivery(phone, at(6))
    archive.watches.end_delivery(phone, sent_at=None, due_at=at(11))
    (left,) = archive.watches.open_deliveries()
    assert (left.channel, left.attempts, left.due_at, left.unconfirmed) == (
        "phone",
        1,
        at(11),
        False,
    )
    quiet = Look("w", at(5), at(9), ArrivalCursor(8, 3), Arrivals(), ("desk",))
    archive.watches.record([quiet])
    assert [one.made_at for one in archive.watches.digests("w", 5)] == [at(5)]
    later = at(5) + timedelta(days=61)
    much_later = Look("w", at(9), later, ArrivalCursor(9, 3))
    archive.watches.record([much_later])  # perhaps by a clock that jumped: it is still owed
    assert archive.watches.open_deliveries() == [left]
    archive.watches.end_delivery(left, sent_at=None, due_at=None)
    archive.watches.record([much_later])
    assert archive.watches.digests("w", 5) == []
    assert archive.watches.open_deliveries() == []


def test_edits_and_stories_are_asked_for_by_place(gazetteer: Archive) -> None:
    put_tagged(gazetteer, 1, article(1, "Một."), about(OLD.id))
    put_tagged(gazetteer, 2, article(2, "Hai."), about(NEW.id))
    put_tagged(gazetteer, 3, article(1, "Một, sửa lại."), about(OLD.id))
    put_tagged(gazetteer, 4, article(2, "Hai, sửa lại."), about(NEW.id))
    for places, ids in (((OLD.id,), [1]), ((NEW.id,), [2]), ((OLD.id, NEW.id), [2, 1])):
        query = EditQuery(places=places)
        assert [one.id for one in gazetteer.articles.edits(query)] == ids
        assert gazetteer.articles.count_edits(query) == len(ids)
    assert list(gazetteer.clusters.find(ClusterQuery(places=(OLD.id,)))) == []


def test_only_what_is_sure_to_be_about_a_place(gazetteer: Archive) -> None:
    for number, confidence in enumerate(("certain", "likely", None), start=1):
        tags = Tags("v1", (), (Score(OLD.id, 1.0, confidence),))  # type: ignore[arg-type]
        put_tagged(gazetteer, number, article(number), tags)
    assert since(gazetteer, START, SearchQuery(places=(OLD.id,))).new == (1, 2)
    sure = SearchQuery(places=(OLD.id,), about="certain")
    assert since(gazetteer, START, sure).new == (1,)


TEXTS = (
    "Cầu Giấy sửa đường", "cau giay", "Sửa cầu, giấy phép", "Đường Cầu Giấy ngập", "TP.HCM ngập",
    "Duong ngap", "người đi bộ", "đường sắt", "ngân hàng", "cầu giầy", "hoàng hoả", "hòa dđ",
)  # fmt: skip
WORDS = ("cầu", "cau", "giấy", "giay", "đường", "duong", "ngập", "ng*", "đư*", '"cầu giấy"',
         '"cau giay"', "TP.HCM", "người", "hoà*", "đ*", "-ngập", '-"cầu giấy"', "OR")  # fmt: skip
asked = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    file = tmp_path_factory.mktemp("searched") / "archive.db"
    with open_archive(f"sqlite:///{file}") as archive:
        archive.runs.start(run())
        for number, text in enumerate(TEXTS, start=1):
            put(archive, number, _text(number, text), number=number)
        yield archive


def _text(number: int, text: str) -> Article:
    return article(number, text, title=f"Tin {number}", tags=("Giao thông",) if number % 2 else ())


@settings(max_examples=150)
@given(asked, st.sampled_from([(), ("giao thong",), ("Giao thông",), ("khác",)]))
def test_a_watch_finds_what_a_search_finds(
    searched: Archive, words: list[str], tags: tuple[str, ...]
) -> None:
    try:
        query = SearchQuery(parse_words(" ".join(words)), tags=tags, limit=100, order="date")
    except QueryError:
        return
    sieve = Sieve([Candidate(_text(n, text)) for n, text in enumerate(TEXTS, start=1)])
    found = {hit.article.id for hit in searched.search.find(query).hits}
    assert {position + 1 for position in sieve.matches(query)} == found
