"""Search for all occurrences of units' names in a text, and the type words that apply to them.

One Aho–Corasick pass finds names and type words together. Pure.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import ahocorasick_rs

from crawler.places import words
from crawler.places.offsets import Normal
from storage.model.places import Unit

Role = Literal["typed", "listed", "bare"]
_WORD = re.compile(r"\w")
# "P14, Q10"; a single letter with a number is ambiguous
_SHORT = re.compile(r"(?<![\w.])P\d{1,2},? ?(?P<district>Q)\d{1,2}(?!\w)")
_NUMBER = re.compile(r" ?(?P<number>0?(?P<value>\d{1,2}))(?![\w%]|[.,/:]\d)")
_NEXT_NUMBER = re.compile(r"(?:, ?| và )(?P<number>0?(?P<value>\d{1,2}))(?![\w%]|[.,/:]\d)")
_GAP_PART = re.compile(r"[^\W_]+|[^\w\s]")
_MARKS = frozenset(",;:-/&()\"'“”")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_CONSONANT = "[bcdđghklmnprstv]"
_VARIANTS = (
    (re.compile(r" ?- ?"), (" - ", "-", " ")),
    (re.compile(r"' "), ("'",)),
    # names of the highlands: an apostrophe inside or none, "Đắk" in five ways, "M'Đrắk"
    (
        re.compile(rf"\b({_CONSONANT})(?!(?<=[cgkpt])h|(?<=n)[gh]|(?<=t)r)(?={_CONSONANT}\w)"),
        (r"\1'",),
    ),
    (re.compile(r" (?=\w')"), ("-",)),
    (re.compile(r"'"), ("", " ", "-")),
    (re.compile(r"(?<=\w)(?:[ăắa]k|ắc)\b"), ("ắk", "ăk", "ak", "ắc")),
    (re.compile(r"(?<=['\W])đr"), ("dr",)),
    (re.compile(r"\b(\w) (?=\w)"), (r"\1",)),
    (re.compile(r" (?:1|i)$"), (" 1", " i", " 01")),
    (re.compile(r" (?:2|ii)$"), (" 2", " ii", " 02")),
    (re.compile(r" (?:3|iii)$"), (" 3", " iii", " 03")),
)
_SOFT = re.compile(r"(?<=[hklmstv])[yỳýỷỹỵ](?![^\W\d_])|(?<=qu)[yỳýỷỹỵ](?![^\W\d_])")
_Y_TO_I = str.maketrans("yỳýỷỹỵ", "iìíỉĩị")
_LIST_END = re.compile(r"(?:[,;:/&(]|\b(?:" + "|".join(sorted(words.LINKS)) + r"))[ \"'“]*$")
_MAX_LIST = 400  # characters of an enumeration after its type word


@dataclass(frozen=True, slots=True)
class Trigger:
    """A type word, or several ("các quận, huyện"), at [start, end)."""

    start: int
    end: int
    types: frozenset[str]
    plural: bool


@dataclass(slots=True)
class Spot:
    """An occurrence of a name at `start` of a field's normalized text.

    readings: the end and the units of each name that matches there, longest first.
    trigger: the type word that applies to it. role: "typed" right after the type word, "listed"
    in an enumeration after it, "bare" without one.
    """

    start: int
    readings: list[tuple[int, tuple[Unit, ...]]]
    role: Role = "bare"
    trigger: Trigger | None = None

    @property
    def begin(self) -> int:
        """The start of the mention, including its own type word."""
        return self.trigger.start if self.trigger and self.role == "typed" else self.start


class Scanner:
    """The automaton of all names and type words; building it takes a tenth of a second."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        named: dict[str, list[Unit]] = defaultdict(list)
        spelled = cache(spellings)  # half of the units share their names
        for unit in units.values():
            for spelling in spelled(unit.name):
                named[spelling].append(unit)
        for alias, name in words.PROVINCE_ALIASES.items():
            named[alias] += [unit for unit in named[name.lower()] if unit.level == "province"]
        self.numbers = {key: tuple(found) for key, found in named.items() if key.isdecimal()}
        self.names = [(key, tuple(found)) for key, found in named.items() if not key.isdecimal()]
        kinds = [kind + dot for kind in words.TYPES for dot in _dots(kind)]
        self.kinds = [words.TYPES[kind.rstrip(".")] for kind in kinds]
        self.automaton = ahocorasick_rs.AhoCorasick([key for key, _ in self.names] + kinds)

    def scan(self, text: Normal) -> tuple[list[Spot], list[Trigger]]:
        """Return the spots of `text` and its type words, both in order, names longest first."""
        starts: dict[int, list[tuple[int, tuple[Unit, ...]]]] = defaultdict(list)
        hits: list[tuple[int, int, str]] = []
        many = len(self.names)
        lower = text.lower
        for index, start, end in self.automaton.find_matches_as_indexes(lower, overlapping=True):
            if index < many:
                if _bounded(lower, start, end) and _proper(text.text, start, end):
                    starts[start].append((end, self.names[index][1]))
            elif _bounded_type(text, start, end):
                hits.append((start, end, self.kinds[index - many]))
        for short in _SHORT.finditer(text.text):
            hits.append((short.start(), short.start() + 1, "phường"))
            hits.append((short.start("district"), short.end("district"), "quận"))
        triggers = _triggers(lower, hits)
        for trigger in triggers:
            number = _NUMBER.match(lower, trigger.end)
            while number and not words.COUNTED.match(lower, number.end()):
                units = self.numbers.get(number["value"], ())
                starts[number.start("number")].append((number.end(), units))
                number = _NEXT_NUMBER.match(lower, number.end())
        return _spots(text, starts, triggers), triggers


def spellings(name: str) -> set[str]:
    """Return the spellings of a name in newspapers, in lower case: "Mỹ" also as "Mĩ"."""
    lower = name.lower()
    found = {lower, *words.OTHER_SPELLINGS.get(lower, ())}
    for old, news in _VARIANTS:
        other = [spelling for spelling in found if old.search(spelling)]
        found |= {old.sub(new, spelling) for spelling in other for new in news}
    soft = {_SOFT.sub(lambda match: match.group().translate(_Y_TO_I), text) for text in found}
    return found | soft


def _dots(kind: str) -> tuple[str, ...]:
    if len(kind) == 1:
        return (".",)
    return ("", ".") if len(kind.replace(".", "")) == 2 else ("",)


def _bounded(text: str, start: int, end: int) -> bool:
    begins_word = start == 0 or not text[start - 1].isalnum()
    return begins_word and (end == len(text) or not text[end].isalnum())


def _bounded_type(text: Normal, start: int, end: int) -> bool:
    """True if a type word is a whole word; one letter with a dot must be a single capital."""
    lower = text.lower
    if start and (lower[start - 1].isalnum() or lower[start - 1] == "."):
        return False
    if lower[end - 1] == ".":
        if end - start > 2:
            return True
        return text.text[start] != lower[start] and not _initial(text.text, start)
    return end == len(lower) or not lower[end].isalpha()


def _initial(text: str, start: int) -> bool:
    """True if the letter abbreviates a person's name: "chị P.", "N. Q. V."."""
    last = text[max(0, start - 8) : start].split(" ")[-2:-1]
    return bool(last) and (
        last[0].lower() in words.PERSONS or re.fullmatch(r"[^\W\d_]\.", last[0]) is not None
    )


def _proper(text: str, start: int, end: int) -> bool:
    """True if every syllable begins with a capital, as in names, and for "Thủ đô"."""
    if text.startswith("Thủ đô", start):
        return not text[end : end + 2].strip().isupper()
    return not any(
        word[0].islower() and word[0].isalpha() for word in text[start:end].split(" ") if word
    )


def _triggers(lower: str, hits: list[tuple[int, int, str]]) -> list[Trigger]:
    """Return the longest type words, with "quận, huyện" joined into one."""
    found: list[Trigger] = []
    for start, end, kind in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if found and start < found[-1].end:
            continue
        if found and lower[found[-1].end : start] in words.JOINTS:
            last = found[-1]
            found[-1] = Trigger(last.start, end, last.types | {kind}, True)
            continue
        plural = words.PLURAL.search(lower, max(0, start - 8), start) is not None
        found.append(Trigger(start, end, frozenset((kind,)), plural))
    return found


def _spots(
    text: Normal,
    starts: Mapping[int, list[tuple[int, tuple[Unit, ...]]]],
    triggers: Sequence[Trigger],
) -> list[Spot]:
    spots: list[Spot] = []
    ends = [trigger.end for trigger in triggers]
    covered = 0
    for start in sorted(starts):
        if start < covered or _is_compass(text, start, starts):
            continue
        spot = Spot(start, sorted(starts[start], key=lambda reading: -reading[0]))
        index = bisect_right(ends, start) - 1
        _attach(spot, text.text, triggers, index)
        spots.append(spot)
        covered = spot.readings[0][0]
    return spots


def _is_compass(
    text: Normal, start: int, starts: Mapping[int, list[tuple[int, tuple[Unit, ...]]]]
) -> bool:
    """True in "phía Bắc Hà Nội", which also contains the name of huyện Bắc Hà."""
    point = text.lower[start : start + 5].partition(" ")[0]
    if point not in words.COMPASS:
        return False
    end = max(end for end, _ in starts[start])
    after = starts.get(start + len(point) + 1, ())
    return any(far > end and any(u.level == "province" for u in units) for far, units in after)


def _attach(spot: Spot, text: str, triggers: Sequence[Trigger], index: int) -> None:
    """Set the type word of `spot`, which is right before it or before its enumeration."""
    while index >= 0 and spot.start - triggers[index].end <= _MAX_LIST:
        trigger = triggers[index]
        gap = text[trigger.end : spot.start]
        loose = " :\"'“‘\n" if text[trigger.end - 1] == "." else " :\"'“‘"
        if not gap.strip(loose):
            spot.trigger, spot.role = trigger, "typed"
            return
        if gap.count(")") > gap.count("("):  # the type word is in parentheses: try the one before
            index -= 1
            continue
        opened = gap.count("(") > gap.count(")") and not gap.lstrip().startswith("(")
        if not opened and is_list(gap):
            spot.trigger, spot.role = trigger, "listed"
        return


def is_list(gap: str) -> bool:
    """True if only names and separators are between two names."""
    if "\n" in gap or not _LIST_END.search(gap):
        return False
    parts = _GAP_PART.findall(_IN_BRACKETS.sub("", gap))
    return all(part in _MARKS or not part[0].islower() or part in words.LINKS for part in parts)
