"""`tinquan demo`: an invented day at two outlets, replayed from recordings without a network."""

import shlex
import sys
from pathlib import Path
from shutil import which
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.common import given_path, out, say, short_path, write_new
from crawler.commands.crawl.crawl import crawl
from crawler.commands.query.articles import articles
from crawler.commands.watch.watch import run
from crawler.config.config import DEFAULT_CONFIG
from crawler.shipped import shipped
from storage.errors import UsageError

_RECORDINGS = ("morning.warc.gz", "evening.warc.gz")
_PLACE = "quận Đống Đa"
_DAY = "2026-09-14"  # of the recordings
_CONFIG = """\
# Made by `tinquan demo`. Its archive is of invented events: delete this folder at any time.
archive = "sqlite:///tinquan.db"

[[watches]]
name = "quận Đống Đa"
places = ["quận Đống Đa"]
feed = "dong-da.atom"
"""


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=given_path, help="Folder of its archive.")
    ] = Path("demo"),
) -> None:
    """Replay a recorded day of two outlets into FOLDER, without a network, and explore it.

    Run again, it adds nothing. The events are invented; the markup is the outlets'.
    """
    config = _configured(folder)
    archive = str(config.with_name("tinquan.db").resolve())  # takes precedence over TINQUAN_ARCHIVE
    setup = options.Setup(config, archive)
    whole, output = options.Window(), options.Output()
    for name in _RECORDINGS:  # crawled one at a time, so that ids are the same on each run
        recording = shipped("demo") / name
        _say(config, "crawl", "--replay", short_path(recording))
        crawl(window=whole, replay=[recording], jobs=1, setup=setup)
    _say(config, "articles", "--limit", "10")
    anywhere = options.AboutPlace()
    part = options.Part(10)
    articles(window=whole, place=anywhere, part=part, setup=setup, output=output)
    _say(config, "articles", "--place", _PLACE, "--with-successors", "core")
    place = options.AboutPlace(_PLACE, "core")
    articles(window=whole, place=place, part=options.Part(), setup=setup, output=output)
    _say_how_to_activate()
    out.print(
        f"now look around in it: cd {escape(str(folder))}; tinquan show 16; tinquan diff 16;"
        " tinquan search ngập; tinquan runs",
        soft_wrap=True,
    )
    command = shlex.join(("tinquan", "--config", str(config), "serve"))
    say(f"or open it in a browser: {command}")
    _say(config, "watch", "run", _PLACE, "--dry-run", "--since", _DAY)
    run(name=_PLACE, dry_run=True, since=_DAY, setup=setup)


def _configured(folder: Path) -> Path:
    """Write the demo's configuration into `folder`, and return its path.

    Raises UsageError if the folder holds an archive or configuration that is not the demo's.
    """
    file = folder / DEFAULT_CONFIG
    try:
        if file.exists():
            is_ours = file.read_text("utf-8") == _CONFIG
        else:
            is_ours = not file.with_name("tinquan.db").exists()
        if not is_ours:
            raise UsageError(
                f"{folder}: holds an archive or configuration that is not the demo's; name another"
                " folder: tinquan demo FOLDER"
            )
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(_CONFIG, "utf-8")
        write_new(file.with_name("scrapy.cfg"), shipped("scrapy.cfg").read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file}: cannot be written: {reason}") from None
    return file


def _say_how_to_activate() -> None:
    """Print how to put `tinquan` on the path, if it runs from a virtual environment that is not."""
    activate = Path(sys.argv[0]).with_name("activate")
    if not which("tinquan") and activate.is_file():
        say(f"put tinquan on the path: . {shlex.quote(short_path(activate))}")


def _say(config: Path, *words: str) -> None:
    """Print the next command as a user would type it."""
    line = shlex.join(("tinquan", "--config", str(config), *words))
    say(f"$ {line}")
