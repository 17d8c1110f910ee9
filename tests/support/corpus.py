"""The real pages that lie outside the repository. See the marker `corpus` in pyproject.toml."""

import os
from pathlib import Path

import pytest

NOT_READ_YET = frozenset({
    "cafebiz_1", "genk_1", "ngoisao_1", "nld_2", "sotttt_2", "sotttt_3",
    "sotttt_5", "vnexpress_9", "zing_1",
})  # fmt: skip
"""Annotated pages that differ from their annotation today: old templates, a department's portal,
two outlets without a file. Their tests are strict xfails: one that passes must leave this list."""


def shared(part: str) -> Path:
    """Return a file or folder below TINQUAN_SHARED (default ../shared).

    Where it is absent the test skips and says so; with TINQUAN_CORPUS=required (CI) it fails.
    """
    path = Path(os.environ.get("TINQUAN_SHARED", "../shared")) / part
    if not path.exists():
        reason = f"{path} is absent: set TINQUAN_SHARED to the folder with the real pages"
        if os.environ.get("TINQUAN_CORPUS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
