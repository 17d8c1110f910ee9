"""Storing in batches leads to what storing one by one leads to, on both databases."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive
from storage.errors import NotFoundError
from storage.model.articles import (
    Arrival,
    Article,
    ArticleQuery,
    Block,
    Refusal,
    RefusalReason,
    Stored,
    Verdict,
)
from storage.model.places import Score, Tags
from storage.model.readings import RereadQuery
from storage.sql.schema.core import metadata
from storage.sql.schema.search import search_documents
from tests.support.emptying import emptied
from tests.support.rereading import NOW
from tests.support.samples import article, capture, read_by, refusal, url_of
from tests.support.tagging import UNITS

numbers = st.integers(1, 4)
"""Few articles, so that ids, URLs and aliases meet in every way."""


@st.composite
def arrivals(draw: st.DrawFn) -> Arrival:
    minutes, number = draw(st.integers(0, 9)), draw(numbers)
    outlet = draw(st.sampled_from(["baothu", "baothu", "baokhac"]))
    seen = capture(minutes, draw(numbers), record_id=draw(st.sampled_from([f"{minutes}", "same"])))
    result: Any = replace(refusal(number), outlet=outlet)
    tags = None
    if draw(st.integers(0, 4)):
        own_id = draw(st.sampled_from([str(number), str(number), str(draw(numbers)), None, ""]))
        text = draw(st.sampled_from(["A", "A", "B"]))
        result = article(number, text, article_id=own_id, outlet=outlet)
        score = Score(draw(st.sampled_from(UNITS)).id, 1.0, "certain")
        tags = draw(st.sampled_from([None, None, Tags("v1", (), (score,))]))
    aliases = draw(st.lists(numbers.map(url_of), max_size=2).map(tuple))
    return Arrival(seen, result, aliases, tags)


def dump(archive: Archive) -> dict[str, list[Any]]:
    """Return every table's rows, and of the search's documents what both databases have."""
    documents = search_documents.c
    indexed = sa.select(documents.article, documents.content, documents.sort_at, documents.filed)
    with archive.database.engine.connect() as conn:
        queries = {t.name: sa.select(t) for t in metadata.sorted_tables} | {"search": indexed}
        return {name: sorted(map(repr, conn.execute(query))) for name, query in queries.items()}


def in_batches(archive: Archive, items: Sequence[Arrival], sizes: Iterable[int]) -> list[Stored]:
    answers: list[Stored] = []
    for size in sizes:
        part = items[len(answers) : len(answers) + size]
        answers += archive.articles.store_many("run-1", part)
    return answers + archive.articles.store_many("run-1", items[len(answers) :])


@given(items=st.lists(arrivals(), min_size=2, max_size=14), sizes=st.lists(st.integers(0, 6)))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_batches_of_any_size_lead_to_the_same(
    archive: Archive, items: list[Arrival], sizes: list[int]
) -> None:
    emptied(archive)
    one_by_one = [
        archive.articles.store("run-1", one.capture, one.result, one.aliases, one.tags)
        for one in items
    ]
    expected = dump(archive)
    assert in_batches(emptied(archive), items, sizes) == one_by_one
    assert dump(archive) == expected


@given(
    items=st.lists(arrivals(), min_size=2, max_size=12),
    again=st.lists(st.sampled_from(["same", "text", "text", "id", "url", "refused", "crash"])),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rereading_in_batches_leads_to_what_one_by_one_does(
    archive: Archive, items: list[Arrival], again: list[str]
) -> None:
    found = []
    for one_by_one in (True, False):
        emptied(archive).articles.store_many("run-1", [replace(one, tags=None) for one in items])
        captures = archive.captures.to_reread(RereadQuery(2), 99)
        kinds = [*again, *["same"] * len(captures)]
        results = [(row[0], read_again(row[2], kinds[at])) for at, row in enumerate(captures)]
        parts = [[one] for one in results] if one_by_one else [results]
        effects = [effect for part in parts for effect in archive.captures.reread(part, 2, NOW)]
        rows = dump(archive)
        del rows["tags"]  # a text that goes and comes back within a batch keeps its tags
        found.append((effects, rows))
    assert found[0] == found[1]


def read_again(before: Article | Refusal, how: str) -> Article | Refusal:
    """Return what version 2 makes of a capture."""
    if how == "crash":
        return Refusal(before.outlet, before.url, RefusalReason.CRASH, "ended", 2)
    if how == "refused" or (isinstance(before, Refusal) and how != "text"):
        return Refusal(before.outlet, before.url, RefusalReason.EMPTY, how[:4], 2)
    if isinstance(before, Refusal):
        return read_by(2, article(1, "admitted", outlet=before.outlet, url=before.url))
    changes: dict[str, dict[str, Any]] = {
        "text": {"blocks": (Block("paragraph", "C"),)},
        "id": {"article_id": "3"},
        "url": {"url": url_of(4)},
    }
    return read_by(2, replace(before, **changes.get(how, {})))


def test_a_batch_says_of_each_what_it_was(archive: Archive) -> None:
    batch = [
        Arrival(capture(0, 1), article(1)),
        Arrival(capture(0, 2), article(2)),
        Arrival(capture(5, 1), article(1, "B")),
        Arrival(capture(6, 2), article(2)),
        Arrival(capture(6, 2), article(2)),
        Arrival(capture(7, 1), refusal(1)),
        Arrival(capture(7, 3), refusal(3)),
    ]
    answers = archive.articles.store_many("run-1", batch)
    assert [(answer.verdict.value, answer.id) for answer in answers] == [
        ("new", 1),
        ("new", 2),
        ("revised", 1),
        ("unchanged", 2),
        ("known", 2),
        ("refused", 1),
        ("refused", None),
    ]
    assert archive.articles.store_many("run-1", []) == []
    again = archive.articles.store_many("run-1", batch)
    assert {answer.verdict for answer in again} == {Verdict.KNOWN}


@pytest.mark.parametrize("run_id", ["run-1", "no-such-run"])
def test_a_batch_is_stored_whole_or_not_at_all(archive: Archive, run_id: str) -> None:
    unknown = Tags("v1", (), (Score("no-such-unit", 1.0, "certain"),))
    batch = [Arrival(capture(0, 1), article(1)), Arrival(capture(0, 2), article(2), (), unknown)]
    with pytest.raises(NotFoundError):
        archive.articles.store_many(run_id, batch)
    assert list(archive.articles.find(ArticleQuery())) == []


def test_a_refusal_of_the_batch_is_linked_to_the_article_that_comes_after(
    archive: Archive,
) -> None:
    gone = Arrival(capture(0, 1), refusal(1, RefusalReason.EMPTY))
    archive.articles.store_many("run-1", [gone, Arrival(capture(1, 1), article(1))])
    again = replace(gone, capture=capture(2, 1, record_id="again"))
    assert archive.articles.store_many("run-1", [gone, again]) == [
        Stored(Verdict.KNOWN, 1),
        Stored(Verdict.REFUSED, 1),
    ]
    assert isinstance(next(archive.articles.refusals())[1], Refusal)
