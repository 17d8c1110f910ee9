"""All commands with group, name and help; a command's module is imported when it is called."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from crawler.commands.app import CommandApp, PlainCommand, PlainGroup

_HELP = {
    "Begin": {
        "init:init": (
            "Make a folder ready for crawls: write its tinquan.toml, and scrapy.cfg for Scrapy."
        ),
        "demo:demo": (
            "Replay a recorded day of two outlets into FOLDER, without a network, and explore it."
        ),
    },
    "Crawl": {
        "crawl.crawl:crawl": "Crawl outlets into the archive, live or from recordings.",
        "crawl.backfill:backfill": (
            "Fetch what an outlet published in a window of the past; run again, it continues."
        ),
        "crawl.recheck:recheck": (
            "Fetch articles again when due: 1 h, 6 h, 1 day, 7 and 30 days after publication."
        ),
        "crawl.schedule:schedule": (
            "Crawl all outlets in the background, each when it is due, until SIGTERM or Ctrl-C."
        ),
        "outlets.outlets:outlets_app": "The outlets: one TOML file each.",
        "outlets.extract:extract": ("Print the article of a saved page, or the refusal, as JSON."),
    },
    "Read": {
        "query.articles:articles": "List archived articles, newest publication first.",
        "query.articles:show": "Show one article in full, with the history of its states.",
        "query.search:search": "Search the texts of archived articles.",
        "query.revisions:revisions": "List articles that their outlets edited, newest edit first.",
        "query.revisions:diff": "Show what changed between two states of an article, word by word.",
        "query.clusters:clusters": "List the most reprinted stories: those in most outlets first.",
        "query.clusters:cluster": (
            "Show the copies of one article's story, from the earliest known publication on."
        ),
        "query.places:places_app": "Districts and wards, with their eras.",
        "query.cite:cite": (
            "Print the reference to an article: author, outlet, time, address, and the archived"
            " state."
        ),
        "query.sql:sql": "Query the archive in SQL, read-only.",
        "query.serve:serve": "Show the archive in a browser, read only, until Ctrl-C or SIGTERM.",
    },
    "Operate": {
        "crawl.status:status": "Show how every outlet is doing.",
        "crawl.status:alarms": (
            "List alarms that the schedule has opened, newest first, with what to do about each."
        ),
        "watch.watch:watch_app": "Watches: who is notified of which new articles.",
        "query.runs:runs": "List crawls, newest first: what each did, and how it ended.",
        "query.refusals:refusals": (
            "List fetched pages that were not articles, newest first, with reasons."
        ),
        "crawl.coverage:coverage": (
            "Compare what the sitemaps promised with what is stored, per day or month."
        ),
    },
    "Archive": {
        "archive.archive:archive_app": "Look after the archive.",
        "query.export:export": (
            "Write articles to a file, newest publication first, with a manifest beside it."
        ),
        "watch.feed:feed": (
            "Write an Atom feed of what the archive learned lately: new stories, edits, removals."
        ),
        "archive.import_:import_": (
            "Import articles as JSON lines, with the keys that `tinquan extract` prints."
        ),
        "archive.reextract:reextract": "Read captures again with today's code.",
        "archive.prune:prune": "Delete old logs and validators, tidy the database.",
    },
}
"""Each command's module and function, and its help, by the groups of `tinquan --help`."""

# A query's excluded word begins with "-" and is no option; the "h" in one must not be -h.
_TAKES_QUERY = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
_SETTINGS = {"search": _TAKES_QUERY, "feed": _TAKES_QUERY}


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command as `tinquan --help` lists it.

    where: "module:name" of its function, or of the Typer of a group of commands.
    """

    group: str
    where: str
    help: str

    @property
    def name(self) -> str:
        """The name that users type."""
        return self.where.partition(":")[2].removesuffix("_app").rstrip("_")


COMMANDS = tuple(
    CommandEntry(group, where, text)
    for group, entries in _HELP.items()
    for where, text in entries.items()
)
_BY_NAME = {entry.name: entry for entry in COMMANDS}


def _placeholder() -> None:
    """Take the place of a command that is not imported yet."""


def register(app: typer.Typer) -> None:
    """Add every command's name and help to `app`; `CommandGroup` imports the called one."""
    for entry in COMMANDS:
        app.command(entry.name, cls=PlainCommand, help=entry.help, rich_help_panel=entry.group)(
            _placeholder
        )


class CommandGroup(PlainGroup):
    """The group of all commands, which imports only the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the named command's module, then resolve the command as typer does."""
        if args and args[0] in _BY_NAME:
            self.commands[args[0]] = load(_BY_NAME[args[0]])
        return super().resolve_command(ctx, args)


def only_reads(name: str) -> bool:
    """Return whether the command of that name only prints, and writes nothing."""
    if name == "extract":
        return True
    entry = _BY_NAME.get(name)
    reads = entry is not None and entry.group in ("Read", "Operate")
    return reads and name not in ("places", "serve", "watch")


def load(entry: CommandEntry) -> Any:
    """Import an entry's module and return its command or group as a click object."""
    module, _, name = entry.where.partition(":")
    found = getattr(import_module(f"crawler.commands.{module}"), name)
    if isinstance(found, typer.Typer):
        return get_command(found)
    single = CommandApp(entry.help)
    single.command(entry.name, context_settings=_SETTINGS.get(entry.name))(found)
    return get_command(single)
