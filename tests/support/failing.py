"""What errors say, and a process without rights."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage.errors import ArchiveError


def said(caught: pytest.ExceptionInfo[ArchiveError], *words: str) -> bool:
    """Return whether the message is one line with all of these words in it."""
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, message
    return "\n" not in message


@contextmanager
def without_rights() -> Iterator[None]:
    """Run as nobody where the tests run as root, whom no permission stops."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
