"""`tinquan watch`: who is told of what arrives, and of what each was told last."""

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

watch_app = CommandApp("Watches: who is told of what arrives.")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The watch's name.")]
_HOLD = "watches"
_CSV = "name when to tell language feed looked_at next_look"


@watch_app.command("list")
def list_(
    *,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List the watches: to whom each tells, when, and what is owed."""
    form = output.form()
    settings = setup.load()
    with reading_of(settings) as opened:
        states = opened.watches.states()
        unsent = opened.watches.open_deliveries()
    if form:
        rows = (watch_json(one, states.get(one.name), unsent) for one in settings.watches)
        print_rows(form, rows, _CSV)
        return
    at = {name: state.looked_at for name, state in states.items()}
    columns: tuple[Column[Watch], ...] = (
        Column("name", lambda one: one.name, least=16),
        Column("when", lambda one: one.when),
        Column("to", lambda one: ", ".join((*one.to, one.feed) if one.feed else one.to)),
        Column("tells", lambda one: ", ".join(one.tell), rank=2),
        Column("last look", lambda one: at.get(one.name, "never"), rank=1, time=True),
        Column(
            "next look",
            lambda one: next_look(one.when, at[one.name]) if one.name in at else None,
            time=True,
        ),
        Column("not delivered", lambda one: _unsent_text(one.name, unsent), below=True),
    )
    title = counted(len(settings.watches), "watch", "watches")
    print_table(table_of(title, columns, settings.watches))


def _unsent_text(name: str, unsent: Sequence[Delivery]) -> str:
    return "; ".join(delivery_text(one) for one in unsent if one.digest.watch == name)


@watch_app.command()
def show(
    *,
    name: NameArgument,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Show one watch: what it asks for, and its last digests."""
    settings = setup.load()
    order = _order(settings, name)
    with reading_of(settings) as opened:
        state = opened.watches.states().get(name)
        digests = opened.watches.digests(name, 10)
        unsent = opened.watches.open_deliveries()
    if json:
        print_json(watch_json(order.watch, state, unsent) | {"units": list(order.query.places)})
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
        f"{len(found.new)} new, {len(found.copies)} copies, {len(found.edits)} edits,"
        f" {len(found.removed)} removed"
    )


@watch_app.command()
def run(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Now; else all that are due.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the digest; send and record nothing.")
    ] = False,
    since: options.Since = None,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Look at one watch, or at all that are due, and send what is owed. The schedule does this.

    --since counts from when the archive learned of something, not from publication.
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
    _say_why_not()
    senders = _senders(settings)
    with archive_of(settings) as opened, _held(opened, settings):
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
    tell = note if json else say
    for delivery in left:
        tell(f"{delivery.digest.watch}: {delivery_text(delivery)}")
    for fault in faults:
        complain(fault)
    if failed or faults:
        raise typer.Exit(1)


@watch_app.command()
def test(name: NameArgument, config: options.Config = None) -> None:
    """Send a message to each channel of a watch that says that it works."""
    settings = load_settings(config, None)
    watch = _order(settings, name).watch
    _say_why_not()
    senders = {one: _sender(settings, one) for one in watch.to}
    failed = [one for one in watch.to if not senders[one].send(channel_test(watch))]
    for one in watch.to:
        out.print(f"{one}: {'NOT delivered' if one in failed else 'delivered'}")
    if failed:
        raise typer.Exit(1)


def _say_why_not() -> None:
    """Have Apprise's warnings printed: it keeps them from whoever has set up no logging."""
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
    paused = {slug for slug, one in settings.schedule.outlets.items() if one.pause}
    known = outlets_of(settings).values()
    return [one.slug for one in known if one.status != "retired" and one.slug not in paused]


def _senders(settings: Config) -> dict[str, Sender]:
    """Return the channels that watches name; what is wrong with one stops no other."""
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
def _held(archive: Archive, settings: Config) -> Iterator[None]:
    """Be the only one who sends. Raises ArchiveError where another process does."""
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
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value) or EMPTY
