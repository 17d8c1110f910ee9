"""Where articles get their places: a tagger over articles, and the gazetteer of an archive.

Crawls and `tinquan places retag` call `tag_articles` in a process that can be killed.
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

    captured_at: when its page was first captured; its day counts where the page gives none.
    province: the one that it is probably about (`Outlet.province_of`).
    """

    article: Article
    captured_at: datetime
    province: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """The folder of a gazetteer, and the version of what must be in it."""

    folder: Path
    version: str


def tag_article(tagger: Tagger, asked: TagRequest) -> Tags:
    """Return what an article says of places on the day of its publication in Viet Nam."""
    article = asked.article
    moment = article.published_at or asked.captured_at
    return tagger.tag(
        moment.astimezone(LOCAL).date(),
        title=article.title,
        sapo=article.sapo or "",
        body=article.body,
        outlet_province=asked.province,
    )


def tag_articles(tables: Tables, asked: Sequence[TagRequest]) -> list[Tags]:
    """Return the tags of each article. The first call in a process loads the gazetteer.

    Raises ConfigError where the tables have been replaced by others meanwhile.
    """
    tagger = _tagger(tables)
    return [tag_article(tagger, one) for one in asked]


@lru_cache(maxsize=1)
def _tagger(tables: Tables) -> Tagger:
    gazetteer = load_gazetteer(tables.folder)
    if gazetteer.version != tables.version:
        raise ConfigError(f"{tables.folder}: the gazetteer was replaced meanwhile: start again")
    return Tagger(gazetteer)


def load_into(archive: Archive, folder: Path) -> Tables:
    """Load the gazetteer in `folder` into the archive, unless it has that very one."""
    version = fingerprint(folder)
    if archive.places.gazetteer_version() != version:
        gazetteer = load_gazetteer(folder)
        # parents first: SQLite searches for children of whoever comes after them, in 5 s
        units = sorted(gazetteer.units.values(), key=lambda unit: len(gazetteer.above(unit.id)))
        archive.places.load_gazetteer(gazetteer.version, units, gazetteer.successions)
    return Tables(folder, version)


def check_provinces(outlets: Iterable[Outlet], gazetteer: Gazetteer) -> None:
    """Raise ConfigError for an outlet whose province the gazetteer does not know."""
    for outlet in outlets:
        if outlet.province and not gazetteer.provinces(outlet.province):
            raise ConfigError(
                f"outlet {outlet.slug}: province: no province is called {outlet.province!r};"
                ' expected a name such as "Hà Nội"'
            )
