"""Every recorded page of tests/pages, field by field."""

from datetime import datetime

import pytest

from crawler.extract import extract
from crawler.families import FAMILIES
from crawler.onboarding.fixture import expected_value
from storage.model.articles import Article
from tests.support.pages_fixture import Fixture, difference, load_fixture, page_names, to_confirm


def _same(field: str, wanted: object, shown: object) -> bool:
    if field.endswith("_at") and isinstance(wanted, str) and isinstance(shown, str):
        try:
            return datetime.fromisoformat(wanted) == datetime.fromisoformat(shown)
        except ValueError:  # the page was refused, and that is told instead
            return False
    return wanted == shown


def _differences(fixture: Fixture) -> list[str]:
    result = extract(fixture.page, fixture.outlet)
    pairs = [(field, wanted, expected_value(result, field)) for field, wanted in fixture.wanted]
    return [difference(*pair) for pair in pairs if not _same(*pair)]


@pytest.mark.parametrize("name", page_names())
def test_page(name: str) -> None:
    fixture = load_fixture(name)
    if told := _differences(fixture):
        pytest.fail(f"{name}:\n" + "\n".join(told), pytrace=False)
    if message := to_confirm(name, fixture):
        pytest.fail(message, pytrace=False)


def _detected() -> list[str]:
    fixtures = {name: load_fixture(name) for name in page_names()}
    return [
        name
        for name, fixture in fixtures.items()
        if fixture.outlet and FAMILIES[fixture.outlet.family].layouts and fixture.is_article
    ]


@pytest.mark.parametrize("name", _detected())
def test_page_of_an_outlet_without_a_file_is_read_by_its_marks(name: str) -> None:
    fixture = load_fixture(name)
    article = extract(fixture.page, None)
    assert isinstance(article, Article), article
    for field, wanted in fixture.wanted:
        if field in {"title", "blocks", "authors", "published_at", "images", "family", "layout"}:
            assert _same(field, wanted, expected_value(article, field)), field
