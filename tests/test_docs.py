"""The documentation: its links work, the site has every page, and its commands exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.commands.index import COMMANDS, load
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
TOP = [ROOT / name for name in ("README.md", "README.vi.md", "CONTRIBUTING.md")]
PAGES = [*TOP, *sorted(DOCS.glob("*.md")), *sorted((DOCS / "decisions").glob("*.md"))]
_BLOCKS = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"`tinquan ([a-z][^`]*)`|^\$ tinquan ([a-z].*)$", re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_what_is_there(page: Path) -> None:
    text = _BLOCKS.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\((?!\w+:)([^()#\s]+)(?:#[^()\s]*)?\)", text):
        assert (page.parent / target).exists(), target


def test_the_site_has_every_page() -> None:
    nav = (ROOT / ".mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    known = set(re.findall(r": (\S+\.md)$", nav, re.MULTILINE))
    outside = {"index.md", "README.vi.md", "CONTRIBUTING.md", "CHANGELOG.md", "decisions/README.md"}
    assert known - outside == {page.name for page in DOCS.glob("*.md")}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=name)
def test_a_page_begins_with_what_it_is_for(page: Path) -> None:
    title, blank, first, *_ = page.read_text("utf-8").splitlines()
    assert title.startswith("# ")
    assert blank == ""
    assert re.match(r"[\w*`][^|]{40,}", first), first


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that a page names, without comments and placeholders."""
    for spans in _COMMAND.findall(text):
        line = "".join(spans).split(" #")[0].split(" && ")[0].split(" | ")[0]
        yield shlex.split(re.sub(r"[\[\]…;]", " ", line))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "decisions" not in page.parts], ids=name
)
def test_commands_and_options_in_docs_exist(page: Path) -> None:
    entries = {entry.name: entry for entry in COMMANDS}
    for words in commands(page.read_text("utf-8")):
        command = load(entries[words[0]])
        if hasattr(command, "commands") and len(words) > 1:
            command = command.commands[words[1]]
        known = {option for param in command.params for option in param.opts}
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= known | {"--help", "--config", "--archive"}, words
