"""Tagging what is stored, and in what order, on both databases."""

from random import Random

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive, open_archive
from storage.errors import ArchiveError
from storage.model.articles import ArticleQuery
from storage.sql.engine.connect import lock
from tests.support.samples import article, at, run
from tests.support.tagging import BECAME, NEW, OLD, OTHER, UNITS, about, ids, put, retag


def test_contents_to_tag_come_with_their_first_capture(archive: Archive) -> None:
    dateless = article(published_at=None)
    for minutes in (30, 10, 20):
        put(archive, minutes, dateless)
    ((content, item, first),) = archive.places.untagged("v1", 9)
    assert (item, first) == (dateless, at(10))
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    archive.places.tag({content + 1: about()})  # nobody shows that one
    archive.places.tag({content: about(), content + 1: about()})
    assert archive.places.untagged("v1", 9) == []


def test_tags_of_the_earliest_capture_count(gazetteer: Archive) -> None:
    dateless = article(published_at=None)
    put(gazetteer, 20, dateless, about(NEW.id))
    put(gazetteer, 30, dateless, about(OTHER.id))
    assert ids(gazetteer, NEW) == ["1"]
    put(gazetteer, 10, dateless, about(OLD.id))
    assert ids(gazetteer, OLD) == ["1"]
    assert ids(gazetteer, NEW, OTHER) == []
    put(gazetteer, 40, dateless, about(NEW.id, version="v2"))
    assert ids(gazetteer, NEW) == ["1"]


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_storing_and_tagging_is_about_the_same(gazetteer: Archive, seed: int) -> None:
    random = Random(seed)
    texts = [(5, "A", OLD), (10, "B", NEW), (20, "A", OLD), (30, "C", OTHER), (40, "B", NEW)]
    units = {text: unit for _, text, unit in texts}
    random.shuffle(texts)
    for minutes, text, unit in texts:
        put(gazetteer, minutes, article(text=text), random.choice([None, about(unit.id)]))
        if random.random() < 0.3:
            retag(gazetteer, "v1", lambda item: about(units[item.body].id))
    retag(gazetteer, "v1", lambda item: about(units[item.body].id))
    found = [r.tags and r.tags.primary for r in gazetteer.articles.get("1").revisions]
    assert found == [(unit.id,) for unit in (OLD, NEW, OLD, OTHER, NEW)]
    assert gazetteer.places.counts(ArticleQuery()) == [(NEW.id, 1)]


def test_a_batch_of_tags_is_written_whole_or_not_at_all(gazetteer: Archive) -> None:
    for number in range(5):
        put(gazetteer, 0, article(number), about(OLD.id))
    found = gazetteer.places.untagged("v2", 9)

    def stop(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO article_places"):
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            gazetteer.places.tag({content: about(NEW.id, version="v2") for content, _, _ in found})
    finally:
        event.remove(Engine, "before_cursor_execute", stop)
    assert gazetteer.places.count_untagged("v2") == 5
    assert len(ids(gazetteer, OLD)) == 5
    assert ids(gazetteer, NEW) == []


def test_tagging_waits_for_a_crawl_of_the_outlet(archive_url: str) -> None:
    with open_archive(archive_url, busy_seconds=0.1) as archive:
        archive.places.load_gazetteer("v1", UNITS, BECAME)
        archive.runs.start(run())
        put(archive, 0)
        ((content, _, _),) = archive.places.untagged("v1", 1)
        with archive.database.writing() as conn:
            lock(conn, "baothu")  # as `store` does; SQLite has one writer anyway
            with pytest.raises(ArchiveError, match="busy"):
                archive.places.tag({content: about(OLD.id)})
        archive.places.tag({content: about(OLD.id)})
        assert ids(archive, OLD) == ["1"]
