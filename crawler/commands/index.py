"""Every command by name, group and first line of help; its module is imported when it is called."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from crawler.commands.app import CommandApp, PlainCommand, PlainGroup

_C = "crawler.commands."


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command as `tinquan --help` lists it.

    where: its module and function, or Typer for a group, as "module:name". settings: how its
    arguments are parsed. only_reads: all it does is print, so it ends when its reader has gone.
    """

    group: str
    name: str
    where: str
    help: str
    settings: dict[str, Any] = field(default_factory=dict)
    only_reads: bool = False


COMMANDS = (
    CommandEntry(
        "Begin",
        "init",
        _C + "init:init",
        "Make a folder ready for crawls: write its tinquan.toml, and scrapy.cfg for Scrapy.",
    ),
    CommandEntry(
        "Begin",
        "demo",
        _C + "demo:demo",
        "Replay a recorded day of two outlets into FOLDER, without a network, and look into it.",
    ),
    CommandEntry(
        "Crawl",
        "crawl",
        _C + "crawl.crawl:crawl",
        "Crawl outlets into the archive, live or from recordings.",
    ),
    CommandEntry(
        "Crawl",
        "backfill",
        _C + "crawl.backfill:backfill",
        "Fetch what an outlet published in a window of the past; said again, it goes on.",
    ),
    CommandEntry(
        "Crawl",
        "recheck",
        _C + "crawl.recheck:recheck",
        "Ask again for articles that are due: 1 h, 6 h, 1 day, 7 and 30 days after publication.",
    ),
    CommandEntry(
        "Crawl",
        "schedule",
        _C + "crawl.schedule:schedule",
        "Crawl all outlets in the background, each when it is due, until SIGTERM or Ctrl-C.",
    ),
    CommandEntry(
        "Crawl", "outlets", _C + "outlets.outlets:outlets_app", "The outlets: one TOML file each."
    ),
    CommandEntry(
        "Crawl",
        "extract",
        _C + "outlets.extract:extract",
        "Print the article, or the refusal, that a saved page holds, as JSON.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "articles",
        _C + "query.articles:articles",
        "List archived articles, newest publication first.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "show",
        _C + "query.articles:show",
        "Show one article in full, with the history of its states.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "search",
        _C + "query.search:search",
        "Search the texts of archived articles.",
        # A word to exclude begins with "-": it is no option, nor is "h" one in the midst of it.
        {"ignore_unknown_options": True, "help_option_names": ["--help"]},
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "revisions",
        _C + "query.revisions:revisions",
        "List articles that their outlets edited, newest edit first.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "diff",
        _C + "query.revisions:diff",
        "Show what changed between two states of an article, word by word.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "clusters",
        _C + "query.clusters:clusters",
        "List the most reprinted stories: those in most outlets first.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "cluster",
        _C + "query.clusters:cluster",
        "Show the copies of one article's story, from the earliest known publication on.",
        only_reads=True,
    ),
    CommandEntry(
        "Read", "places", _C + "query.places:places_app", "Districts and wards, with their eras."
    ),
    CommandEntry(
        "Read",
        "cite",
        _C + "query.cite:cite",
        "Print the reference to an article: author, outlet, time, address, and the archived state.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "sql",
        _C + "query.sql:sql",
        "Ask the archive in SQL; it is never written.",
        only_reads=True,
    ),
    CommandEntry(
        "Read",
        "serve",
        _C + "query.serve:serve",
        "Show the archive in a browser, read only, until Ctrl-C or SIGTERM.",
    ),
    CommandEntry(
        "Operate",
        "status",
        _C + "crawl.status:status",
        "Show how every outlet is doing.",
        only_reads=True,
    ),
    CommandEntry(
        "Operate",
        "alarms",
        _C + "crawl.status:alarms",
        "List alarms that the schedule has opened, newest first, with what to do about each.",
        only_reads=True,
    ),
    CommandEntry(
        "Operate", "watch", _C + "watch.watch:watch_app", "Watches: who is told of what arrives."
    ),
    CommandEntry(
        "Operate",
        "runs",
        _C + "query.runs:runs",
        "List crawls, newest first: what each did, and how it ended.",
        only_reads=True,
    ),
    CommandEntry(
        "Operate",
        "refusals",
        _C + "query.refusals:refusals",
        "List pages that crawls asked for and that were no articles, newest first, with reasons.",
        only_reads=True,
    ),
    CommandEntry(
        "Operate",
        "coverage",
        _C + "crawl.coverage:coverage",
        "Show per day or month what the sitemaps promised against what is stored.",
        only_reads=True,
    ),
    CommandEntry(
        "Archive", "archive", _C + "archive.archive:archive_app", "Look after the archive."
    ),
    CommandEntry(
        "Archive",
        "export",
        _C + "query.export:export",
        "Write articles to a file, newest publication first, with a manifest beside it.",
    ),
    CommandEntry(
        "Archive",
        "feed",
        _C + "watch.feed:feed",
        "Write an Atom feed of what the archive learned lately: new stories, edits, removals.",
        {"ignore_unknown_options": True, "help_option_names": ["--help"]},
    ),
    CommandEntry(
        "Archive",
        "import",
        _C + "archive.import_:import_",
        "Import articles, one JSON object a line, with the keys that `tinquan extract` prints.",
    ),
    CommandEntry(
        "Archive",
        "reextract",
        _C + "archive.reextract:reextract",
        "Read captures again with today's code.",
    ),
    CommandEntry(
        "Archive",
        "prune",
        _C + "archive.prune:prune",
        "Delete old logs and validators, tidy the database.",
    ),
)


_BY_NAME = {entry.name: entry for entry in COMMANDS}


def _nothing() -> None:
    """Stand for a command that is not imported yet."""


def register(app: typer.Typer) -> None:
    """Give `app` every command's name and help; `CommandGroup` imports the one that is called."""
    for entry in COMMANDS:
        app.command(entry.name, cls=PlainCommand, help=entry.help, rich_help_panel=entry.group)(
            _nothing
        )


class CommandGroup(PlainGroup):
    """The group of all commands: the one that is called is imported, no other."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the named command, as typer does, once its module is imported."""
        if args and args[0] in _BY_NAME:
            self.commands[args[0]] = load(_BY_NAME[args[0]])
        return super().resolve_command(ctx, args)


def only_reads(name: str) -> bool:
    """Return whether all that the command of that name does is print."""
    return name in _BY_NAME and _BY_NAME[name].only_reads


def load(entry: CommandEntry) -> Any:
    """Import an entry's module; return its command, or group, as typer runs it."""
    module, _, name = entry.where.partition(":")
    found = getattr(import_module(module), name)
    if isinstance(found, typer.Typer):
        return get_command(found)
    single = CommandApp(entry.help)
    single.command(entry.name, context_settings=entry.settings)(found)
    return get_command(single)
