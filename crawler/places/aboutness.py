"""Which units an article is about: a score for every unit it mentions, and those on top. Pure.

score = 5 if the title names it + 3 if the sapo does + 2·log2(1 + times in the body), where
- "quận", "trên địa bàn huyện" without a name count as half a time for the district before them;
- a commune's score is multiplied by 0.7;
- primary are the units with a score of at least 3 and of at least 0.6 of the best;
- a commune is not primary beside its own district.
The numbers were found on the development set; `docs/places.md` says how well they do.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from crawler.places.gazetteer import Gazetteer
from storage.model.places import Confidence, Field, Score

TITLE, SAPO, BODY = 5.0, 3.0, 2.0
WARD_FACTOR = 0.7
THRESHOLD = 3.0
KEEP = 0.6


def score_units(
    named: Mapping[Field, Sequence[str]], echoes: Mapping[str, int], gazetteer: Gazetteer
) -> tuple[Score, ...]:
    """Return a score for every unit mentioned, highest first.

    named: unit ids in order for the fields "title", "sapo" and "body".
    echoes: times that the body speaks of a district without its name, by id.
    """
    body = Counter(named.get("body", ()))
    title, sapo = set(named.get("title", ())), set(named.get("sapo", ()))
    scores = {}
    for unit in {*title, *sapo, *body}:
        times = body[unit] + 0.5 * echoes.get(unit, 0)
        score = TITLE * (unit in title) + SAPO * (unit in sapo) + BODY * math.log2(1 + times)
        ward = gazetteer.unit(unit).level == "ward"
        scores[unit] = round(score * (WARD_FACTOR if ward else 1.0), 3)
    best = max(scores.values(), default=0.0)
    chosen = {unit for unit, score in scores.items() if score >= max(THRESHOLD, KEEP * best)}
    above = {kin for unit in chosen for kin in gazetteer.kin(unit)}
    primary = {unit for unit in chosen if not set(gazetteer.above(unit)) & above}
    order = sorted(scores, key=lambda unit: (-scores[unit], unit))
    found = []
    for unit in order:
        sure: Confidence = "certain" if unit in title or unit in sapo else "likely"
        found.append(Score(unit, scores[unit], sure if unit in primary else None))
    return tuple(found)
