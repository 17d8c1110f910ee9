"""Send what is owed: each message once, in order, and again where it was not taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.channels.message import Message, Sender
from crawler.watch.digest import digest_page
from crawler.watch.due import GIVEN_UP_AFTER, is_time, next_attempt
from crawler.watch.html import html_of
from crawler.watch.text import text_of
from crawler.watch.trust import Health
from crawler.watch.watches import WatchOrder
from storage.archive import Archive
from storage.model.watches import Delivery


class Unusable:
    """A channel whose address cannot be used: what is owed to it waits until it can."""

    def send(self, message: Message) -> bool:  # noqa: ARG002 - a channel's
        """Take nothing."""
        return False


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes the messages. orders: by the watch's name. contact: whom to ask for an end of them."""

    archive: Archive
    orders: Mapping[str, WatchOrder]
    health: Health
    reader: str = ""
    contact: str = ""

    def message(self, delivery: Delivery) -> Message | None:
        """Return the message of a delivery; None where all that it told of is gone by now."""
        digest = delivery.digest
        order = self.orders[digest.watch]
        report = self.archive.watches.report(digest.arrivals, order.query, order.watch.most)
        if digest.arrivals and not report:
            return None
        page = digest_page(
            digest, report, order, self.health, self.reader, unconfirmed=delivery.unconfirmed
        )
        return Message(page.subject, text_of(page), html_of(page), unsubscribe=self._unsubscribe)

    @property
    def _unsubscribe(self) -> str | None:
        if not self.contact:
            return None
        return (
            self.contact if "://" in self.contact else f"mailto:{self.contact}?subject=unsubscribe"
        )


def deliver_due(
    composer: Composer, senders: Mapping[str, Sender], now: Callable[[], datetime]
) -> list[Delivery]:
    """Send what is due to these channels; return what they did not take.

    A channel that does not take a message is left alone until the next call; the others go on.
    """
    failed: list[Delivery] = []
    broken: set[str] = set()
    for delivery in composer.archive.watches.open_deliveries():
        name = delivery.channel
        if delivery.digest.watch not in composer.orders or name not in senders:
            _give_up_old(composer.archive, delivery, now())
            continue
        if name in broken:
            continue
        if not is_time(delivery.due_at, now()):
            continue
        if not _deliver(composer, delivery, senders[name], now):
            broken.add(name)
            failed.append(delivery)
    return failed


def _give_up_old(archive: Archive, delivery: Delivery, now: datetime) -> None:
    """Give up what is owed for a watch, or to a channel, that the configuration no longer has."""
    if delivery.due_at and now - delivery.digest.made_at >= GIVEN_UP_AFTER:
        archive.watches.end_delivery(delivery, sent_at=None, due_at=None)


def _deliver(
    composer: Composer, delivery: Delivery, sender: Sender, now: Callable[[], datetime]
) -> bool:
    watches, digest = composer.archive.watches, delivery.digest
    message = composer.message(delivery)
    if message is None:
        watches.end_delivery(delivery, sent_at=now(), due_at=None)
        return True
    watches.begin_delivery(delivery, now())
    if sender.send(message):
        watches.end_delivery(delivery, sent_at=now(), due_at=None)
        return True
    due_at = next_attempt(digest.made_at, delivery.attempts + 1, now())
    watches.end_delivery(delivery, sent_at=None, due_at=due_at)
    return False
