"""No rule of identity joins two pages whose texts have nothing in common, on both databases."""

from typing import Any

import pytest

from storage.archive import Archive
from storage.dedup.similarity import are_unrelated
from storage.model.articles import Arrival, Article, ArticleQuery, Block, Stored, Verdict
from storage.model.readings import Reread
from tests.support.rereading import reread
from tests.support.samples import article, capture

FAIR = "https://baothu.vn/10-ten-sach-ban-chay-tai-hoi-sach-2016.html"
AWARDS = "https://baothu.vn/trao-giai-cuoc-thi-viet-nam-2016.html"
FAIR_TEXT = (
    "Hội sách mùa thu của tỉnh Bình Hòa đóng cửa tối Chủ nhật sau năm ngày bán hàng liên tục.",
    "Bốn mươi sáu nhà xuất bản đem về đây hơn hai vạn đầu sách cho bạn đọc nhỏ tuổi.",
)
AWARDS_TEXT = (
    "Sáng nay, nhà văn hóa phường Đông An trao thưởng những bài dự thi về dòng kênh xanh.",
    "Giải nhất thuộc về một cô giáo tiểu học kể chuyện gom rác cùng học trò mỗi cuối tuần.",
)


def page(url: str, title: str, text: tuple[str, ...], **changes: Any) -> Article:
    blocks = tuple(Block("paragraph", line) for line in text)
    return article(url=url, title=title, blocks=blocks, **changes)


def fair(url: str = FAIR, **changes: Any) -> Article:
    return page(url, "Mười tên sách bán chạy nhất hội sách", FAIR_TEXT, **changes)


def awards(url: str = AWARDS, **changes: Any) -> Article:
    return page(url, "Trao giải cuộc thi viết về kênh rạch", AWARDS_TEXT, **changes)


def put(archive: Archive, minutes: float, result: Article, url: str, *aliases: str) -> Stored:
    seen = capture(minutes, url=url, record_id=f"{minutes} {url}")
    return archive.articles.store("run-1", seen, result, aliases)


def test_a_year_taken_for_an_id_joins_nothing(archive: Archive) -> None:
    put(archive, 0, fair(article_id="2016"), FAIR)
    stored = put(archive, 1, awards(article_id="2016"), AWARDS)
    assert (stored.verdict, stored.id, stored.apart_from) == (Verdict.NEW, 2, 1)
    assert archive.articles.get(AWARDS).latest.article.title == awards().title
    assert [len(one.revisions) for one in archive.articles.find(ArticleQuery())] == [1, 1]
    # Each is found again at its own address, and neither grows.
    assert put(archive, 2, awards(article_id="2016"), AWARDS).verdict is Verdict.UNCHANGED
    assert put(archive, 3, fair(article_id="2016"), FAIR).verdict is Verdict.UNCHANGED


def test_a_batch_keeps_apart_what_one_by_one_does(archive: Archive) -> None:
    given = [
        Arrival(capture(0, url=FAIR, record_id="a"), fair(article_id="2016")),
        Arrival(capture(1, url=AWARDS, record_id="b"), awards(article_id="2016")),
        Arrival(capture(2, url=AWARDS, record_id="c"), awards(article_id="2016")),
    ]
    answers = archive.articles.store_many("run-1", given)
    assert [(one.verdict, one.id, one.apart_from) for one in answers] == [
        (Verdict.NEW, 1, None),
        (Verdict.NEW, 2, 1),
        (Verdict.UNCHANGED, 2, None),
    ]


def test_a_canonical_link_to_another_article_joins_nothing(archive: Archive) -> None:
    put(archive, 0, fair(article_id=None), FAIR)
    stored = put(archive, 1, awards(url=FAIR, article_id=None), AWARDS)
    assert (stored.verdict, stored.id, stored.apart_from) == (Verdict.NEW, 2, 1)
    assert archive.articles.get(FAIR).id == 1
    assert archive.articles.get(AWARDS).id == 2
    again = put(archive, 2, awards(url=FAIR, article_id=None), AWARDS)
    assert (again.verdict, again.id) == (Verdict.UNCHANGED, 2)
    assert archive.articles.seen("baothu", [FAIR, AWARDS]) == {FAIR, AWARDS}


def test_the_page_at_an_address_takes_it_from_one_that_only_names_it(archive: Archive) -> None:
    put(archive, 0, awards(url=FAIR, article_id=None), AWARDS)  # the wrong link is met first
    raw = FAIR.replace("https://", "https://www.")
    stored = put(archive, 1, fair(article_id=None), raw, FAIR)
    assert (stored.id, stored.apart_from) == (2, 1)
    assert archive.articles.get(FAIR).id == 2
    assert archive.articles.get(AWARDS).id == 1
    assert put(archive, 2, fair(article_id=None), raw, FAIR).verdict is Verdict.UNCHANGED


def test_an_address_that_once_redirected_is_its_own_page_later(archive: Archive) -> None:
    put(archive, 0, fair(article_id=None), FAIR, AWARDS)
    stored = put(archive, 1, awards(article_id=None), AWARDS)
    assert (stored.id, stored.apart_from) == (2, 1)
    assert archive.articles.get(AWARDS).id == 2


def test_an_id_does_not_join_two_articles_that_are_unrelated(archive: Archive) -> None:
    put(archive, 0, fair(article_id="1"), FAIR)
    put(archive, 1, awards(article_id=None), AWARDS)
    put(archive, 2, awards(article_id="1"), AWARDS)  # the outlet gives it the other's id
    assert [len(one.revisions) for one in archive.articles.find(ArticleQuery())] == [1, 1]


def test_a_page_that_takes_an_address_over_joins_nothing(archive: Archive) -> None:
    put(archive, 0, fair(article_id="1"), FAIR)
    put(archive, 1, awards(article_id=None), AWARDS)
    # The outlet shows article 1, id and all, at the other's address from now on.
    stored = put(archive, 2, fair(url=AWARDS, article_id="1"), AWARDS)
    assert (stored.verdict, stored.id) == (Verdict.UNCHANGED, 1)
    found = {one.id: one.latest.article.title for one in archive.articles.find(ArticleQuery())}
    assert found == {1: fair().title, 2: awards().title}


def test_a_text_that_is_replaced_at_the_same_address_is_a_revision(archive: Archive) -> None:
    put(archive, 0, fair(article_id="1"), FAIR)
    stored = put(archive, 1, awards(url=FAIR, article_id="1"), FAIR)
    assert (stored.verdict, stored.id, stored.apart_from) == (Verdict.REVISED, 1, None)


def test_a_rewritten_story_under_a_new_slug_stays_one(archive: Archive) -> None:
    put(archive, 0, fair(article_id="1"), FAIR)
    new = page(AWARDS, "Hội sách Bình Hòa bán hai vạn đầu sách", (FAIR_TEXT[1],), article_id="1")
    stored = put(archive, 1, new, AWARDS)
    assert (stored.verdict, stored.id, stored.apart_from) == (Verdict.REVISED, 1, None)


def test_reading_again_joins_nothing_either(archive: Archive) -> None:
    put(archive, 0, fair(article_id="2016"), FAIR)
    put(archive, 1, awards(article_id="7"), AWARDS)
    effects = reread(archive, fair(article_id="2016"), awards(article_id="2016"))
    assert effects == [Reread.UNCHANGED, Reread.CHANGED]
    found = {one.id: one.latest.article.title for one in archive.articles.find(ArticleQuery())}
    assert found == {1: fair().title, 2: awards().title}
    assert archive.articles.get(AWARDS).id == 2


@pytest.mark.parametrize(
    ("other", "unrelated"),
    [
        (awards(), True),
        (page(AWARDS, "Tin khác", AWARDS_TEXT), True),
        (page(AWARDS, fair().title, AWARDS_TEXT), False),  # the same headline
        (page(AWARDS, "Tin khác", FAIR_TEXT[:1]), False),  # cut to one of two paragraphs
        (page(AWARDS, "Ảnh: hội sách", ("Không có chữ.",)), False),  # too short to prove anything
        (page(AWARDS, "", ()), False),
    ],
)
def test_unrelated_texts(other: Article, *, unrelated: bool) -> None:
    assert are_unrelated(fair(), other) is unrelated
    assert are_unrelated(other, fair()) is unrelated
