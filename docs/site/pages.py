"""A hook of mkdocs: the pages that lie outside docs/, and links as a site needs them."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
_OUTSIDE = {"README.md": "index.md"} | {
    name: name for name in ("README.vi.md", "CONTRIBUTING.md", "CHANGELOG.md")
}
"""Pages at the top of the clone, by their place in the site."""

_LINK = re.compile(r"\[([^\[\]]+)\]\((?!\w+:)([^()#\s]+)(#[^()\s]*)?\)")
_FENCE = re.compile(r"^(```\w+)[^\n`]+$", re.MULTILINE)
_BLOCK = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_LIST = re.compile(r"^(?![-|]|\d+\. )(\S.*)\n(?=- |\d+\. )", re.MULTILINE)
"""A line right before a list, which python-markdown takes for one paragraph with it."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages at the top of the clone, and a list of the decisions."""
    for name, place in _OUTSIDE.items():
        text = _linked((ROOT / name).read_text("utf-8"), "", place)
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page's text with links and code blocks as the site needs them."""
    place = page.file.src_uri
    if place == "decisions/README.md":
        markdown += "\n" + "".join(
            f"- [{_title(file)}]({file.name})\n"
            for file in sorted((ROOT / "docs/decisions").glob("0*.md"))
        )
    if place not in _OUTSIDE.values():
        markdown = _linked(markdown, posixpath.join("docs", posixpath.dirname(place)), place)
    parts = _BLOCK.split(markdown)  # text, block of code, text, …
    parts[::2] = [_LIST.sub(r"\1\n\n", text) for text in parts[::2]]
    return _FENCE.sub(r"\1", "".join(parts))  # what tests read behind a block's language


def _linked(text: str, folder: str, place: str) -> str:
    """Return `text` with links between pages; of a link to anything else, its words alone.

    folder: of the clone, from which its links are meant. place: of the page in the site.
    """

    def link(found: re.Match[str]) -> str:
        words, path, anchor = found[1], found[2], found[3] or ""
        target = posixpath.normpath(posixpath.join(folder, path))
        inside = _OUTSIDE.get(target, target.removeprefix("docs/"))
        known = target in _OUTSIDE or (target.startswith("docs/") and target.endswith(".md"))
        if not known:
            return words
        return f"[{words}]({posixpath.relpath(inside, posixpath.dirname(place) or '.')}{anchor})"

    return _LINK.sub(link, text)


def _title(file: Path) -> str:
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# ")
