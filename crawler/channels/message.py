"""Messages to people, and the protocol of what sends them."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["info", "warning", "success"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as text and optionally as HTML, which only mail uses.

    unsubscribe: a URL for the List-Unsubscribe header of mail.
    """

    title: str
    text: str
    html: str | None = None
    kind: Kind = "info"
    unsubscribe: str | None = None


class Sender(Protocol):
    """Sends messages through one channel."""

    def send(self, message: Message) -> bool:
        """Send a message; return whether it was accepted."""
        ...
