"""Readings: the results of extracting one capture with successive versions of the code."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Origin = Literal["outlet", "reextraction"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One result of extracting a capture.

    read_at: when a version first gave this result; for the first reading the time of the capture.
    version: the last version of the extraction code that gave this result.
    origin: "outlet" for the first reading, made when the page was captured; "reextraction" for
    later ones, where the page is the same and only the code has changed.
    changed: names of the fields of `Article` that differ from the previous reading ("body" for
    its blocks), or "refusal" where one of the two is a refusal; empty for the first.
    """

    read_at: datetime
    version: int
    origin: Origin
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RereadQuery:
    """A query for captures to re-extract: their newest reading has another version, or failed.

    version: the current one of the extraction code; None for captures of every version. Captures
    on which it crashed or timed out are included, as a later attempt may succeed.
    outlet: None for all. since, until: bounds on the time of capture, inclusive and exclusive.
    after: the number of a capture; only those after it, in the order of captures.
    """

    version: int | None
    outlet: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None


class Reread(StrEnum):
    """The result of re-extracting a capture."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"  # a different article, or a different refusal
    REFUSED = "refused"  # an article became a refusal
    ADMITTED = "admitted"  # a refusal became an article
    FAILED = "failed"  # extraction crashed or timed out: the previous reading is kept
    REDACTED = "redacted"  # taken down on request: not extracted
