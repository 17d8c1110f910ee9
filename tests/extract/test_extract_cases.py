"""Small pages after public bug reports (in TINQUAN_SHARED): what comes out of each."""

import os
from pathlib import Path

import pytest

from tests.support.cases import failures
from tests.support.paths import ROOT

CASES = Path(os.environ.get("TINQUAN_SHARED") or ROOT.parent / "shared") / "cases/extraction"
# Numbers of the cases that are not read right yet, by kind. Strict: one that passes must go.
NOT_YET = {
    "furniture": "271",
}
_REASONS = {number: kind for kind, numbers in NOT_YET.items() for number in numbers.split()}

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases in {CASES}"),
]


def _case(file: Path) -> object:
    kind = _REASONS.get(file.stem)
    marks = [pytest.mark.xfail(reason=f"kind not mended: {kind}", strict=True)] if kind else []
    return pytest.param(file, id=file.stem, marks=marks)


@pytest.mark.parametrize("file", [_case(file) for file in sorted(CASES.glob("*.json"))])
def test_a_page_is_read_as_its_case_expects(file: Path) -> None:
    assert failures(file) == []
