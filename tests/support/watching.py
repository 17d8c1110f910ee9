"""Watches over invented articles, and channels that take messages, refuse them, or crash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawler.channels.message import Message
from crawler.config.watches import Watch
from crawler.watch.deliver import Composer, deliver_due
from crawler.watch.look import due_looks
from crawler.watch.trust import Health
from crawler.watch.watches import WatchOrder
from storage import parse_words
from storage.archive import Archive
from storage.model.search import SearchQuery

NOBODY = Health((), {}, ())


class Killed(BaseException):
    """Simulates that the process is killed."""


@dataclass
class Inbox:
    """A channel. refuses: how many of the next messages it refuses.

    kills: how many of the next messages kill the process after they are sent. asked: the number of
    attempts. got: the messages that arrived.
    """

    refuses: int = 0
    kills: int = 0
    asked: int = 0
    got: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> bool:
        self.asked += 1
        if self.refuses:
            self.refuses -= 1
            return False
        self.got.append(message)
        if self.kills:
            self.kills -= 1
            raise Killed
        return True


def order(name: str, *, words: str = "", places: Iterable[str] = (), **keys: Any) -> WatchOrder:
    """Return a watch. places: ids of units."""
    watch = Watch(name=name, words=words, places=tuple(places), **keys)
    query = SearchQuery(parse_words(words), places=watch.places, outlets=watch.outlets)
    return WatchOrder(watch, query)


@dataclass
class Desk:
    """The dependencies of one process of `tinquan watch run`."""

    archive: Archive
    orders: Mapping[str, WatchOrder]
    channels: dict[str, Inbox]

    def run(self, now: datetime, *, delivers: bool = True) -> None:
        """Run due watches and send due deliveries. delivers: False for a crash in between."""
        due_looks(self.archive, self.orders.values(), now)
        if delivers:
            composer = Composer(self.archive, self.orders, NOBODY)
            deliver_due(composer, self.channels, lambda: now)
