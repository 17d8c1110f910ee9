"""An invented gazetteer, tags with its units, and helpers to store and find tagged articles."""

from collections.abc import Callable
from datetime import date

from storage.archive import Archive
from storage.model.articles import Article, ArticleQuery, Stored
from storage.model.places import Mention, Score, Succession, Tags, Unit
from tests.support.samples import article, capture

CITY = Unit("tp-x", "01", "thành phố", "X", None, None, None, "2024-12")
OLD = Unit("q-a@2024-12", "001", "quận", "A", "tp-x", date(1996, 1, 1), date(2025, 7, 1), "2024-12")
NEW = Unit("p-a@2025-07", "00001", "phường", "A", "tp-x", date(2025, 7, 1), None, "2025-07")
OTHER = Unit("h-b@2024-12", None, "huyện", "B", "tp-x", None, None, "2024-12")
UNITS = (NEW, OTHER, OLD, CITY)  # children before their parent too
BECAME = (Succession(OLD.id, NEW.id, "part", "1656", 3), Succession(OTHER.id, NEW.id, "whole"))


def about(*primary: str, version: str = "v1", note: str | None = None) -> Tags:
    """Return tags of `article()`: it is about `primary`; its title also mentions the city."""
    named = Mention("title", 0, 5, "Khánh", CITY.id)
    scores = [Score(unit, 5.5, "certain") for unit in primary]
    return Tags(version, (named,), (*scores, Score(CITY.id, 1.25)), note)


def put(
    archive: Archive,
    minutes: float,
    item: Article | None = None,
    tags: Tags | None = None,
) -> Stored:
    item = item or article()
    name = f"{item.url} {minutes}"
    seen = capture(minutes, url=item.url, record_id=name, digest=name)
    return archive.articles.store("run-1", seen, item, (), tags)


def ids(archive: Archive, *places: Unit | str) -> list[str | None]:
    wanted = tuple(place.id if isinstance(place, Unit) else place for place in places)
    found = archive.articles.find(ArticleQuery(places=wanted))
    return [archived.latest.article.article_id for archived in found]


def retag(archive: Archive, version: str, make: Callable[[Article], Tags], batch: int = 3) -> int:
    """Tag contents as `tinquan places retag` does; return how many."""
    done = 0
    while found := archive.places.untagged(version, batch):
        assert len(found) <= batch
        archive.places.tag({content: make(item) for content, item, _ in found})
        done += len(found)
    return done
