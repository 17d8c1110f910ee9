"""Word-level differences between two states of an article."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crawler.render.diff import Piece, changed_share, compare_articles, compare_texts
from storage.model.articles import Article, Block, Image
from tests.support.samples import article, at

_texts = st.text(alphabet="aăâ bđ\n\tế.́", max_size=40)


def body(*paragraphs: str) -> Article:
    return article(title="Tin", blocks=tuple(Block("paragraph", text) for text in paragraphs))


@given(_texts, _texts)
def test_pieces_give_both_states(before: str, after: str) -> None:
    pieces = compare_texts(before, after)
    assert "".join(piece.text for piece in pieces if piece.op != "removed") == after
    kept = "".join(piece.text for piece in pieces if piece.op != "added")
    again = compare_texts(kept, before)
    assert {piece.op for piece in again} <= {"same"}


@given(_texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {piece.op for piece in compare_texts(text, text)} <= {"same"}


def test_words_are_compared_not_letters_or_lines() -> None:
    found = compare_texts("Cầu dài 120 m.\nHai làn xe.", "Cầu dài 150 m.\nHai làn xe.\nMiễn phí.")
    assert found == (
        Piece("same", "Cầu dài "),
        Piece("removed", "120 "),
        Piece("added", "150 "),
        Piece("same", "m.\nHai làn xe."),
        Piece("added", "\nMiễn phí."),
    )


def test_furniture_is_no_difference() -> None:
    composed, decomposed = "Hoà bình  ở Thuỷ Nguyên", "Hòa bình ở Thủy Nguyên"
    assert {piece.op for piece in compare_texts(composed, decomposed)} == {"same"}


def test_every_field_that_a_reader_sees_is_compared() -> None:
    before = article(sapo="Mở đầu.", authors=("An",), byline="An", credit="TTXVN")
    after = replace(
        before,
        title="Khác",
        sapo=None,
        blocks=(Block("paragraph", "Khác."),),
        authors=("An", "Bình"),
        byline="An - Bình",
        credit=None,
        images=(Image("https://baothu.vn/a.jpg", "Cầu", "An"), Image("https://baothu.vn/b.jpg")),
        published_at=at(90),
        modified_at=at(100),
        tags=("khác",),
    )
    changes = compare_articles(before, after)
    assert [change.field for change in changes] == (
        [
            "title",
            "sapo",
            "body",
            "captions",
            "authors",
            "byline",
            "credit",
            "published_at",
            "modified_at",
        ]
    )
    assert changes[3].pieces == (Piece("added", "Cầu / An"),)
    assert compare_articles(before, before) == ()


def test_the_share_counts_words_of_the_longer_state() -> None:
    one = body("một hai ba bốn", "năm sáu bảy tám chín")  # and its title: ten words
    assert changed_share(one, one) == 0
    assert changed_share(one, body("một hai ba bốn", "năm sáu bảy tám mười")) == 0.1
    assert changed_share(one, body("một hai ba bốn")) == 0.5
    assert changed_share(body("một hai ba bốn"), one) == 0.5
    assert changed_share(article(title="", blocks=()), article(title="", blocks=())) == 0


def test_texts_too_long_to_compare_are_given_whole() -> None:
    before, after = "một " + "a " * 3000 + "x", "một " + "b " * 3000 + "x"
    assert compare_texts(before, after) == (
        Piece("same", "một "),
        Piece("removed", "a " * 3000),
        Piece("added", "b " * 3000),
        Piece("same", "x"),
    )
