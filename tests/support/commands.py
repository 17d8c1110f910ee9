"""Run a command as a user would, in the test's process."""

import sys
from dataclasses import dataclass

import pytest

from crawler.cli import main
from crawler.commands.common import err, out


@dataclass(frozen=True)
class Ran:
    """A command's output and exit code."""

    code: int
    out: str
    err: str


class Tinquan:
    """Callable that runs `tinquan WORDS…`. width: the terminal's columns, None for a pipe."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.width: int | None = 160

    def __call__(self, *words: object) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["tinquan", *map(str, words)])
        if self.width is None:
            self._monkeypatch.delenv("COLUMNS", raising=False)
        else:
            self._monkeypatch.setenv("COLUMNS", str(self.width))
        for console in (out, err):  # their width is set when they are created
            self._monkeypatch.setattr(console, "width", self.width or 120)
        self._capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        printed = self._capsys.readouterr()
        return Ran(code, printed.out, printed.err)


@pytest.fixture
def tinquan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tinquan:
    """Return a function that runs `tinquan WORDS…` in this process."""
    return Tinquan(capsys, monkeypatch)
