"""Compile the watches of the configuration into queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from crawler.config.watches import Watch
from crawler.places import Gazetteer
from storage import parse_words
from storage.errors import ConfigError
from storage.model.places import Unit
from storage.model.search import SearchQuery


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """A watch with its compiled query."""

    watch: Watch
    query: SearchQuery


def compile_all(
    watches: Iterable[Watch], gazetteer: Gazetteer, outlets: Collection[str], file: str
) -> dict[str, WatchOrder]:
    """Return watches with their queries, by name. Raises what `compiled` raises."""
    return {watch.name: compiled(watch, gazetteer, outlets, file) for watch in watches}


def compiled(watch: Watch, gazetteer: Gazetteer, outlets: Collection[str], file: str) -> WatchOrder:
    """Return a watch with its query.

    outlets: the known ones. file: the configuration, for messages. Raises ConfigError for an
    unknown place or outlet, or the name of several places.
    """
    for slug in watch.outlets:
        if slug not in outlets:
            known = ", ".join(sorted(outlets)) or "none"
            raise ConfigError(
                f"{_at(file, watch)}: outlets: no outlet {slug!r}; there are: {known}"
            )
    units = [
        id_
        for name in watch.places
        for id_ in gazetteer.scope(_place(gazetteer, name, _at(file, watch)).id, watch.reach)
    ]
    query = SearchQuery(
        words=parse_words(watch.words, fold=watch.fold),
        places=tuple(dict.fromkeys(units)),
        about=watch.about,
        outlets=watch.outlets,
        sections=watch.sections,
        authors=watch.authors,
        tags=watch.tags,
        kinds=watch.kinds,
    )
    return WatchOrder(watch, query)


def _at(file: str, watch: Watch) -> str:
    return f"{file}: watches: {watch.name!r}"


def _place(gazetteer: Gazetteer, name: str, at: str) -> Unit:
    found = {gazetteer.line(unit.id): unit for unit in gazetteer.find(name)}
    if not found:
        near = ", ".join(gazetteer.near(name)) or "a name such as quận Đống Đa, or an id"
        raise ConfigError(f"{at}: places: no place is called {name!r}; expected {near}")
    if len(found) > 1:
        several = list(found.values())
        ids = ", ".join(f"{unit.full_name} ({unit.id})" for unit in several[:4])
        raise ConfigError(
            f"{at}: places: {name!r} can mean {len(several)} places: expected one of {ids}"
        )
    return next(iter(found.values()))
