"""The provinces, districts and day that a text as a whole is evidence for. Pure."""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from crawler.places import words
from crawler.places.gazetteer import MERGER, Gazetteer
from crawler.places.offsets import Normal
from storage.model.places import Unit

# the units of July 2025 were in the news from March on, as plans were published in spring
ANNOUNCED = MERGER - timedelta(days=122)
# "sau khi sáp nhập các phường A, B, phường C": a repeated type word ends the list
_LIST_OVER = re.compile(r"\b(?:các|hai|ba|bốn|năm|\d+) (?:phường|xã|đơn vị)\b")
_TYPED = re.compile(r"(?:phường|xã|thị trấn) ")
_NEAR = 120  # characters around a province's name in which it counts as evidence for other names


@dataclass(slots=True)
class PlaceContext:
    """The evidence found so far: provinces and districts that the text names, and its day."""

    gazetteer: Gazetteer
    day: date
    outlet: frozenset[str] = frozenset()
    provinces: Counter[str] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    places: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # offsets, in order

    def add_province(self, where: int, offset: int, units: list[Unit]) -> None:
        """Count a mention of a province, for all its eras."""
        for identity in {kin for unit in units for kin in self.gazetteer.kin(unit.id)}:
            self.provinces[identity] += 1
            self.places.setdefault((where, identity), []).append(offset)

    def add_office(self, units: list[Unit]) -> None:
        """Count the bare name after an office, if only one province has places of that name."""
        kin = [self.gazetteer.kin(self.gazetteer.province(unit.id).id) for unit in units]
        if kin and (common := frozenset.intersection(*kin)):
            self.provinces.update(common)

    def add_vote(self, units: list[Unit]) -> None:
        """Count a mention that is one of `units` for the province and the district they share."""
        provinces = {self.gazetteer.province(unit.id).id for unit in units}
        districts = {self.gazetteer.district(unit.id) for unit in units}
        if len(provinces) == 1:
            self.provinces.update(self.gazetteer.kin(provinces.pop()))
        district = districts.pop()
        if not districts and district:
            self.districts.update(self.gazetteer.kin(district.id))

    def province_weight(self, unit: Unit, where: int, offset: int) -> float:
        """Return the evidence at an offset for the province of `unit`: 0 for none."""
        province = self.gazetteer.province(unit.id).id
        total = max(self.provinces.values(), default=0)
        weight = 12 * self.provinces[province] / total if total else 0.0
        offsets = self.places.get((where, province), [])
        index = bisect_left(offsets, offset)
        distances = [abs(other - offset) for other in offsets[max(0, index - 1) : index + 1]]
        distance = min(distances, default=_NEAR + 1)
        if distance <= _NEAR:
            weight += 6 * (1 - distance / (2 * _NEAR))
        return weight + (6 if province in self.outlet else 0)

    def district_weight(self, unit: Unit) -> float:
        """Return the evidence for the district of a commune: 0 for none."""
        district = self.gazetteer.district(unit.id)
        if district is None or district.id == unit.id or not self.districts[district.id]:
            return 0.0
        return 2 + self.districts[district.id] / max(self.districts.values())

    def possible(self, unit: Unit) -> bool:
        """True if the unit can be meant on that day; those of the merger from ANNOUNCED on."""
        first = unit.valid_from
        return first is None or first <= self.day or (first == MERGER and self.day >= ANNOUNCED)

    def of_the_day(self, units: list[Unit]) -> list[Unit]:
        """Return one row for each place among `units`: the one that is valid on the day.

        Newspapers call a city a town for years ("thị xã Chí Linh"), and use old names after a
        renaming: if no row among `units` is valid on the day, another row of the place is returned.
        """
        places: dict[tuple[str, ...], list[Unit]] = {}
        for unit in units:
            places.setdefault(self.gazetteer.line(unit.id), []).append(unit)
        return [self._row(line, rows) for line, rows in places.items()]

    def _row(self, line: tuple[str, ...], rows: list[Unit]) -> Unit:
        if len(line) == 1:
            return rows[0]
        all_rows = [self.gazetteer.unit(identity) for identity in line]
        known = {unit.id for unit in rows}
        ordered = [unit for unit in all_rows if unit.id in known]
        valid = [unit for unit in ordered if unit.valid_on(self.day)]
        current = [unit for unit in all_rows if unit.valid_on(self.day)]
        return (valid or current or ordered)[-1]

    def era_weight(self, unit: Unit, text: Normal, begin: int, end: int) -> float:
        """Return how well the era of a possible `unit` fits.

        Units that are valid on the day get 4. Ended units get 9 if the text says "(cũ)" or reports
        their merger, and future units if it reports a plan; otherwise both get 0.
        """
        if unit.valid_from and unit.valid_from > self.day:
            is_planned = words.RENEWED.match(text.lower, end) or _led_by(words.FUTURE, text, begin)
            return 9.0 if is_planned else 0.0
        if unit.ended_by(self.day):
            is_former = words.FORMER.match(text.lower, end) or _led_by(words.FORMERLY, text, begin)
            return 9.0 if is_former else 0.0
        return 4.0


def _led_by(cue: re.Pattern[str], text: Normal, begin: int) -> bool:
    """True if only names are between the last `cue` and `begin`."""
    cues = list(cue.finditer(text.lower, max(0, begin - 200), begin))
    if not cues:
        return False
    gap = text.text[cues[-1].end() : begin]
    if _LIST_OVER.search(gap.lower()) and gap.endswith(", ") and _TYPED.match(text.lower, begin):
        return False
    parts = re.findall(r"[^\W_]+|[.;]", gap)
    return all(part in words.CUE_LINKS or part[0].isupper() or part.isdigit() for part in parts)
