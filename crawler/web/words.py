"""A page's language: its texts, and how it formats numbers, days and times.

The templates are in Vietnamese; `english.toml` has the same sentences in English.
"""

import tomllib
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from crawler.render.base import LOCAL
from storage.model.places import Unit

Code = Literal["vi", "en"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """Return the English of each text; "singular|plural" if it has a number `n`."""
    file = Path(__file__).with_name("english.toml")
    return tomllib.loads(file.read_text("utf-8"))


class Language:
    """Vietnamese or English."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def words(self, text: str, **values: object) -> str:
        """Return a text, given in Vietnamese, in this language, with its values.

        A number `n` is formatted, and selects singular or plural in English.
        """
        number = values.get("n")
        if isinstance(number, int):
            values["n"] = self.number(number)
        if self.code == "en":
            one, _, many = english()[text].partition("|")
            text = many if many and number != 1 else one
        return text.format(**values) if values else text

    def number(self, value: int) -> str:
        """Return a number with thousands separators."""
        return f"{value:,}" if self.code == "en" else f"{value:,}".replace(",", ".")

    def share(self, value: float) -> str:
        """Return a share (0 to 1) as a percentage."""
        return "< 1%" if 0 < value < 0.01 else f"{value:.0%}"

    def today(self, now: datetime) -> date:
        """Return the date of a time in Việt Nam."""
        return now.astimezone(LOCAL).date()

    def day(self, value: date | None) -> str:
        """Return a day: 14/9/2026, 14 Sep 2026."""
        if value is None:
            return "–"
        if self.code == "en":
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
        return f"{value.day}/{value.month}/{value.year}"

    def moment(self, value: datetime | None) -> str:
        """Return a time in Việt Nam: 17:40, 14/9/2026."""
        if value is None:
            return "–"
        local = value.astimezone(LOCAL)
        return f"{local:%H:%M}, {self.day(local.date())}"

    def month(self, value: str) -> str:
        """Return a month given as "2026-09": 9/2026, Sep 2026."""
        year, month = value.split("-")
        return f"{_MONTHS[int(month) - 1]} {year}" if self.code == "en" else f"{int(month)}/{year}"

    def span(self, value: timedelta) -> str:
        """Return a duration: "2 giờ 5 phút", "2 h 5 min"."""
        minutes = round(abs(value).total_seconds() / 60)
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        units = ("d", "h", "min") if self.code == "en" else ("ngày", "giờ", "phút")
        parts = [f"{n} {unit}" for n, unit in zip((days, hours, minutes), units, strict=True) if n]
        return " ".join(parts[:2]) or f"0 {units[2]}"

    def era(self, unit: Unit) -> str:
        """Return the first and last day on which a unit existed, if known."""
        last = unit.valid_to and unit.valid_to - timedelta(days=1)
        if unit.valid_from and last:
            return f"{self.day(unit.valid_from)} – {self.day(last)}"
        if last:
            return self.words("đến hết {day}", day=self.day(last))
        if unit.valid_from:
            return self.words("từ {day} đến nay", day=self.day(unit.valid_from))
        return self.words("đến nay")


def cut(text: str, most: int) -> str:
    """Return a text; one longer than `most` characters is cut at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    begun = text[:most]
    return (begun.rpartition(" ")[0].rstrip(" ,.;:") if " " in begun else begun) + "…"
