"""Issues of series that fill in a form: weather, lottery, prices, … None is a copy of another."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

SETS = Path(__file__).parent / "dedup_sets"


@dataclass(frozen=True)
class Doc:
    """A document of the set. Two are copies exactly if they have the same `story`."""

    story: str
    kind: str
    title: str
    sapo: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The text of a series, with {fields}; `a|b|c` is a choice."""

    title: str
    sapo: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """One file of dedup_sets: the material for issues and rewriters."""

    forms: Mapping[str, Form]
    lists: Mapping[str, tuple[str, ...]]
    boilerplate: tuple[tuple[str, ...], ...]
    swaps: Mapping[str, str]


def load_words(name: str) -> Words:
    """Load the set of a name: "development" or "held_out"."""
    found = tomllib.loads((SETS / f"{name}.toml").read_text(encoding="utf-8"))
    forms = {
        series: Form(form["title"], form["sapo"], tuple(form["lines"]))
        for series, form in found["forms"].items()
    }
    return Words(
        forms=forms,
        lists={key: tuple(text.split("|")) for key, text in found["lists"].items()},
        boilerplate=tuple(tuple(text.split("|")) for text in found["boilerplate"]),
        swaps=found["swaps"],
    )


def issues(words: Words, number: int, random: Random) -> list[Doc]:
    """Return `number` issues of each series, each a separate story."""
    return [_issue(words, series, at, random) for series in words.forms for at in range(number)]


def _issue(words: Words, series: str, at: int, random: Random) -> Doc:
    fields = Fields(words.lists, random, date(2024, 1, 1) + timedelta(days=at * 2))
    form = words.forms[series]

    def fill(text: str) -> str:
        return random.choice(text.split("|")).format_map(fields)

    return Doc(
        f"{series} {at}", series, fill(form.title), fill(form.sapo), tuple(map(fill, form.lines))
    )


class Fields(Mapping[str, str]):
    """The fields of one issue, drawn on first access, by the prefix of their names.

    day, day_1, day_-1: dates; year; n2: a number of 2 digits; dec: 12,34; letters: an exam's key;
    any list's name: one of its entries.
    """

    def __init__(self, lists: Mapping[str, tuple[str, ...]], random: Random, day: date) -> None:
        self._lists = lists
        self._random = random
        self._day = day
        self._values: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            self._values[key] = self._draw(*key.partition("_")[::2])
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _draw(self, kind: str, which: str) -> str:
        random = self._random
        if kind in self._lists:
            return random.choice(self._lists[kind])
        if kind == "day":
            then = self._day + timedelta(days=int(which or 0))
            return f"{then.day}/{then.month}"
        if kind == "year":
            return str(self._day.year)
        if kind == "dec":
            return f"{random.randrange(1, 99)},{random.randrange(10, 99)}"
        if kind == "letters":
            return " ".join(f"{n}.{random.choice('ABCD')}" for n in range(1, 41))
        digits = int(kind.removeprefix("n"))
        return str(random.randrange(10 ** (digits - 1), 10**digits))
