"""Edits and removals: what the archive tells of them, on both databases, and the commands."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.archive import Archive, open_archive
from storage.model.articles import ArticleQuery, Block, RefusalReason
from storage.model.edits import Edit, EditQuery
from storage.model.readings import RereadQuery
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.samples import article, at, capture, read_by, refusal, run, url_of
from tests.support.tagging import OLD, about

EDITED = article(text="Cầu mới khánh thành sớm.")


def put(archive: Archive, minutes: float, item: Any, **changes: Any) -> None:
    number = int(item.url.rpartition("-")[2].partition(".")[0])
    archive.articles.store("run-1", capture(minutes, number, **changes), item)


def places(found: list[Edit]) -> list[tuple[int, int, int]]:
    return [(edit.id, edit.before.number, edit.after.number) for edit in found]


def test_edits_come_newest_first(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sql.articles.PAGE", 2)
    for number in (1, 2, 3):
        put(archive, number, article(number))
        put(archive, 60 - number, article(number, "Sửa."))
    put(archive, 90, article(2, "Sửa nữa."))
    put(archive, 95, article(2, "Sửa nữa."))
    every = list(archive.articles.edits(EditQuery()))
    assert list(archive.articles.edits(EditQuery(offset=1))) == every[1:]
    assert archive.articles.count_edits(EditQuery(offset=1)) == len(every)
    assert places(every) == [(2, 2, 3), (1, 1, 2), (2, 1, 2), (3, 1, 2)]
    assert every[0].after.article == article(2, "Sửa nữa.")
    assert every[0].before.article == article(2, "Sửa.")
    window = EditQuery(since=at(58), until=at(90))
    assert places(list(archive.articles.edits(window))) == [(1, 1, 2), (2, 1, 2)]
    assert list(archive.articles.edits(EditQuery(outlets=("baokhac",)))) == []
    assert len(list(archive.articles.edits(EditQuery(outlets=("baothu",))))) == 4


def test_our_own_readings_are_no_edits(archive: Archive) -> None:
    put(archive, 0, read_by(1, article()))
    put(archive, 60, read_by(2, EDITED))
    assert list(archive.articles.edits(EditQuery())) == []
    (perhaps,) = archive.articles.edits(EditQuery(maybe_reextraction=True))
    assert perhaps.after.maybe_reextraction
    held = archive.captures.to_reread(RereadQuery(2), 9)
    archive.captures.reread([(held[0][0], read_by(2, article()))], 2, at(99))
    assert places(list(archive.articles.edits(EditQuery()))) == [
        (1, 1, 2)
    ]  # now we know: it is theirs


def test_an_edit_without_a_new_time_of_modification_is_stealth(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 60, EDITED)
    put(archive, 70, replace(article(), modified_at=at(65)))
    put(archive, 80, replace(EDITED, modified_at=at(65)))
    put(archive, 90, replace(article(), modified_at=at(85)))
    found = list(archive.articles.edits(EditQuery()))
    assert [edit.is_stealth for edit in found] == [False, True, False, True]


def test_a_page_that_is_gone_gives_its_article_a_time_of_removal(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 5, article(2))
    put(archive, 60, refusal(), status=404)
    put(archive, 70, refusal(), status=404)
    gone = archive.articles.get("1")
    assert (gone.removed_at, gone.latest.article) == (at(60), article())
    assert archive.articles.get("2").removed_at is None
    removed = list(archive.articles.find(ArticleQuery(removed=True)))
    assert [(one.id, one.removed_at) for one in removed] == [(1, at(60))]


@pytest.mark.parametrize("later", [61, 90, 100_000])
def test_other_articles_seen_later_hide_no_removal(gazetteer: Archive, later: float) -> None:
    for number in (1, 2):
        gazetteer.articles.store(
            "run-1", capture(number, number), article(number), (), about(OLD.id)
        )
    put(gazetteer, 60, refusal(2), status=404)
    put(gazetteer, later, article(3))
    put(gazetteer, later + 1, refusal(4), status=404)
    for query in (ArticleQuery(removed=True), ArticleQuery(places=(OLD.id,), removed=True)):
        assert [one.id for one in gazetteer.articles.find(query)] == [2]


def test_a_page_that_comes_back_is_not_removed(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 60, refusal(), status=404)
    put(archive, 90, article())
    assert archive.articles.get("1").removed_at is None
    assert list(archive.articles.find(ArticleQuery(removed=True))) == []
    put(archive, 120, refusal(), status=410)
    assert archive.articles.get("1").removed_at == at(120)
    put(archive, 30, refusal(), status=404)  # an older recording, replayed later
    assert archive.articles.get("1").removed_at == at(120)


@pytest.mark.parametrize("reason", [RefusalReason.BLOCKED, RefusalReason.HTTP_ERROR])
def test_what_passes_is_no_removal(archive: Archive, reason: RefusalReason) -> None:
    put(archive, 0, article())
    put(archive, 60, refusal(1, reason), status=503)
    assert archive.articles.get("1").removed_at is None


def test_an_address_that_only_led_to_an_article_may_end(archive: Archive) -> None:
    put(archive, 0, article())
    renamed = "https://baothu.vn/cau-moi-doi-ten-1.html"
    archive.articles.store("run-1", capture(10, url=renamed, record_id="<r>"), article(url=renamed))
    put(archive, 60, refusal(), status=404)
    assert archive.articles.get("1").removed_at is None
    assert list(archive.articles.find(ArticleQuery(removed=True))) == []


def test_a_redirect_to_a_page_that_says_not_found_is_a_removal(archive: Archive) -> None:
    put(archive, 0, article())
    target = replace(refusal(), url="https://baothu.vn/404")
    seen = capture(60, url=target.url, record_id="<r>")
    archive.articles.store("run-1", seen, target, (url_of(1),))
    assert archive.articles.get("1").removed_at == at(60)


def test_removed_articles_are_found_by_place_and_outlet(gazetteer: Archive) -> None:
    for number in (1, 2):
        gazetteer.articles.store(
            "run-1", capture(number, number), article(number), (), about(OLD.id)
        )
    put(gazetteer, 60, refusal(2), status=404)
    query = ArticleQuery(places=(OLD.id,), outlets=("baothu",), removed=True, limit=5)
    assert [one.id for one in gazetteer.articles.find(query)] == [2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration whose archive has an edited, a removed and a plain article."""
    outlets = ROOT / "config" / "outlets"
    path = tmp_path / "tinquan.toml"
    path.write_text(
        f'contact = "https://example.org/contact"\narchive = "tin.db"\noutlets = "{outlets}"\n'
    )
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        opened.runs.start(run())
        first = article(blocks=(Block("paragraph", "Cầu dài 120 m."), Block("quote", "Tốt.")))
        after = replace(first, blocks=(Block("paragraph", "Cầu dài 150 m."), first.blocks[1]))
        opened.articles.store("run-1", capture(0), first)
        opened.articles.store("run-1", capture(60), after)
        opened.articles.store("run-1", capture(5, 2), article(2))
        opened.articles.store("run-1", capture(65, 2, status=404), refusal(2))
    return path


def test_diff_shows_words_with_marks(config: Path, tinquan: Tinquan) -> None:
    ran = tinquan("diff", "1", "--config", config)
    assert ran.code == 0
    assert "\nbody\nCầu dài [-120-] {+150+} m.\n" in ran.out
    assert "stealth" in ran.out
    assert "Tốt." not in ran.out
    back = tinquan("diff", "1", "2", "1", "--config", config)
    assert "[-150-] {+120+}" in back.out


def test_diff_gives_its_pieces_as_json(config: Path, tinquan: Tinquan) -> None:
    found = json.loads(tinquan("diff", url_of(1), "--json", "--config", config).out)
    assert (found["id"], found["stealth"], found["maybe_reextraction"]) == (1, True, False)
    assert found["share"] == pytest.approx(1 / 10, abs=0.001)
    assert (found["before"]["number"], found["after"]["number"]) == (1, 2)
    (field,) = found["fields"]
    assert field["field"] == "body"
    assert {"op": "added", "text": "150 "} in field["pieces"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("2",), 0, "has one state only"),
        (("1", "1"), 2, "expected two states or none"),
        (("1", "1", "3"), 1, "has no state 3: its states are 1 to 2"),
        (("99",), 1, "no article with the id"),
    ],
)
def test_diff_says_what_it_cannot_compare(
    config: Path, tinquan: Tinquan, words: tuple[str, ...], code: int, said: str
) -> None:
    ran = tinquan("diff", *words, "--config", config)
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert said in ran.err


def test_revisions_lists_edits(config: Path, tinquan: Tinquan) -> None:
    (found,) = json.loads(tinquan("revisions", "--json", "--config", config).out)
    assert found["after"]["changed"] == ["body"]
    assert found["seen_at"] == "2026-03-01T16:00:00+07:00"
    shown = tinquan("revisions", "--since", "2026-03-01", "--config", config).out
    assert "body" in shown and "10%" in shown
    assert shown.split()[-1] == "no"  # announced by the outlet: a stealth edit
    late = tinquan("revisions", "--since", "2026-03-02", "--json", "--config", config)
    assert json.loads(late.out) == []
    unknown = tinquan("revisions", "--outlet", "nobody", "--config", config)
    assert (unknown.code, "nobody" in unknown.err) == (2, True)


def test_removed_articles_are_shown_as_removed(config: Path, tinquan: Tinquan) -> None:
    (found,) = json.loads(tinquan("articles", "--removed", "--json", "--config", config).out)
    assert (found["id"], found["removed_at"]) == (2, "2026-03-01T16:05:00+07:00")
    assert "removed  2026-03-01 16:05" in tinquan("show", "2", "--config", config).out
    assert "removed" not in tinquan("show", "1", "--config", config).out
