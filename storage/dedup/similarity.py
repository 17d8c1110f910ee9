"""Decides whether two articles are copies, or only share a template. Pure.

Much text in common is necessary but proves little: weather bulletins, lottery results and price
lists share nine tenths of their words from day to day. The difference is in the figures, dates and
names that have the same context: in a copy they are the same, in another issue of a series they
differ. In an update, a later report of the same event, some figures differ; names and dates agree.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

import numpy as np
import xxhash

from storage.dedup.signature import lines_of, shingles
from storage.dedup.slots import SlotCounts, Slots, compare_slots, slots
from storage.model.articles import Article
from storage.text.normalize import fold
from storage.text.syllables import Hashes, Syllables, distinct, mixed, syllable_hashes, syllables

SHINGLE = 4
"""Syllables per shingle: with 8, one changed word in ten would leave only two fifths shared."""

COPY_CONTAINMENT = 0.5
"""The least part of the shorter text's shingles that a copy shares."""

MOST = 0.75
"""The least part that an update shares; it leaves little room for another story."""

NEAR_IDENTICAL = 0.9
"""The least part that near-identical texts share."""

_MAX_SLIPS = 0.05  # part of the figures and names that may differ in a copy; one always may
_MIN_SLOTS = 4  # compared; with fewer, any difference counts and agreement proves nothing
_MAX_UPDATED = 1 / 3  # part of the figures that may differ in an update
_MAX_CHANGES = 2  # figures that may differ in a near-identical update
_MIN_SHINGLES = 12  # of a text without its common lines; with fewer, the lines are kept
# Matches any case and Unicode form; folding the text first would take longer than all the rest.
_DATE = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[/.-]|th(?:á|a\u0301)ng)\s*(\d{1,2})(?!\d)", re.IGNORECASE
)
_HEAD = 2  # lines: title and lead
_MIN_LINE = 4  # syllables; shorter lines ("Ảnh: Minh Anh") get no hash of their own
_SHORT = 0  # the hash of a short line

_RELATED = 0.1
"""Part of the shorter text's syllable trigrams; two texts that share less are unrelated."""

_MIN_SYLLABLES = 12
"""A shorter text, such as a headline or a caption, proves nothing."""

_BASE = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)


class Reason(StrEnum):
    """Why two articles are or are not copies."""

    COPY = "copy"
    UPDATE = "update"  # the same event with some other figures
    LITTLE = "little"  # too little text in common
    FIGURES = "figures"  # different figures or names in the same context
    ISSUE = "issue"  # the same title with different figures: another issue of a series
    DAY = "day"  # they have no date in common
    SERIES = "series"  # one of many similar articles, and not near-identical


@dataclass(frozen=True, slots=True)
class Similarity:
    """The result of comparing two articles.

    similarity: the part of the shorter text's shingles that the other has (containment), 0 to 1.
    shared: the number of these shingles.
    """

    reason: Reason
    similarity: float = 0.0
    shared: int = 0

    @property
    def is_tie(self) -> bool:
        """True if one is a copy or an update of the other."""
        return self.reason in (Reason.COPY, Reason.UPDATE)

    @property
    def looks_alike(self) -> bool:
        """True if they share much text but neither is a copy or an update of the other."""
        return not self.is_tie and self.reason is not Reason.LITTLE


@dataclass(frozen=True)
class Text:
    """The prepared text of an article, as `compare` takes it.

    lines: hashes of its lines, in order. dates: day and month of every date. day: those of title
    and lead.
    """

    syllables: Syllables
    lines: tuple[int, ...]
    shingles: Hashes
    dates: frozenset[tuple[int, int]]
    day: frozenset[tuple[int, int]]
    title: Syllables

    @cached_property
    def slots(self) -> Slots:
        """Its figures and names by context."""
        return slots(self.syllables)


def read(article: Article) -> Text:
    """Return an article's text, prepared for `compare`."""
    lines = lines_of(article)
    parsed = syllables(lines)
    return Text(
        syllables=parsed,
        lines=_line_hashes(parsed, len(lines)),
        shingles=distinct(shingles(parsed.hashes, SHINGLE)),
        dates=_dates("\n".join(lines)),
        day=_dates("\n".join(lines[:_HEAD])),
        title=parsed.keep(parsed.lines == 0),
    )


def compare(
    one: Text, other: Text, common: Collection[int] = (), *, in_series: bool = False
) -> Similarity:
    """Return whether two articles are copies, and why; the order of the two does not matter.

    common: hashes of lines that occur in a dozen articles or more; these lines are ignored.
    in_series: True if either is one of several similar articles, so that only near-identical texts
    are copies.
    """
    left, right = _without(one, common), _without(other, common)
    similarity, shared = _overlap(left.shingles, right.shingles)
    enough = similarity >= COPY_CONTAINMENT
    if enough and (left is not one or right is not other):
        # Without a template's lines, rarer boilerplate can be all that is left.
        enough = _overlap(one.shingles, other.shingles)[0] >= COPY_CONTAINMENT
    reason = Reason.LITTLE
    if enough:
        counts = compare_slots(left.slots, right.slots)
        reason = _reason(one, other, counts, similarity)
        if in_series and reason in (Reason.COPY, Reason.UPDATE) and similarity < NEAR_IDENTICAL:
            reason = Reason.SERIES
    return Similarity(reason, similarity, shared)


def _overlap(one: Hashes, other: Hashes) -> tuple[float, int]:
    """Return the part of the shorter text that is shared, and the number of shared hashes."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(min(len(one), len(other)), 1), shared


def _reason(one: Text, other: Text, counts: SlotCounts, similarity: float) -> Reason:
    is_issue = _is_another_issue(one.title, other.title)
    if is_issue or counts.differ > _slips(counts.compared):
        only_title = is_issue and counts.figures_differ < 2  # no other figure differs
        agree = _dates_agree(one, other, in_titles=is_issue)
        if agree and not only_title and _is_update(counts, similarity):
            return Reason.UPDATE
        return Reason.ISSUE if is_issue else Reason.FIGURES
    other_days = bool(one.dates and other.dates) and not one.dates & other.dates
    if other_days and (counts.differ or counts.compared < _MIN_SLOTS):
        return Reason.DAY
    return Reason.UPDATE if counts.figures_differ else Reason.COPY


def _slips(compared: int) -> float:
    """Return how many of the compared figures and names may differ in a copy."""
    return max(_MAX_SLIPS * compared, compared >= _MIN_SLOTS)


def _is_update(counts: SlotCounts, similarity: float) -> bool:
    """True if most of the text and the names agree, and not too many figures differ."""
    if similarity < MOST or counts.compared < _MIN_SLOTS:
        return False
    near_identical = counts.changes <= _MAX_CHANGES and similarity >= NEAR_IDENTICAL
    partly_updated = counts.figures_differ <= _MAX_UPDATED * counts.figures
    return (near_identical or partly_updated) and counts.names_differ <= _slips(counts.names)


def _dates_agree(one: Text, other: Text, *, in_titles: bool) -> bool:
    """True if most dates of the text with fewer dates are in the other, and the leads agree.

    If a text has no date, they count as agreeing only if the number of lines differs, as in an
    update, and the figures of the titles do not (in_titles).
    """
    fewer = min(len(one.dates), len(other.dates))
    if not fewer:
        return not in_titles and len(one.lines) != len(other.lines)
    if one.day and other.day and not one.day & other.day:
        return False
    return len(one.dates & other.dates) > fewer / 2


def shared_lines(one: Text, other: Text) -> set[int]:
    """Return the hashes of the lines that are in both texts."""
    return (set(one.lines) & set(other.lines)) - {_SHORT}


def _line_hashes(text: Syllables, count: int) -> tuple[int, ...]:
    bounds = np.searchsorted(text.lines, np.arange(count + 1))
    parts = (text.hashes[a:b] for a, b in pairwise(bounds.tolist()))
    return tuple(
        xxhash.xxh3_64_intdigest(part.tobytes()) - (1 << 63) if len(part) >= _MIN_LINE else _SHORT
        for part in parts
    )


def _dates(text: str) -> frozenset[tuple[int, int]]:
    pairs = ((int(a), int(b)) for a, b in _DATE.findall(text))
    return frozenset((day, month) for day, month in pairs if 0 < day <= 31 and 0 < month <= 12)


def _without(text: Text, common: Collection[int]) -> Text:
    """Return the text without common lines, or unchanged if too little would be left."""
    dropped = [number for number, line in enumerate(text.lines) if line in common]
    if not dropped:
        return text
    left = text.syllables.keep(~np.isin(text.syllables.lines, dropped))
    remaining = distinct(shingles(left.hashes, SHINGLE))
    if len(remaining) < _MIN_SHINGLES:
        return text
    return replace(text, syllables=left, shingles=remaining)


def _is_another_issue(one: Syllables, other: Syllables) -> bool:
    """True if two titles differ only in their figures."""
    if len(one) != len(other) or not (one.digits == other.digits).all():
        return False
    words = ~one.digits
    same_words = bool((one.hashes[words] == other.hashes[words]).all())
    return same_words and not bool((one.hashes == other.hashes).all())


def are_unrelated(one: Article, other: Article) -> bool:
    """Return True if two articles have nothing in common, neither in the title nor in the text.

    In 20,000 pairs of unrelated Vietnamese articles, the shorter one shares 2 % or more of its
    syllable trigrams in one pair of a hundred, and at most 14 %; an edited or shortened text shares
    most of them. So a threshold of a tenth keeps a rewritten story together and separates
    two stories.
    """
    if fold(one.title) == fold(other.title):
        return False
    hashes, bounds = syllable_hashes((lines_of(one), lines_of(other)))
    left, right = hashes[: bounds[1]], hashes[bounds[1] :]
    if min(len(left), len(right)) < _MIN_SYLLABLES:
        return False
    return _overlap(_trigrams(left), _trigrams(right))[0] < _RELATED


def _trigrams(syllables: Hashes) -> Hashes:
    rolled = (syllables[:-2] * _BASE + syllables[1:-1]) * _BASE + syllables[2:]
    return distinct(mixed(rolled))
