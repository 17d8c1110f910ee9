"""Is one article a copy of another, or do both only fill in the same form? Pure.

Much text in common is needed but proves little: weather bulletins, lottery results and prices
share nine tenths of their words from day to day. What distinguishes them is what is in the same
surroundings: a copy says the same figures, dates and names there, another issue says others. An
update, the same event told later, says some other figures; its names and dates are the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xxhash

from storage.dedup.signature import lines_of, shingles
from storage.model.articles import Article
from storage.text.arrays import Hashes, distinct
from storage.text.syllables import Syllables, syllables

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
_SLOT = 0
_LINE = 4  # syllables; shorter lines ("Ảnh: Minh Anh") are not looked at one by one
_SHORT = 0

SlotContext = tuple[int, ...]  # 1 for a figure, 0 for a name; two words before, two behind
Slots = Mapping[SlotContext, Counter[tuple[int, ...]]]


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
    of_longer: part of the longer one's that the shorter has. shared: how many these are.
    """

    reason: Reason
    similarity: float = 0.0
    of_longer: float = 0.0
    shared: int = 0

    @property
    def is_tie(self) -> bool:
        """True where one is a copy or an update of the other."""
        return self.reason in (Reason.COPY, Reason.UPDATE)

    @property
    def looks_alike(self) -> bool:
        """True where much is in common and yet neither is a copy or an update of the other."""
        return not self.is_tie and self.reason is not Reason.LITTLE


class SlotCounts(NamedTuple):
    """How many figures and names have like surroundings in two texts, and how many differ.

    changes: different figures among those that differ: one that stands in ten places is one.
    """

    figures: int
    figures_differ: int
    names: int
    names_differ: int
    changes: int

    @property
    def compared(self) -> int:
        """Figures and names with like surroundings."""
        return self.figures + self.names

    @property
    def differ(self) -> int:
        """Figures and names that differ."""
        return self.figures_differ + self.names_differ


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it is compared; `lines` are hashes of its lines, in order."""

    syllables: Syllables
    lines: tuple[int, ...]
    shingles: Hashes
    dates: frozenset[tuple[int, int]]
    title: Syllables


def read(article: Article) -> Text:
    """Return an article as `compare` takes it."""
    texts = lines_of(article)
    every = syllables(texts)
    return Text(
        syllables=every,
        lines=_line_hashes(every, len(texts)),
        shingles=distinct(shingles(every.hashes, SHINGLE)),
        dates=_dates("\n".join(texts)),
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
    similarity, of_longer, shared = _overlap(left.shingles, right.shingles)
    enough = similarity >= ENOUGH
    if enough and (left is not one or right is not other):
        # With a form's lines out and boilerplate still in, that can be all that is left.
        enough = _overlap(one.shingles, other.shingles)[0] >= ENOUGH
    reason = Reason.LITTLE
    if enough:
        counts = _compare_slots(left.syllables, right.syllables)
        reason = _reason(one, other, counts, similarity)
        if in_series and reason in (Reason.COPY, Reason.UPDATE) and similarity < ALMOST_ALL:
            reason = Reason.SERIES
    return Similarity(reason, similarity, of_longer, shared)


def _overlap(one: Hashes, other: Hashes) -> tuple[float, float, int]:
    """Return which part of the shorter and of the longer text is shared, and how much that is."""
    shorter, longer = sorted((len(one), len(other)))
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(shorter, 1), shared / max(longer, 1), shared


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
    """True where most dates of the text with fewer are in the other, too.

    in_titles: the titles say different figures, so both texts must have dates.
    """
    fewer = min(len(one.dates), len(other.dates))
    if not fewer:
        return not in_titles
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
    return Text(left, text.lines, found, text.dates, text.title)


def _compare_slots(one: Syllables, other: Syllables) -> SlotCounts:
    left, right = slots(one), slots(other)
    compared, differing = [0, 0], [0, 0]  # names, figures
    changed: set[tuple[int, ...]] = set()
    for context in left.keys() & right.keys():
        fewer, more = sorted((left[context], right[context]), key=Counter.total)
        compared[context[0]] += fewer.total()
        rest = fewer - more
        if rest and more.total() == 1 and _alike(next(iter(fewer)), next(iter(more))):
            continue
        differing[context[0]] += rest.total()
        if context[0]:
            changed |= rest.keys()
    return SlotCounts(compared[1], differing[1], compared[0], differing[0], len(changed))


def _alike(value: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """True for equal values and for one that says more: "22/11" and "22/11/2026"."""
    return value == other or set(value) <= set(other) or set(other) <= set(value)


def slots(text: Syllables) -> Slots:
    """Return the figures and names by the words around them, two on each side.

    Neighbouring ones are one slot, a figure where any is one; a slot in the surroundings counts
    as any slot.
    """
    items: list[int] = []
    values: dict[int, list[int]] = {}
    figures: set[int] = set()
    each = zip(text.hashes.tolist(), text.digits.tolist(), text.names.tolist(), strict=True)
    for value, is_figure, is_name in each:
        if not (is_figure or is_name):
            items.append(value)
            continue
        if not items or items[-1] != _SLOT:
            items.append(_SLOT)
        values.setdefault(len(items) - 1, []).append(value)
        if is_figure:
            figures.add(len(items) - 1)
    padded = [1, 1, *items, 1, 1]
    found: defaultdict[SlotContext, Counter[tuple[int, ...]]] = defaultdict(Counter)
    for place, value_ in values.items():
        around = (*padded[place : place + 2], *padded[place + 3 : place + 5])
        found[int(place in figures), *around][tuple(value_)] += 1
    return found


def _is_another_issue(one: Syllables, other: Syllables) -> bool:
    """True where two titles differ in their figures only."""
    if len(one) != len(other) or not (one.digits == other.digits).all():
        return False
    words = ~one.digits
    same_words = bool((one.hashes[words] == other.hashes[words]).all())
    return same_words and not bool((one.hashes == other.hashes).all())
