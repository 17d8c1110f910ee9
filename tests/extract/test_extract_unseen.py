"""Pages of templates that no family knows: every field as on pages of those that one does."""

import pytest

from crawler.extract import extract
from storage.model.articles import Article, Refusal
from tests.support.generic import extract_generic
from tests.support.unseen import UNSEEN, unseen_page, wanted


@pytest.mark.parametrize("name", UNSEEN)
def test_page_of_unknown_template(name: str) -> None:
    page = unseen_page(name)
    assert _shown(extract_generic(page, None)) == wanted(name)


@pytest.mark.parametrize("name", UNSEEN)
def test_no_family_takes_a_page_of_another_template(name: str) -> None:
    page = unseen_page(name)
    assert extract(page, None) == extract_generic(page, None)


def _shown(result: Article | Refusal) -> dict[str, object]:
    assert isinstance(result, Article), result
    fields = ("title", "sapo", "dateline", "authors", "credit", "published_at")
    return {
        **{field: getattr(result, field) for field in fields},
        "blocks": [block.text for block in result.blocks],
        "captions": [image.caption for image in result.images],
    }
