"""Outlines of communes from TopoJSON, as SVG paths. Pure except for `load_outlines`.

https://github.com/topojson/topojson-specification
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from pathlib import Path
from typing import Any

from storage.errors import ConfigError

WIDTH = 600
"""Width of a map, in the SVG's units; the height follows from its shape."""

FILE = "communes.topojson"
_Point = tuple[float, float]
_Ring = list[_Point]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Outlines scaled to one picture. paths: the SVG path's `d` by unit id."""

    width: int
    height: int
    paths: Mapping[str, str]


class Outlines:
    """All communes' outlines, by our unit id (the property `u`)."""

    def __init__(self, topology: Mapping[str, Any]) -> None:
        scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
        self._arcs = [list(_decoded(arc, scale, move)) for arc in topology["arcs"]]
        (collection,) = topology["objects"].values()
        self._geometries = {item["properties"]["u"]: item for item in collection["geometries"]}
        self._shapes = lru_cache(maxsize=100)(self._draw)

    @property
    def units(self) -> frozenset[str]:
        """The ids of the units that have an outline."""
        return frozenset(self._geometries)

    def shapes(self, units: Iterable[str]) -> Shapes | None:
        """Return a picture of these units; None if none of them has an outline."""
        known = tuple(id_ for id_ in units if id_ in self._geometries)
        return self._shapes(known) if known else None

    def rings(self, unit: str) -> list[_Ring]:
        """Return the rings of a unit's outline, as longitudes and latitudes in degrees."""
        geometry = self._geometries[unit]
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        return [self._joined(arcs) for polygon in polygons for arcs in polygon]

    def _joined(self, arcs: Sequence[int]) -> _Ring:
        """Return a ring; an arc whose index is negative (~i) runs backwards."""
        points: _Ring = []
        for index in arcs:
            arc = self._arcs[index] if index >= 0 else self._arcs[~index][::-1]
            points += arc[1:] if points else arc
        return points

    def _draw(self, units: tuple[str, ...]) -> Shapes:
        rings = {unit: self.rings(unit) for unit in units}
        points = [point for parts in rings.values() for ring in parts for point in ring]
        west, south = min(x for x, _ in points), min(y for _, y in points)
        east, north = max(x for x, _ in points), max(y for _, y in points)
        aspect = cos(radians((south + north) / 2))  # a degree of longitude, in degrees of latitude
        wide, tall = max((east - west) * aspect, 1e-6), max(north - south, 1e-6)
        scale = (WIDTH - 4) / max(wide, tall * 0.9)
        size = round(wide * scale) + 4, round(tall * scale) + 4

        def subpath(ring: _Ring) -> str:
            at = ((2 + (x - west) * aspect * scale, 2 + (north - y) * scale) for x, y in ring)
            return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in at) + "Z"

        paths = {unit: "".join(map(subpath, parts)) for unit, parts in rings.items()}
        return Shapes(*size, paths)


def _decoded(
    arc: Sequence[Sequence[int]], scale: Sequence[float], move: Sequence[float]
) -> Iterator[_Point]:
    """Yield the points of an arc, which is delta-encoded."""
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield x * scale[0] + move[0], y * scale[1] + move[1]


def load_outlines(folder: Path) -> Outlines | None:
    """Return the outlines in a folder; None if it has no file of them. Raises ConfigError."""
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        return Outlines(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(f"{file}: cannot be read as TopoJSON: {error}") from None
