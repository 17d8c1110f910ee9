"""Tagging of articles with places, and loading of the gazetteer into an archive.

Crawls and `tinquan places retag` call `tag_articles` in a killable subprocess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from crawler.outlets.model import Outlet
from crawler.places import Gazetteer, Tagger, fingerprint, load_gazetteer
from storage.archive import Archive
from storage.errors import ConfigError
from storage.model.articles import Article
from storage.model.json import LOCAL
from storage.model.places import Tags


@dataclass(frozen=True, slots=True)
class TagRequest:
    """An article to be tagged.

    captured_at: time of its first capture, used if the page gives no publication time.
    province: the one that it is probably about (`Outlet.province_of`).
    """

    article: Article
    captured_at: datetime
    province: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """The folder of a gazetteer, and the version that it must have."""

    folder: Path
    version: str


def tag_article(tagger: Tagger, request: TagRequest) -> Tags:
    """Return the places of an article, by the day of its publication in Viet Nam."""
    article = request.article
    moment = article.published_at or request.captured_at
    return tagger.tag(
        moment.astimezone(LOCAL).date(),
        title=article.title,
        sapo=article.sapo or "",
        body=article.body,
        outlet_province=request.province,
    )


def tag_articles(tables: Tables, requests: Sequence[TagRequest]) -> list[Tags]:
    """Return the tags of each article. The first call in a process loads the gazetteer.

    Raises ConfigError if the tables no longer have the requested version.
    """
    tagger = _tagger(tables)
    return [tag_article(tagger, request) for request in requests]


@lru_cache(maxsize=1)
def _tagger(tables: Tables) -> Tagger:
    gazetteer = load_gazetteer(tables.folder)
    if gazetteer.version != tables.version:
        raise ConfigError(f"{tables.folder}: the gazetteer was replaced meanwhile: start again")
    return Tagger(gazetteer)


def load_into(archive: Archive, folder: Path) -> Tables:
    """Load the gazetteer in `folder` into the archive, unless it has that version."""
    version = fingerprint(folder)
    if archive.places.gazetteer_version() != version:
        gazetteer = load_gazetteer(folder)
        # parents first: otherwise SQLite looks up the children of each parent, which takes 5 s
        units = sorted(gazetteer.units.values(), key=lambda unit: len(gazetteer.above(unit.id)))
        archive.places.load_gazetteer(gazetteer.version, units, gazetteer.successions)
    return Tables(folder, version)


def check_provinces(outlets: Iterable[Outlet], gazetteer: Gazetteer) -> None:
    """Raise ConfigError for an outlet whose province is not in the gazetteer."""
    for outlet in outlets:
        if outlet.province and not gazetteer.provinces(outlet.province):
            raise ConfigError(
                f"outlet {outlet.slug}: province: no province is called {outlet.province!r};"
                ' expected a name such as "Hà Nội"'
            )
