"""Filter printed text, so that no page, feed or imported file can control the terminal.

Terminals act on control characters: escape sequences colour text, move the cursor, set the title
and, in some, type. All text passes one filter when it is printed, whatever its source.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from storage.text.normalize import CONTROLS

# Control characters and bidirectional marks.
_UNSAFE = re.compile(f"[{CONTROLS}\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return `text` with U+FFFD for each character that a terminal would act on."""
    return text if text.isprintable() else _UNSAFE.sub("\ufffd", text)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON in which such characters are escaped, so that programs read the original."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class PlainConsole(Console):
    """A console that emits its own styles, but filters control characters out of texts."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of `renderable`, with their texts filtered."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(shown(segment.text), segment.style)
