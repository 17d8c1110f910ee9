"""Two readings of one capture: what they come to, and diffs that a person can read."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given

from crawler.reprocess.compare import Effect, differing_fields, effect_of, field_diffs
from storage.model.articles import Article, Block, Extraction, Image, Refusal, RefusalReason
from tests.support.samples import article, articles, at, refusal

BEFORE = article(
    1,
    "Cầu dài 30 m. Xe máy đi được. Ô tô phải chờ.",
    sapo="Sáng nay.",
    tags=("cầu", "xã"),
    images=(Image("https://baothu.vn/cau.jpg", "Cây cầu", None),),
)


def test_only_our_version_differs_is_no_change() -> None:
    newer = replace(BEFORE, extraction=replace(BEFORE.extraction, version=2))
    assert effect_of(BEFORE, newer) is Effect.SAME
    assert differing_fields(BEFORE, newer) == ()
    refused = refusal()
    assert effect_of(refused, replace(refused, version=9)) is Effect.SAME


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (BEFORE, replace(BEFORE, title="Khác"), Effect.CHANGED),
        (BEFORE, refusal(), Effect.REFUSED),
        (refusal(), BEFORE, Effect.ADMITTED),
        (refusal(), refusal(reason=RefusalReason.VIDEO), Effect.CHANGED),
        (BEFORE, refusal(reason=RefusalReason.CRASH), Effect.FAILED),
        (refusal(), refusal(reason=RefusalReason.TIMEOUT), Effect.FAILED),
    ],
)
def test_what_a_reading_comes_to(
    before: Article | Refusal, after: Article | Refusal, effect: Effect
) -> None:
    assert effect_of(before, after) is effect


def test_a_changed_sentence_is_shown_and_the_far_ones_are_not() -> None:
    text = "Một. Hai. Ba. Bốn. Năm. Sáu."
    before = replace(BEFORE, blocks=(Block("paragraph", text), Block("heading", "Đuôi")))
    after = replace(
        BEFORE, blocks=(Block("paragraph", text.replace("Ba.", "3.")), Block("heading", "Đuôi"))
    )
    [diff] = field_diffs(before, after)
    assert diff.field == "body"
    assert diff.lines == ("@@ -2,3 +2,3 @@", "     Hai.", "-    Ba.", "+    3.", "     Bốn.")


def test_every_field_that_differs_has_its_own_diff() -> None:
    after = replace(
        BEFORE,
        sapo=None,
        published_at=at(1) + timedelta(hours=1),
        tags=("cầu",),
        images=(),
        kind="photo",
        extraction=Extraction("epi", "2025", "page", 1),
    )
    diffs = {diff.field: diff.lines for diff in field_diffs(BEFORE, after)}
    assert set(diffs) == {"sapo", "published_at", "tags", "images", "kind", "extraction"}
    assert "-Sáng nay." in diffs["sapo"]
    assert "+2026-03-01T16:01:00+07:00" in diffs["published_at"]
    assert diffs["tags"] == ("@@ -1,2 +1 @@", " cầu", "-xã")
    assert "-https://baothu.vn/cau.jpg | Cây cầu | –" in diffs["images"]
    assert "+family epi, layout 2025, path page" in diffs["extraction"]


def test_an_article_lost_shows_its_text_and_the_reason() -> None:
    [diff] = field_diffs(BEFORE, refusal(reason=RefusalReason.EMPTY))
    assert diff.field == "refusal"
    assert f"-article: {BEFORE.title}" in diff.lines
    assert "+refused as empty: status said empty" in diff.lines


@given(articles, articles)
def test_a_diff_stands_for_each_difference_and_for_nothing_else(
    before: Article, after: Article
) -> None:
    assert field_diffs(before, before) == ()
    names = {"body" if field.name == "blocks" else field.name for field in fields(Article)}
    assert set(differing_fields(before, after)) <= names
    assert (differing_fields(before, after) == ()) == (
        replace(before, extraction=after.extraction) == after
        and replace(before.extraction, version=0) == replace(after.extraction, version=0)
    )
    assert [diff.field for diff in field_diffs(before, after)] == list(
        differing_fields(before, after)
    )
