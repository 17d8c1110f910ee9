"""Places as plain data for JSON, and as short texts for tables. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from crawler.places import Gazetteer
from crawler.render.base import fields_json
from storage.model.places import Succession, Tags, Unit


def unit_json(identity: str, gazetteer: Gazetteer) -> dict[str, Any]:
    """Return a unit with its keys; of one that only an earlier gazetteer had, its id alone."""
    unit = gazetteer.units.get(identity)
    if unit is None:
        keys = ("name", "type", "level", "province", "valid_from", "valid_to")
        return {"id": identity} | dict.fromkeys(keys)
    return {
        "id": unit.id,
        "name": unit.name,
        "type": unit.type,
        "level": unit.level,
        "province": gazetteer.province(unit.id).name,
        "valid_from": unit.valid_from.isoformat() if unit.valid_from else None,
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
    }


def units_json(ids: Iterable[str], gazetteer: Gazetteer) -> list[dict[str, Any]]:
    """Return units in the order of their ids."""
    return [unit_json(identity, gazetteer) for identity in ids]


def primary_json(tags: Tags | None, gazetteer: Gazetteer) -> list[dict[str, Any]] | None:
    """Return the units an article is about, and how surely; None where nobody has looked."""
    if tags is None:
        return None
    return [
        unit_json(score.unit, gazetteer) | {"confidence": score.confidence}
        for score in tags.scores
        if score.primary
    ]


def tags_json(tags: Tags, gazetteer: Gazetteer) -> dict[str, Any]:
    """Return mentions and primary units; `note` only where there is one."""
    return {
        "mentions": [
            {
                "start": found.start,
                "end": found.end,
                "text": found.text,
                "in": found.field,
                "unit": unit_json(found.unit, gazetteer),
            }
            for found in tags.mentions
        ],
        "primary": primary_json(tags, gazetteer),
    } | ({"note": tags.note} if tags.note else {})


def place_json(unit: Unit, gazetteer: Gazetteer) -> dict[str, Any]:
    """Return all that the gazetteer knows of a unit."""
    return unit_json(unit.id, gazetteer) | {
        "code": unit.code,
        "source": unit.source,
        "gone_by": unit.gone_by.isoformat() if unit.gone_by else None,
        "above": units_json(gazetteer.above(unit.id), gazetteer),
        "eras": units_json(gazetteer.line(unit.id), gazetteer),
        "predecessors": [
            _succession_json(item.old, item, gazetteer) for item in gazetteer.predecessors(unit.id)
        ],
        "successors": [
            _succession_json(item.new, item, gazetteer) for item in gazetteer.successors(unit.id)
        ],
        "core": units_json(gazetteer.core(unit.id), gazetteer),
        "touched": units_json(gazetteer.touched(unit.id), gazetteer),
    }


def _succession_json(identity: str, item: Succession, gazetteer: Gazetteer) -> dict[str, Any]:
    found = fields_json(item, "share resolution clause")
    return {"unit": unit_json(identity, gazetteer)} | found


def era_text(unit: Unit) -> str:
    """Return first and last day: "unknown – 2025-06-30", "2025-07-01 – today", "unknown – before
    2021-11-01" where the last one is not known.
    """
    first = unit.valid_from.isoformat() if unit.valid_from else "unknown"
    last = f"before {unit.gone_by}" if unit.gone_by else "today"
    if unit.valid_to:
        last = (unit.valid_to - timedelta(days=1)).isoformat()
    return f"{first} – {last}"


def names_text(ids: Iterable[str], gazetteer: Gazetteer) -> str:
    """Return full names, joined by commas; an id where the gazetteer has no such unit."""
    units = ((identity, gazetteer.units.get(identity)) for identity in ids)
    return ", ".join(unit.full_name if unit else identity for identity, unit in units)


def primary_text(tags: Tags, gazetteer: Gazetteer) -> str:
    """Return the names of what an article is about, "(likely)" after those that are not certain."""
    return ", ".join(
        names_text([score.unit], gazetteer) + (" (likely)" if score.confidence == "likely" else "")
        for score in tags.scores
        if score.primary
    )


def units_text(ids: Iterable[str], gazetteer: Gazetteer) -> str:
    """Return full names with their eras; those of one era share it."""
    eras: dict[str, list[str]] = {}
    for identity in ids:
        eras.setdefault(era_text(gazetteer.unit(identity)), []).append(identity)
    return "; ".join(f"{names_text(found, gazetteer)} ({era})" for era, found in eras.items())


def above_text(unit: Unit, gazetteer: Gazetteer) -> str:
    """Return the names of the units above, from the nearest up, or a dash."""
    names = (gazetteer.unit(identity).name for identity in gazetteer.above(unit.id))
    return ", ".join(names) or "–"


def clause_text(item: Succession) -> str:
    """Return where it was decided: "1656, clause 7", "15/2008/QH12"; a dash where no text says."""
    clause = f", clause {item.clause}" if item.clause else ""
    return f"{item.resolution}{clause}" if item.resolution else "–"
