"""What is sent to people, and who sends it."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["info", "warning", "success"]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: as text, and as HTML for mail, which has both.

    unsubscribe: an address for the List-Unsubscribe header, which mail alone has.
    """

    title: str
    text: str
    html: str | None = None
    kind: Kind = "info"
    unsubscribe: str | None = None


class Sender(Protocol):
    """A way to people."""

    def send(self, message: Message) -> bool:
        """Send a message; return whether it was taken."""
        ...
