"""What is sent to people."""

from dataclasses import dataclass
from typing import Literal

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
