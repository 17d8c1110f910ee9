"""The examples of docs/query-cookbook.md run, and every language gives the same answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from storage.archive import Archive, open_archive
from storage.model.articles import Arrival, ArticleQuery, RefusalReason
from storage.model.exports import ExportOrder
from storage.model.places import Score, Tags, Unit
from tests.support.samples import article, at, capture, refusal

TEXT = Path("docs/query-cookbook.md").read_text(encoding="utf-8")
DISTRICT = Unit("q-dong-da.006@2024-12", "006", "quận", "Đống Đa", None, None, None, "2024-12")
DAY = 24 * 60
STORY = " ".join(f"Câu thứ {n} kể về cây cầu mới bắc qua con sông số {n * 7}." for n in range(40))


@dataclass(frozen=True)
class Block:
    """A block of code. dialect: of SQL, where it is not for both databases."""

    language: str
    dialect: str
    code: str


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [Block(*parts) for parts in found]


INTRODUCTION, *SECTIONS = TEXT.split("\n## ")
QUESTIONS = [one for one in SECTIONS if one[0].isdecimal()]


def fill(archive: Archive) -> None:
    """Store articles so that every question has an answer."""
    archive.places.load_gazetteer("v1", [DISTRICT], [])
    about = Tags("v1", (), (Score(DISTRICT.id, 3.0, "certain"),))
    items = []
    for number, day, state in ((1, 0, "A"), (2, 1, "A"), (3, 40, "A"), (1, 2, "B"), (2, 3, "B")):
        made = article(
            number,
            f"Bài số {number}, bản {state}.",
            published_at=at(number * 2 * DAY),
            modified_at=at(day * DAY) if number == 2 else None,
            authors=("Lê Thuỷ", "Trần Bình")[:number],
            credit="TTXVN" if number > 1 else None,
        )
        seen = capture(day * DAY, number, record_id=f"{number}{state}")
        items.append(Arrival(seen, made, (), about if number > 1 else None))
    for number, outlet in ((8, "baothu"), (9, "baokhac")):
        made = article(number, STORY, outlet=outlet, title="Cầu mới", published_at=at(number))
        items.append(Arrival(capture(number, number, record_id=outlet), made))
    items.append(Arrival(capture(50 * DAY, 3, record_id="gone"), refusal(3)))
    items.append(Arrival(capture(1, 7), refusal(7, RefusalReason.BLOCKED)))
    archive.articles.store_many("run-1", items)


@pytest.fixture
def ask(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive_url: str
) -> Callable[[Block], list[tuple[Any, ...]]]:
    """Return a function that gives a block's answer, on an archive with its exports beside it."""
    fill(archive)
    monkeypatch.chdir(tmp_path)
    for name, states in (("articles", False), ("states", True)):
        file = tmp_path / f"{name}.parquet"
        archive.articles.export(ExportOrder(ArticleQuery(), file, "parquet", at(0), states=states))

    def answer(block: Block) -> list[tuple[Any, ...]]:
        if block.language == "sql":
            with archive.database.engine.connect() as conn:
                return [tuple(row) for row in conn.execute(sa.text(block.code))]
        if block.language == "duckdb":
            with duckdb.connect() as conn:
                conn.execute(setup("duckdb"))
                return list(conn.execute(block.code).fetchall())
        names: dict[str, Any] = {}
        exec(setup("python").replace("sqlite:///tinquan.db", archive_url), names)
        with names["archive"]:
            exec(block.code, names)
        return list(names["answer"])

    return answer


def setup(language: str) -> str:
    (found,) = [one.code for one in blocks(INTRODUCTION) if one.language == language]
    return found


def test_all_examples_agree(
    ask: Callable[[Block], list[tuple[Any, ...]]], archive: Archive
) -> None:
    assert len(QUESTIONS) == 10
    dialect = archive.database.engine.dialect.name
    for question in QUESTIONS:
        title = question.split("\n")[0]
        mine = [one for one in blocks(question) if one.dialect in ("", dialect)]
        answers = {one.language: ask(one) for one in mine}
        assert answers["python"], title
        for language, found in answers.items():
            assert found == answers["python"], (title, language)
        assert {"sql", "duckdb"} & set(answers) or dialect == "postgresql", title


def test_the_cookbook_is_opened_as_its_users_would(tmp_path: Path) -> None:
    open_archive(f"sqlite:///{tmp_path / 'tinquan.db'}").close()
    names: dict[str, Any] = {}
    exec(setup("python").replace("tinquan.db", str(tmp_path / "tinquan.db")), names)
    with names["archive"] as opened:
        assert list(opened.articles.find(ArticleQuery())) == []
