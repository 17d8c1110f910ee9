"""Is one article a copy of another, or do both only fill in the same form? Pure.

Much text in common is needed but proves little: weather bulletins, lottery results and prices
share nine tenths of their words from day to day. What distinguishes them is what is in the same
surroundings: a copy says the same figures, dates and names there, another issue says others. An
update, the same event told later, says some other figures; its names and dates are the same.
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
"""Syllables a shingle: with 8, one changed word in ten leaves two fifths of a text in common."""

ENOUGH = 0.5
"""Part of the shorter text's shingles that a copy shares."""

MOST = 0.75
"""Part that an update shares, and that leaves little room for another story."""

ALMOST_ALL = 0.9
"""Part that two texts share which are near-identical."""

_SLIPS = 0.05  # part of the figures and names that a copy may have otherwise; one always may
_FEW_SLOTS = 4  # that can be compared: of fewer, one that differs counts, and none proves nothing
_UPDATED = 1 / 3  # part of the figures that an update may have otherwise
_FEW_CHANGES = 2  # figures that it may have otherwise where nearly all of the text is the same
_LEAST = 12  # shingles; with fewer, what is left without common lines says nothing
# In any case and Unicode form; folding the text first would take longer than all the rest.
_DATE = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[/.-]|th(?:á|a\u0301)ng)\s*(\d{1,2})(?!\d)", re.IGNORECASE
)
_HEAD = 2  # lines: title and lead
_LINE = 4  # syllables; shorter lines ("Ảnh: Minh Anh") are not looked at one by one
_SHORT = 0

_RELATED = 0.1
"""Part of the shorter text's runs of three syllables; two texts that share less are unrelated."""

_TELLING = 12
"""Syllables; a shorter text, a headline or a caption, proves nothing."""

_BASE = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)


class Reason(StrEnum):
    """Why two articles are copies, or not."""

    COPY = "copy"
    UPDATE = "update"  # the same with some other figures
    LITTLE = "little"  # too little in common
    FIGURES = "figures"  # other figures or names in the same surroundings
    ISSUE = "issue"  # the same title with other figures: another issue of a series
    DAY = "day"  # every date in one is another than those in the other
    SERIES = "series"  # one of many look-alikes, and not near-identical


@dataclass(frozen=True, slots=True)
class Similarity:
    """What comparing two articles showed.

    similarity: part of the shorter text's shingles that the other has, 0 to 1.
    shared: how many these are.
    """

    reason: Reason
    similarity: float = 0.0
    shared: int = 0

    @property
    def is_tie(self) -> bool:
        """True where one is a copy or an update of the other."""
        return self.reason in (Reason.COPY, Reason.UPDATE)

    @property
    def looks_alike(self) -> bool:
        """True where much is in common and yet neither is a copy or an update of the other."""
        return not self.is_tie and self.reason is not Reason.LITTLE


@dataclass(frozen=True)
class Text:
    """An article as it is compared.

    lines: hashes of its lines, in order. dates: day and month of all. day: of title and lead.
    """

    syllables: Syllables
    lines: tuple[int, ...]
    shingles: Hashes
    dates: frozenset[tuple[int, int]]
    day: frozenset[tuple[int, int]]
    title: Syllables

    @cached_property
    def slots(self) -> Slots:
        """Its figures and names by their surroundings."""
        return slots(self.syllables)


def read(article: Article) -> Text:
    """Return an article as `compare` takes it."""
    texts = lines_of(article)
    every = syllables(texts)
    return Text(
        syllables=every,
        lines=_line_hashes(every, len(texts)),
        shingles=distinct(shingles(every.hashes, SHINGLE)),
        dates=_dates("\n".join(texts)),
        day=_dates("\n".join(texts[:_HEAD])),
        title=every.keep(every.lines == 0),
    )


def compare(
    one: Text, other: Text, common: Collection[int] = (), *, in_series: bool = False
) -> Similarity:
    """Say whether one article is a copy of the other; the order of the two makes no difference.

    common: hashes of lines of a dozen articles or more, which do not count.
    in_series: either is one of several look-alikes, so only near-identical texts are copies.
    """
    left, right = _without(one, common), _without(other, common)
    similarity, shared = _overlap(left.shingles, right.shingles)
    enough = similarity >= ENOUGH
    if enough and (left is not one or right is not other):
        # With a form's lines out and boilerplate still in, that can be all that is left.
        enough = _overlap(one.shingles, other.shingles)[0] >= ENOUGH
    reason = Reason.LITTLE
    if enough:
        counts = compare_slots(left.slots, right.slots)
        reason = _reason(one, other, counts, similarity)
        if in_series and reason in (Reason.COPY, Reason.UPDATE) and similarity < ALMOST_ALL:
            reason = Reason.SERIES
    return Similarity(reason, similarity, shared)


def _overlap(one: Hashes, other: Hashes) -> tuple[float, int]:
    """Return which part of the shorter text is shared, and how much that is."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(min(len(one), len(other)), 1), shared


def _reason(one: Text, other: Text, counts: SlotCounts, similarity: float) -> Reason:
    is_issue = _is_another_issue(one.title, other.title)
    if is_issue or counts.differ > _slips(counts.compared):
        numbered = is_issue and counts.figures_differ < 2  # only the title has another figure
        agree = _dates_agree(one, other, in_titles=is_issue)
        if agree and not numbered and _is_update(counts, similarity):
            return Reason.UPDATE
        return Reason.ISSUE if is_issue else Reason.FIGURES
    apart = bool(one.dates and other.dates) and not one.dates & other.dates
    if apart and (counts.differ or counts.compared < _FEW_SLOTS):
        return Reason.DAY
    return Reason.UPDATE if counts.figures_differ else Reason.COPY


def _slips(compared: int) -> float:
    """Return how many of so many figures and names may differ in a copy."""
    return max(_SLIPS * compared, compared >= _FEW_SLOTS)


def _is_update(counts: SlotCounts, similarity: float) -> bool:
    """True where most is the same, all names are, and not many figures are others."""
    if similarity < MOST or counts.compared < _FEW_SLOTS:
        return False
    few = counts.changes <= _FEW_CHANGES and similarity >= ALMOST_ALL
    some = counts.figures_differ <= _UPDATED * counts.figures
    return (few or some) and counts.names_differ <= _slips(counts.names)


def _dates_agree(one: Text, other: Text, *, in_titles: bool) -> bool:
    """True where most dates of the text with fewer are in the other, those of the leads too.

    Where one has none, a new line must tell an update from an issue, and the titles must not say
    different figures (in_titles).
    """
    fewer = min(len(one.dates), len(other.dates))
    if not fewer:
        return not in_titles and len(one.lines) != len(other.lines)
    if one.day and other.day and not one.day & other.day:
        return False
    return len(one.dates & other.dates) > fewer / 2


def shared_lines(one: Text, other: Text) -> set[int]:
    """Return the hashes of lines that are in both."""
    return (set(one.lines) & set(other.lines)) - {_SHORT}


def _line_hashes(text: Syllables, count: int) -> tuple[int, ...]:
    bounds = np.searchsorted(text.lines, np.arange(count + 1))
    parts = (text.hashes[a:b] for a, b in pairwise(bounds.tolist()))
    return tuple(
        xxhash.xxh3_64_intdigest(part.tobytes()) - (1 << 63) if len(part) >= _LINE else _SHORT
        for part in parts
    )


def _dates(text: str) -> frozenset[tuple[int, int]]:
    pairs = ((int(a), int(b)) for a, b in _DATE.findall(text))
    return frozenset((day, month) for day, month in pairs if 0 < day <= 31 and 0 < month <= 12)


def _without(text: Text, common: Collection[int]) -> Text:
    """Return the text without common lines, or as it is where next to nothing would be left."""
    gone = [number for number, line in enumerate(text.lines) if line in common]
    if not gone:
        return text
    left = text.syllables.keep(~np.isin(text.syllables.lines, gone))
    found = distinct(shingles(left.hashes, SHINGLE))
    if len(found) < _LEAST:
        return text
    return replace(text, syllables=left, shingles=found)


def _is_another_issue(one: Syllables, other: Syllables) -> bool:
    """True where two titles differ in their figures only."""
    if len(one) != len(other) or not (one.digits == other.digits).all():
        return False
    words = ~one.digits
    same_words = bool((one.hashes[words] == other.hashes[words]).all())
    return same_words and not bool((one.hashes == other.hashes).all())


def are_unrelated(one: Article, other: Article) -> bool:
    """Return True where neither headline nor text of two articles has anything in common.

    Of 20,000 pairs of unrelated Vietnamese articles the shorter one shares 2 % of its runs of three
    syllables with the other in one pair of a hundred, 14 % at most; an edited or shortened text
    shares most of them. So a tenth keeps a rewritten story together, and tells two stories apart.
    """
    if fold(one.title) == fold(other.title):
        return False
    hashes, bounds = syllable_hashes((lines_of(one), lines_of(other)))
    left, right = hashes[: bounds[1]], hashes[bounds[1] :]
    if min(len(left), len(right)) < _TELLING:
        return False
    return _overlap(_runs_of_three(left), _runs_of_three(right))[0] < _RELATED


def _runs_of_three(syllables: Hashes) -> Hashes:
    rolled = (syllables[:-2] * _BASE + syllables[1:-1]) * _BASE + syllables[2:]
    return distinct(mixed(rolled))
