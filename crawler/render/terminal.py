"""What is printed: nothing in a page, a feed or an imported file can command the terminal.

Terminals act on control characters: escape sequences colour, move, retitle and, in some, type.
Every text goes through one filter, where it is printed, wherever it came from.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from storage.text.normalize import CONTROLS

# Controls, and what turns the direction of a line of text.
_COMMANDS = re.compile(f"[{CONTROLS}\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return `text` with U+FFFD for each character that a terminal would act on."""
    return text if text.isprintable() else _COMMANDS.sub("\ufffd", text)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON in which such characters are escaped, so that programs read what was there."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class PlainConsole(Console):
    """A console whose own colours pass, and nothing of the kind that is in a text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of `renderable`, those with text filtered."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(shown(segment.text), segment.style)
