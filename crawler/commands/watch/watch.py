"""`tinquan watch`: list watches, evaluate them, and send their digests."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.channels.message import Sender
from crawler.commands import options
from crawler.commands.app import CommandApp
from crawler.commands.common import (
    archive_of,
    complain,
    load_settings,
    moment,
    note,
    out,
    outlets_of,
    print_facts,
    print_json,
    print_json_array,
    print_table,
    reading_of,
    say,
)
from crawler.commands.listing import print_rows
from crawler.config.config import Config
from crawler.config.watches import Watch
from crawler.places import load_gazetteer
from crawler.render.base import counted, time_text
from crawler.render.table import EMPTY, Column, table_of
from crawler.watch.deliver import Composer, Unusable, deliver_due
from crawler.watch.digest import digest_page
from crawler.watch.due import next_look
from crawler.watch.feed import write_feeds
from crawler.watch.look import due_looks, first_cursor, looks_at
from crawler.watch.render import channel_test, delivery_text, look_json, watch_json
from crawler.watch.text import text_of
from crawler.watch.trust import health_of
from crawler.watch.watches import WatchOrder, compile_all
from storage.archive import Archive
from storage.errors import ArchiveError, ConfigError, NotFoundError, UsageError
from storage.model.watches import Arrivals, Delivery, Digest, Look

watch_app = CommandApp("Watches: who is notified of which new articles.")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The watch's name.")]
_HOLD = "watches"
_CSV = "name when to tell language feed looked_at next_look"


@watch_app.command("list")
def list_(
    *,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List the watches: whom each notifies, when, and what is not delivered yet."""
    form = output.form()
    settings = setup.load()
    with reading_of(settings) as opened:
        states = opened.watches.states()
        unsent = opened.watches.open_deliveries()
    if form:
        rows = (watch_json(watch, states.get(watch.name), unsent) for watch in settings.watches)
        print_rows(form, rows, _CSV)
        return
    looked_at = {name: state.looked_at for name, state in states.items()}

    def next_at(watch: Watch) -> datetime | None:
        last = looked_at.get(watch.name)
        return next_look(watch.when, last) if last else None

    columns: tuple[Column[Watch], ...] = (
        Column("name", lambda watch: watch.name, least=16),
        Column("when", lambda watch: watch.when),
        Column("to", lambda watch: ", ".join((*watch.to, watch.feed) if watch.feed else watch.to)),
        Column("tells", lambda watch: ", ".join(watch.tell), rank=2),
        Column("last look", lambda watch: looked_at.get(watch.name, "never"), rank=1, time=True),
        Column("next look", next_at, time=True),
        Column("not delivered", lambda watch: _unsent_text(watch.name, unsent), below=True),
    )
    title = counted(len(settings.watches), "watch", "watches")
    print_table(table_of(title, columns, settings.watches))


def _unsent_text(name: str, unsent: Sequence[Delivery]) -> str:
    return "; ".join(
        delivery_text(delivery) for delivery in unsent if delivery.digest.watch == name
    )


@watch_app.command()
def show(
    *,
    name: NameArgument,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Show one watch: its query, and its last digests."""
    settings = setup.load()
    order = _order(settings, name)
    with reading_of(settings) as opened:
        state = opened.watches.states().get(name)
        digests = opened.watches.digests(name, 10)
        unsent = opened.watches.open_deliveries()
    if json:
        units = {"units": list(order.query.places)}
        print_json(watch_json(order.watch, state, unsent) | units)
        return
    facts = {key: _shown(value) for key, value in order.watch.model_dump().items()}
    facts |= {
        "units": f"{len(order.query.places)} of the gazetteer" if order.query.places else EMPTY,
        "last look": time_text(state.looked_at) if state else "never",
        "not delivered": _unsent_text(name, unsent) or EMPTY,
    }
    print_facts(facts, 13)
    for digest in digests:
        out.print(f"{time_text(digest.made_at)}  {_counts_text(digest.arrivals)}")


def _counts_text(found: Arrivals) -> str:
    return (
        f"{counted(len(found.new), 'new article')}, {len(found.copies)} copies,"
        f" {len(found.edits)} edits, {len(found.removed)} removed"
    )


@watch_app.command()
def run(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="This watch; by default all due ones.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the digest; send and record nothing.")
    ] = False,
    since: options.Since = None,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Evaluate one watch, or all due ones, and send pending digests. The schedule does this too.

    --since is compared with the time when the archive learned of an article, not its publication.
    """
    settings = setup.load()
    if name is None and (dry_run or since):
        raise UsageError("--dry-run and --since are for one watch: name it")
    now = datetime.now(UTC)
    begin = moment("--since", since)
    orders = _compiled(settings, settings.watches)
    chosen = _order(settings, name) if name is not None else None
    if chosen and dry_run:
        with reading_of(settings) as opened:
            look = _look(opened, chosen, begin, now, records=False)
            print_json(look_json(look)) if json else _print_digest(opened, settings, chosen, look)
        return
    _print_apprise_warnings()
    senders = _senders(settings)
    with archive_of(settings) as opened, _sending_lock(opened, settings):
        if chosen:
            looks = [_look(opened, chosen, begin, now, records=True)]
            opened.watches.record(looks)
        else:
            looks = due_looks(opened, orders.values(), now)
        files, faults = write_feeds(opened, orders, looks, settings)
        composer = _composer(opened, settings, orders, now)
        failed = deliver_due(composer, senders, lambda: datetime.now(UTC))
        left = opened.watches.open_deliveries()
    if json:
        print_json_array(look_json(look) for look in looks)
    else:
        for look in looks:
            say(f"{look.watch}: {_counts_text(look.arrivals)}")
        for file in files:
            say(f"{file}: written")
    print_line = note if json else say
    for delivery in left:
        print_line(f"{delivery.digest.watch}: {delivery_text(delivery)}")
    for fault in faults:
        complain(fault)
    if failed or faults:
        raise typer.Exit(1)


@watch_app.command()
def test(name: NameArgument, config: options.Config = None) -> None:
    """Send a test message to each channel of a watch."""
    settings = load_settings(config, None)
    watch = _order(settings, name).watch
    _print_apprise_warnings()
    senders = {channel: _sender(settings, channel) for channel in watch.to}
    failed = [channel for channel in watch.to if not senders[channel].send(channel_test(watch))]
    for channel in watch.to:
        out.print(f"{channel}: {'NOT delivered' if channel in failed else 'delivered'}")
    if failed:
        raise typer.Exit(1)


def _print_apprise_warnings() -> None:
    """Print Apprise's warnings, which it hides from programs that set up no logging."""
    log = logging.getLogger("apprise")
    log.setLevel(logging.WARNING)
    if logging.lastResort:
        log.addHandler(logging.lastResort)


def _order(settings: Config, name: str) -> WatchOrder:
    """Return one watch. Raises NotFoundError."""
    for watch in settings.watches:
        if watch.name == name:
            return _compiled(settings, (watch,))[name]
    known = ", ".join(repr(watch.name) for watch in settings.watches) or "none"
    raise NotFoundError(f"no watch is called {name!r}; there are: {known}")


def _compiled(settings: Config, watches: Sequence[Watch]) -> dict[str, WatchOrder]:
    if not watches:
        return {}
    gazetteer, outlets = load_gazetteer(settings.gazetteer), outlets_of(settings)
    return compile_all(watches, gazetteer, outlets, str(settings.file))


def _look(
    archive: Archive, order: WatchOrder, since: datetime | None, now: datetime, *, records: bool
) -> Look:
    cursor, begin = first_cursor(archive, order.watch.name, since, now, records=records)
    return looks_at(archive, [(order, cursor, begin)], archive.watches.head(), now)[0]


def _print_digest(archive: Archive, settings: Config, order: WatchOrder, look: Look) -> None:
    digest = Digest(0, look.watch, look.since, look.at, look.arrivals)
    report = archive.watches.report(look.arrivals, order.query, order.watch.most)
    health = health_of(archive, _scheduled(settings), look.at)
    page = digest_page(digest, report, order, health, settings.reader)
    out.print(f"{page.subject}\n\n{text_of(page)}", markup=False, soft_wrap=True, end="")


def _composer(
    archive: Archive, settings: Config, orders: Mapping[str, WatchOrder], now: datetime
) -> Composer:
    health = health_of(archive, _scheduled(settings), now)
    return Composer(archive, orders, health, settings.reader, settings.contact)


def _scheduled(settings: Config) -> list[str]:
    paused = {slug for slug, entry in settings.schedule.outlets.items() if entry.pause}
    return [
        slug
        for slug, outlet in outlets_of(settings).items()
        if outlet.status != "retired" and slug not in paused
    ]


def _senders(settings: Config) -> dict[str, Sender]:
    """Return the senders of all channels that watches name; an invalid one stops no other."""
    found: dict[str, Sender] = {}
    for name in sorted({name for watch in settings.watches for name in watch.to}):
        try:
            found[name] = _sender(settings, name)
        except ConfigError as error:
            complain(error)
            found[name] = Unusable()
    return found


def _sender(settings: Config, name: str) -> Sender:
    from crawler.channels.service import Service  # noqa: PLC0415 - 35 MB, a second

    return Service(name, settings.all_channels[name])


@contextmanager
def _sending_lock(archive: Archive, settings: Config) -> Iterator[None]:
    """Hold the lock for sending digests. Raises ArchiveError if another process has it."""
    hold = archive.schedule.hold(_HOLD)
    if hold is None:
        raise ArchiveError(
            f"archive {settings.archive_name}: another process is sending its digests; try later"
        )
    try:
        yield
    finally:
        hold.release()


def _shown(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text or EMPTY
