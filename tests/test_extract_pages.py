"""Every recorded page of tests/pages, field by field."""

from datetime import datetime

import pytest

from crawler.extract import extract
from crawler.fixture import expected_value
from tests.pages_fixture import difference, load_fixture, load_page, page_names, to_confirm


def _fields() -> list[tuple[str, str]]:
    return [(name, field) for name in page_names() for field in load_page(name)[1]]


@pytest.mark.parametrize(("name", "field"), _fields())
def test_field_of_page(name: str, field: str) -> None:
    fixture = load_fixture(name)
    wanted = fixture.expect[field]
    shown = expected_value(extract(fixture.page, fixture.outlet), field)
    if field.endswith("_at") and wanted and shown:
        same = datetime.fromisoformat(wanted) == datetime.fromisoformat(shown)
    else:
        same = wanted == shown
    if not same:
        pytest.fail(f"{name}: {difference(field, wanted, shown)}", pytrace=False)


@pytest.mark.parametrize("name", page_names())
def test_page_is_confirmed(name: str) -> None:
    if message := to_confirm(name, load_fixture(name)):
        pytest.fail(message, pytrace=False)
