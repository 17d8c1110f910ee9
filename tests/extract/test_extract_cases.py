"""Small pages after public bug reports (in TINQUAN_SHARED): what comes out of each."""

import os
from pathlib import Path

import pytest

from tests.support.cases import failures
from tests.support.paths import ROOT

CASES = Path(os.environ.get("TINQUAN_SHARED") or ROOT.parent / "shared") / "cases/extraction"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases in {CASES}"),
]


@pytest.mark.parametrize("file", sorted(CASES.glob("*.json")), ids=lambda file: file.stem)
def test_a_page_is_read_as_its_case_expects(file: Path) -> None:
    assert failures(file) == []
