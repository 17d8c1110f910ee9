"""Check error messages, and run without file permissions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage.errors import ArchiveError


def said(caught: pytest.ExceptionInfo[ArchiveError], *words: str) -> bool:
    """Return whether the message is one line; fail if it lacks one of the words."""
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, message
    return "\n" not in message


@contextmanager
def without_rights() -> Iterator[None]:
    """Run the block as `nobody` if the tests run as root, who may do anything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
