"""The nouns of re-reading: the same capture read again by newer code of ours."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Origin = Literal["outlet", "ours"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one version of our code made of a capture.

    read_at: when it was first read so; for the first reading the time of the capture.
    version: the last version of our extraction code that read it so.
    origin: "outlet" for the first reading, which came with the capture; "ours" for every later
    one: the outlet's page is the same, only our code is another.
    changed: names of the fields of `Article` that differ from the reading before ("body" for its
    blocks), or "refusal" where one of the two is no article; empty for the first.
    """

    read_at: datetime
    version: int
    origin: Origin
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RereadQuery:
    """Which captures to read again: those whose newest reading is of another version, or failed.

    version: of the extraction code that will read them; None for captures of every version. What
    it crashed on, or took too long for, is read again by it too: another hour can do it.
    outlet: None for all. since, until: bounds on the time of capture, inclusive and exclusive.
    after: the number of a capture; only those that come later, in the order of captures, count.
    """

    version: int | None
    outlet: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None


class Reread(StrEnum):
    """What reading a capture again led to."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"  # another article, or another refusal, than before
    REFUSED = "refused"  # an article became a refusal
    ADMITTED = "admitted"  # a refusal became an article
    FAILED = "failed"  # our code crashed or took too long: what was read before stays
    REDACTED = "redacted"  # taken down on request: left alone
