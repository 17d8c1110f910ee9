"""The real pages, which are outside the repository. See the marker `corpus` in pyproject.toml."""

import os
from pathlib import Path

import pytest

NOT_PROOF = frozenset({
    "baotintuc_1", "cafebiz_1", "genk_1", "ngoisao_1", "nld_2", "sotttt_2", "sotttt_3",
    "sotttt_5", "sotttt_7", "vnexpress_9", "vov_1", "zing_1",
})  # fmt: skip
"""Annotated pages that no outlet file names as its proof: old templates, a department's portal,
outlets without a file."""


def shared(part: str) -> Path:
    """Return a file or folder below TINQUAN_SHARED (default ../shared).

    Where it is absent, the test is skipped; with TINQUAN_CORPUS=required (CI) it fails.
    """
    path = Path(os.environ.get("TINQUAN_SHARED", "../shared")) / part
    if not path.exists():
        reason = f"{path} is absent: set TINQUAN_SHARED to the folder with the real pages"
        if os.environ.get("TINQUAN_CORPUS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
