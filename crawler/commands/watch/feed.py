"""`tinquan feed`: write an Atom feed of recent arrivals."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.choosing import announce, choose
from crawler.commands.common import err, given_path, moment, reading_of, say, slugs_of
from crawler.commands.query.search import parsed_words
from crawler.config.watches import Language
from crawler.watch.digest import Entries
from crawler.watch.feed import ENTRIES, feed_of, newest, replace_file
from storage.errors import UsageError
from storage.model.search import SearchQuery
from storage.model.watches import TOPICS, ArrivalQuery, Topic

_SINCE = timedelta(days=7)


def feed(
    *,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", parser=given_path, help="The file to write.")
    ],
    words: options.Words = None,
    outlet: options.Outlets = None,
    place: options.Place,
    fold: options.Fold = False,
    tell: Annotated[
        list[str] | None,
        typer.Option(metavar="TOPIC", help=f"Any of {', '.join(TOPICS)}; by default all."),
    ] = None,
    since: options.Since = None,
    language: Annotated[Language, typer.Option(help="Of the feed's own texts.")] = "vi",
    setup: options.Setup,
) -> None:
    """Write an Atom feed of what the archive learned lately: new stories, edits, removals.

    --since (by default 7d) is compared with the time when the archive learned of something. FILE
    is replaced atomically.
    """
    parsed = parsed_words(words or [], fold)
    settings = setup.load()
    choice = choose(settings, place)
    now = datetime.now(UTC)
    begin = moment("--since", since) or now - _SINCE
    with reading_of(settings) as opened:
        slugs = slugs_of(outlet or (), settings, opened)
        announce(choice, opened, err)
        query = SearchQuery(words=parsed, places=choice.units, outlets=slugs)
        if query == SearchQuery():
            raise UsageError("nothing to search for: expected words, --place or --outlet")
        watches = opened.watches
        wanted = ArrivalQuery(query, watches.cursor_at(begin), _topics(tell))
        found = watches.arrivals([wanted], watches.head())
        report = watches.report(newest(found), query, ENTRIES)
    title = ", ".join(filter(None, (" ".join(words or []), place.place, *slugs)))
    entries = Entries(language, settings.reader)
    path = f"query/{title}"
    replace_file(output, feed_of(report, title, path, entries, settings.contact))
    count = sum(map(len, (report.new, report.copies, report.edits, report.removed)))
    say(f"{output}: {count} entries")


def _topics(named: list[str] | None) -> frozenset[Topic]:
    """Return the topics to include; all if none is named. Raises UsageError."""
    if unknown := [name for name in named or () if name not in TOPICS]:
        raise UsageError(f"--tell {unknown[0]}: expected one of {', '.join(TOPICS)}")
    return frozenset(topic for topic in TOPICS if not named or topic in named)
