"""What a text as a whole says about where and when it plays. Pure."""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from crawler.places import words
from crawler.places.gazetteer import MERGER, Gazetteer
from crawler.places.offsets import Normal
from storage.model.places import Unit

# the units of July 2025 were in the news from spring on: the plans were published in April
ANNOUNCED = MERGER - timedelta(days=122)
# "sau khi sáp nhập các phường A, B, phường C": the list is over where a type word comes again
_LIST_OVER = re.compile(r"\b(?:các|hai|ba|bốn|năm|\d+) (?:phường|xã|đơn vị)\b")
_TYPED = re.compile(r"(?:phường|xã|thị trấn) ")
_NEAR = 120  # characters within which a province's name holds for the names around it


@dataclass(slots=True)
class PlaceContext:
    """Evidence gathered so far: provinces and districts that the text names, and its day."""

    gazetteer: Gazetteer
    day: date
    outlet: frozenset[str] = frozenset()
    provinces: Counter[str] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    places: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # offsets, in order

    def add_province(self, where: int, offset: int, units: list[Unit]) -> None:
        """Note that the text names a province; today's and yesterday's of that name count."""
        for identity in {kin for unit in units for kin in self.gazetteer.kin(unit.id)}:
            self.provinces[identity] += 1
            self.places.setdefault((where, identity), []).append(offset)

    def add_office(self, units: list[Unit]) -> None:
        """Note the bare name of an office, if one province alone has places of that name."""
        kin = [self.gazetteer.kin(self.gazetteer.province(unit.id).id) for unit in units]
        if kin and (common := frozenset.intersection(*kin)):
            self.provinces.update(common)

    def add_vote(self, units: list[Unit]) -> None:
        """Note a mention that can only be these: it speaks for what they have in common."""
        provinces = {self.gazetteer.province(unit.id).id for unit in units}
        districts = {self.gazetteer.district(unit.id) for unit in units}
        if len(provinces) == 1:
            self.provinces.update(self.gazetteer.kin(provinces.pop()))
        district = districts.pop()
        if not districts and district:
            self.districts.update(self.gazetteer.kin(district.id))

    def province_weight(self, unit: Unit, where: int, offset: int) -> float:
        """Return how much speaks for the province of `unit` at that place: 0 for nothing."""
        province = self.gazetteer.province(unit.id).id
        total = max(self.provinces.values(), default=0)
        weight = 12 * self.provinces[province] / total if total else 0.0
        offsets = self.places.get((where, province), [])
        index = bisect_left(offsets, offset)
        around = [abs(at - offset) for at in offsets[max(0, index - 1) : index + 1]]
        near = min(around, default=_NEAR + 1)
        if near <= _NEAR:
            weight += 6 * (1 - near / (2 * _NEAR))
        return weight + (6 if province in self.outlet else 0)

    def district_weight(self, unit: Unit) -> float:
        """Return how much speaks for the district of a commune."""
        district = self.gazetteer.district(unit.id)
        if district is None or district.id == unit.id or not self.districts[district.id]:
            return 0.0
        return 2 + self.districts[district.id] / max(self.districts.values())

    def possible(self, unit: Unit) -> bool:
        """True where the unit can be meant on that day: future ones once they are announced."""
        begun = unit.valid_from
        return begun is None or begun <= self.day or (begun == MERGER and self.day >= ANNOUNCED)

    def of_the_day(self, units: list[Unit]) -> list[Unit]:
        """Return one unit for each place among `units`: of its rows the one of the day.

        Newspapers call a city a town for years ("thị xã Chí Linh"), and what was renamed by the
        name of then: where no row among `units` is of the day, another row of the place is.
        """
        places: dict[tuple[str, ...], list[Unit]] = {}
        for unit in units:
            places.setdefault(self.gazetteer.line(unit.id), []).append(unit)
        return [self._row(line, rows) for line, rows in places.items()]

    def _row(self, line: tuple[str, ...], rows: list[Unit]) -> Unit:
        if len(line) == 1:
            return rows[0]
        every = [self.gazetteer.unit(identity) for identity in line]
        known = {unit.id for unit in rows}
        ordered = [unit for unit in every if unit.id in known]
        valid = [unit for unit in ordered if unit.valid_on(self.day)]
        current = [unit for unit in every if unit.valid_on(self.day)]
        return (valid or current or ordered)[-1]

    def era_weight(self, unit: Unit, text: Normal, begin: int, end: int) -> float:
        """Return how well the era of a possible `unit` fits.

        Units of the day fit best; ended ones stay possible, all the more where the text says
        "(cũ)" or says what was merged; future ones where it speaks of a plan.
        """
        if unit.valid_from and unit.valid_from > self.day:
            planned = words.RENEWED.match(text.lower, end) or _led_by(words.FUTURE, text, begin)
            return 9.0 if planned else 0.0
        if unit.ended_by(self.day):
            former = words.FORMER.match(text.lower, end) or _led_by(words.FORMERLY, text, begin)
            return 9.0 if former else 0.0
        return 4.0


def _led_by(cue: re.Pattern[str], text: Normal, begin: int) -> bool:
    """True where the last `cue` before `begin` leads up to it through names only."""
    cues = list(cue.finditer(text.lower, max(0, begin - 200), begin))
    if not cues:
        return False
    gap = text.text[cues[-1].end() : begin]
    if _LIST_OVER.search(gap.lower()) and gap.endswith(", ") and _TYPED.match(text.lower, begin):
        return False
    parts = re.findall(r"[^\W_]+|[.;]", gap)
    return all(part in words.CUE_LINKS or part[0].isupper() or part.isdigit() for part in parts)
