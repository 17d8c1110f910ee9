"""The figures and names of two texts, compared where they stand in the same surroundings. Pure.

A slot is a run of figures and capitalised names; it is known by the two words on either side.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from storage.text.syllables import Syllables, runs

Slots = Mapping[tuple[int, ...], list[tuple[int, ...]]]
"""Values by surroundings: 1 for a figure or 0 for a name, two words before, two behind."""

_SLOT = 0
_EDGE = 1  # of the text


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


def compare_slots(one: Slots, other: Slots) -> SlotCounts:
    """Count the figures and names that have like surroundings in two texts."""
    compared, differing = [0, 0], [0, 0]  # names, figures
    changed: set[tuple[int, ...]] = set()
    for context in one.keys() & other.keys():
        fewer, more = sorted((one[context], other[context]), key=len)
        compared[context[0]] += len(fewer)
        if fewer == more:  # most
            continue
        if len(more) == 1 and _alike(fewer[0], more[0]):
            continue
        rest = Counter(fewer) - Counter(more)
        differing[context[0]] += rest.total()
        if context[0]:
            changed |= rest.keys()
    return SlotCounts(compared[1], differing[1], compared[0], differing[0], len(changed))


def _alike(value: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """True for equal values and for one that says more: "22/11" and "22/11/2026"."""
    shorter, longer = sorted((value, other), key=len)
    return shorter in (longer[: len(shorter)], longer[-len(shorter) :])


def slots(text: Syllables) -> Slots:
    """Return the figures and names by the words around them, two on each side.

    Neighbouring ones are one slot, a figure where any is one; a slot in the surroundings counts
    as any slot.
    """
    starts, ends = runs(text.digits | text.names)
    kept = ~(text.digits | text.names)
    kept[starts] = True
    items = text.hashes.copy()
    items[starts] = _SLOT
    padded = [_EDGE, _EDGE, *items[kept].tolist(), _EDGE, _EDGE]
    hashes, is_digit = text.hashes.tolist(), text.digits.tolist()
    places = (np.cumsum(kept)[starts] - 1).tolist()
    found: defaultdict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for place, start, end in zip(places, starts.tolist(), ends.tolist(), strict=True):
        around = (*padded[place : place + 2], *padded[place + 3 : place + 5])
        found[int(any(is_digit[start:end])), *around].append(tuple(hashes[start:end]))
    return found
