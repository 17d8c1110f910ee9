"""Captures read again in any order, and what article each is then, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive, open_archive
from storage.model.articles import ArticleQuery, RefusalReason, Revision, Stored, Verdict
from storage.model.readings import RereadQuery
from tests.support.rereading import NOW, Result, bodies, put, reread, waiting
from tests.support.samples import article, at, read_by, refusal, run, url_of

MOVED = "https://baothu.vn/moved-1.html"


def test_one_article_that_older_code_took_for_two_becomes_one(archive: Archive) -> None:
    put(archive, 0, article(text="A", article_id="x1"))
    put(archive, 10, article(text="B", article_id="x1", url=MOVED))
    put(archive, 20, article(text="C", article_id="1", url=url_of(9)), version=2)
    assert len(list(archive.articles.find(ArticleQuery()))) == 2
    new = [article(text="A"), article(text="B", url=MOVED)]
    assert reread(archive, *new) == ["changed"] * 2
    assert bodies(archive, "1") == ["A", "B", "C"]
    for ref in ("2", url_of(1), MOVED, url_of(9)):
        assert archive.articles.get(ref) == archive.articles.get("1")
    # The id that older code read is free for whoever has it.
    assert put(archive, 30, article(5, article_id="x1"), version=2).verdict is Verdict.NEW


def test_articles_that_older_code_took_for_one_part(archive: Archive) -> None:
    for n in (1, 2, 3):  # it took the section's number for the article's
        put(archive, n, article(n, text=f"T{n}", article_id="88"))
    assert bodies(archive) == ["T1", "T2", "T3"]
    reread(archive, *(article(n, text=f"T{n}") for n in (1, 2, 3)))
    for n in (1, 2, 3):
        found = archive.articles.get(url_of(n))
        assert [r.article for r in found.revisions] == [read_by(2, article(n, text=f"T{n}"))]
        assert archive.articles.seen("baothu", [url_of(n)]) == {url_of(n)}
        assert put(archive, 50, article(n, text=f"T{n}"), version=2).id == found.id
    assert len(list(archive.articles.find(ArticleQuery()))) == 3


def test_an_address_goes_to_a_page_that_is_no_refusal_today(archive: Archive) -> None:
    put(archive, 0, article(text="A", article_id="88"))
    put(archive, 1, article(url=MOVED), version=2)
    reread(archive, refusal(1, RefusalReason.EMPTY))
    assert put(archive, 2, article(), version=2) == Stored(Verdict.UNCHANGED, 2)
    assert archive.articles.get(url_of(1)).id == 2


# What versions 1 and 2 make of captures, by minutes: of one article, in part refused.
PAGES: dict[int, tuple[Result, Result]] = {
    0: (article(text="A"), article(text="A")),
    10: (article(text="A quảng cáo"), article(text="A")),
    20: (refusal(1, RefusalReason.CRASH), article(text="B")),
    30: (article(text="B"), refusal(1, RefusalReason.EMPTY)),
    40: (article(text="C"), article(text="C", tags=("mới",))),
    50: (article(text="C2"), article(text="C")),
    60: (refusal(1, RefusalReason.EMPTY), refusal(1, RefusalReason.PAYWALL)),
    70: (article(text="D", published_at=None), article(text="A", published_at=None)),
    80: (refusal(1), refusal(1)),
}


def state(archive: Archive) -> tuple[list[Revision], list[object]]:
    revisions = [replace(r, readings=()) for r in archive.articles.get(url_of(1)).revisions]
    return revisions, [(seen.captured_at, r) for seen, r in archive.articles.refusals()]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Revision], list[object]]:
    """Return what the archive holds where version 2 read every capture as it came."""
    path = tmp_path_factory.mktemp("expected") / "tinquan.db"
    with open_archive(f"sqlite:///{path}") as archive:
        archive.runs.start(run())
        for minutes, (_, second) in PAGES.items():
            put(archive, minutes, second, version=2)
        return state(archive)


Pages = dict[int, tuple[Result, Result]]


def reread_some(archive: Archive, limit: int, pages: Pages = PAGES) -> None:
    page = archive.captures.to_reread(RereadQuery(2), limit)
    minutes = {at(minutes): minutes for minutes in pages}
    results = [(id_, pages[minutes[seen.captured_at]][1]) for id_, seen, _ in page]
    archive.captures.reread([(id_, read_by(2, item)) for id_, item in results], 2, NOW)


def store_and_reread(archive: Archive, pages: Pages, random: Random) -> None:
    """Store captures in any order, by either version; re-read some in between, and all then."""
    for minutes in random.sample(list(pages), len(pages)):
        version = random.choice((1, 2))
        put(archive, minutes, pages[minutes][version - 1], version, pages[minutes][1].url)
        if random.random() < 0.4:
            reread_some(archive, random.randint(1, 3), pages)
    while waiting(archive):
        reread_some(archive, 3, pages)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_storing_and_rereading_gives_the_same_history(
    archive: Archive, expected: tuple[list[Revision], list[object]], seed: int
) -> None:
    store_and_reread(archive, PAGES, Random(seed))
    assert state(archive) == expected
    assert [r.article.body for r in expected[0]] == ["A", "B", "C", "A"]


@contextmanager
def interrupted_before(fatal: int) -> Iterator[None]:
    """Raise before the `fatal`-th statement from now, as a signal would."""
    statements = count(1)

    def stop(*_: object) -> None:
        if next(statements) == fatal:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", stop)


def test_a_batch_counts_whole_or_not_at_all(
    archive: Archive, expected: tuple[list[Revision], list[object]]
) -> None:
    for minutes, (first, _) in PAGES.items():
        put(archive, minutes, first)
    before, left = state(archive), waiting(archive)
    for fatal in (12, 40, 77, 90):
        with pytest.raises(KeyboardInterrupt), interrupted_before(fatal):
            reread_some(archive, 99)
        assert (state(archive), waiting(archive)) == (before, left)
    reread_some(archive, 99)
    assert state(archive) == expected


def mistaken(minutes: int, number: int, slug: str, **by_older_code: Any) -> tuple[Result, Result]:
    """Return what versions 1 and 2 make of article `number` under a slug: 1 mistakes what it is."""
    url = f"https://baothu.vn/{slug}-{number}"
    item = article(number, text=f"{number} at {minutes}", url=url, published_at=None)
    return replace(item, **by_older_code), item


HOME = "https://baothu.vn/"
# By minutes: version 1 took the section's id for the article's, or the home page for its URL.
MISTAKEN = {
    0: mistaken(0, 1, "a", article_id="88"),
    1: mistaken(1, 2, "a", article_id="88"),
    2: mistaken(2, 1, "b", article_id="88"),
    3: mistaken(3, 3, "a", article_id="x3"),
    4: mistaken(4, 3, "b", article_id="x3"),
    5: mistaken(5, 1, "a", article_id="88"),
    6: mistaken(6, 2, "a", article_id="88"),
    7: mistaken(7, 4, "a", url=HOME),
    8: mistaken(8, 2, "b", url=HOME),
    9: mistaken(9, 4, "b", url=HOME),
}


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_rereading_tells_the_same_articles_apart(archive: Archive, seed: int) -> None:
    store_and_reread(archive, MISTAKEN, Random(seed))
    found = list(archive.articles.find(ArticleQuery()))
    told = {one.latest.article.article_id: [r.article.body for r in one.revisions] for one in found}
    assert len(found) == len(told)
    assert told == {
        "1": ["1 at 0", "1 at 2", "1 at 5"],
        "2": ["2 at 1", "2 at 6", "2 at 8"],
        "3": ["3 at 3", "3 at 4"],
        "4": ["4 at 7", "4 at 9"],
    }
    for one in found:
        for revision in one.revisions:
            assert archive.articles.get(revision.article.url) == one
    assert archive.articles.seen("baothu", [HOME]) == set()
