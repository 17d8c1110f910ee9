"""The notebook and the R script of docs/analysis answer their question from the demo's archive."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Tinquan
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow  # it replays the demo

ANALYSIS = ROOT / "docs" / "analysis"
R = shutil.which("Rscript")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("analysis")


@pytest.fixture
def export(folder: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the demo's articles about a district, as docs/analysis asks for them."""
    file = folder / "dong-da.parquet"
    if not file.exists():
        monkeypatch.delenv("TINQUAN_CONFIG", raising=False)
        assert tinquan("demo", folder / "demo").code == 0
        words = ("export", "--place", "quận Đống Đa", "--with-successors", "core")
        archive = folder / "demo" / "tinquan.db"
        assert tinquan(*words, "--archive", archive, "--output", file).code == 0
    return file


def test_the_notebook_answers(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINQUAN_EXPORT", str(export))
    notebook = json.loads((ANALYSIS / "district.ipynb").read_text("utf-8"))
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []  # results of somebody's archive are not kept
            exec("".join(cell["source"]), names)
    assert len(names["articles"]) == 8
    assert names["by_month"].loc["2026-09"].to_dict() == {"laodongthudo": 2, "tienphong": 2}
    assert names["by_level"].to_dict() == {"p": 5, "q": 3}
    assert list(names["changed"]["states"]) == []


@pytest.mark.skipif(R is None, reason="no R here")
def test_the_r_script_answers(export: Path) -> None:
    assert R is not None
    asked = [R, "-e", "quit(status = !requireNamespace('arrow', quietly = TRUE))"]
    if subprocess.run(asked, check=False, capture_output=True).returncode:
        pytest.skip("R has no package arrow")
    ran = subprocess.run(
        [R, ANALYSIS / "district.R", export], check=True, capture_output=True, text=True
    )
    assert "2026-09            2         2" in ran.stdout
