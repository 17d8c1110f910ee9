"""Comparison of the figures and names that two texts have in the same context. Pure.

A slot is a run of figures and capitalised names; its context is the two words on either side.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from storage.text.syllables import Syllables, runs

Slots = Mapping[tuple[int, ...], list[tuple[int, ...]]]
"""Values by context: 1 for a figure or 0 for a name, two words before, two words after."""

_SLOT = 0
_EDGE = 1  # of the text


class SlotCounts(NamedTuple):
    """How many figures and names have the same context in two texts, and how many of them differ.

    changes: the number of distinct figures that differ; a figure that occurs ten times counts once.
    """

    figures: int
    figures_differ: int
    names: int
    names_differ: int
    changes: int

    @property
    def compared(self) -> int:
        """The number of figures and names with the same context."""
        return self.figures + self.names

    @property
    def differ(self) -> int:
        """The number of figures and names that differ."""
        return self.figures_differ + self.names_differ


def compare_slots(one: Slots, other: Slots) -> SlotCounts:
    """Count the figures and names that have the same context in two texts."""
    compared, differing = [0, 0], [0, 0]  # names, figures
    changed: set[tuple[int, ...]] = set()
    for context in one.keys() & other.keys():
        fewer, more = sorted((one[context], other[context]), key=len)
        compared[context[0]] += len(fewer)
        if fewer == more:
            continue
        if len(more) == 1 and _alike(fewer[0], more[0]):
            continue
        rest = Counter(fewer) - Counter(more)
        differing[context[0]] += rest.total()
        if context[0]:
            changed |= rest.keys()
    return SlotCounts(compared[1], differing[1], compared[0], differing[0], len(changed))


def _alike(value: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """True if the values are equal or one extends the other: "22/11" and "22/11/2026"."""
    shorter, longer = sorted((value, other), key=len)
    return shorter in (longer[: len(shorter)], longer[-len(shorter) :])


def slots(text: Syllables) -> Slots:
    """Return the figures and names of a text by context.

    Adjacent ones form one slot, a figure if any of them is one. In the context of a slot, all
    other slots are equal.
    """
    starts, ends = runs(text.digits | text.names)
    kept = ~(text.digits | text.names)
    kept[starts] = True
    items = text.hashes.copy()
    items[starts] = _SLOT
    padded = [_EDGE, _EDGE, *items[kept].tolist(), _EDGE, _EDGE]
    hashes, is_digit = text.hashes.tolist(), text.digits.tolist()
    positions = (np.cumsum(kept)[starts] - 1).tolist()
    values: defaultdict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for position, start, end in zip(positions, starts.tolist(), ends.tolist(), strict=True):
        context = (*padded[position : position + 2], *padded[position + 3 : position + 5])
        values[int(any(is_digit[start:end])), *context].append(tuple(hashes[start:end]))
    return values
