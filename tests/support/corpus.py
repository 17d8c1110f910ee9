"""The real pages that lie outside the repository. See the marker `corpus` in pyproject.toml."""

import os
from pathlib import Path

import pytest


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
