"""The views of docs/sql.md say what the Python API says, on both databases."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from storage.archive import Archive, open_archive, upgrade_archive
from storage.model.articles import Arrival, ArticleQuery, Image, RefusalReason
from storage.model.clusters import ClusterQuery
from storage.model.edits import EditQuery
from storage.model.places import Score, Tags, Unit
from storage.sql.engine.views import VIEWS, drop_views
from tests.support.first_schema import make_first
from tests.support.first_search import make_first_search
from tests.support.paths import ROOT
from tests.support.samples import article, at, capture, refusal

DAY = 24 * 60


def unit(id_: str, type_: str, name: str, parent: str | None) -> Unit:
    return Unit(id_, None, type_, name, parent, None, None, "2024-12")


HANOI = unit("t-ha-noi", "thành phố", "Hà Nội", None)
DISTRICT = unit("q-dong-da", "quận", "Đống Đa", "t-ha-noi")
WARD = unit("p-lang", "phường", "Láng", "q-dong-da")
STORY = " ".join(f"Câu thứ {n} kể về cây cầu mới bắc qua con sông số {n * 7}." for n in range(40))


def fill(archive: Archive) -> None:
    """Store edits, copies, refusals, a removal, and texts that JSON escapes."""
    archive.places.load_gazetteer("v1", [HANOI, DISTRICT, WARD], [])
    tags = Tags("v1", (), (Score(WARD.id, 3.0, "certain"), Score(DISTRICT.id, 1.0)))
    odd = article(
        4,
        'Dấu "ngoặc", gạch \\ và dòng\nmới: 100 %s :tên.',
        title="Giá 'tăng' %d",
        published_at=None,
        authors=(),
        images=(Image("https://baothu.vn/a.jpg", "Ảnh", None),),
    )
    items = [
        Arrival(capture(0, 1), article(1, authors=("Lê Thuỷ", "Trần Bình")), (), tags),
        Arrival(
            capture(2 * DAY, 1, record_id="1b"),
            article(1, "Sửa.", modified_at=at(DAY), credit="TTXVN", tags=("cầu", "hồ")),
            (),
            tags,
        ),
        Arrival(capture(5, 2), article(2, section=("Xã hội", "Đô thị"), sapo="Lời dẫn.")),
        Arrival(capture(40, 2, record_id="2b"), refusal(2)),
        Arrival(capture(6, 4), odd),
        Arrival(capture(7, 5), refusal(5, RefusalReason.BLOCKED)),
    ]
    for number, outlet in ((8, "baothu"), (9, "baokhac")):
        made = article(number, STORY, outlet=outlet, title="Cầu mới", published_at=at(number))
        items.append(Arrival(capture(number, number, record_id=outlet), made))
    archive.articles.store_many("run-1", items)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    fill(archive)
    return archive


def rows(archive: Archive, statement: str) -> list[dict[str, Any]]:
    with archive.database.engine.connect() as conn:
        return [dict(row) for row in conn.execute(sa.text(statement)).mappings()]


def moment(value: Any) -> datetime | None:
    """Return a time as either database gives it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC) if value else None


def listed(values: tuple[str, ...], gap: str = ", ") -> str | None:
    return gap.join(values) or None


def test_article_revision_holds_every_state_as_the_api_gives_it(filled: Archive) -> None:
    found = {
        (row["article"], row["revision"]): row
        for row in rows(filled, "SELECT * FROM article_revision")
    }
    expected = 0
    for archived in filled.articles.find(ArticleQuery()):
        for revision in archived.revisions:
            row, said = found[archived.id, revision.number], revision.article
            expected += 1
            for column, value in {
                "outlet": said.outlet,
                "outlet_article_id": said.article_id,
                "url": said.url,
                "title": said.title,
                "dateline": said.dateline,
                "lead": said.sapo,
                "body": said.body or None,
                "authors": listed(said.authors),
                "byline": said.byline,
                "credit": said.credit,
                "section": listed(said.section, " › "),
                "tags": listed(said.tags),
                "kind": said.kind,
                "language": said.language,
                "notes": listed(said.notes),
                "changed": listed(revision.changed),
                "maybe_reextraction": revision.maybe_reextraction,
                "status": revision.capture.status,
                "warc_file": revision.capture.warc_file,
                "warc_offset": revision.capture.warc_offset,
                "digest": revision.capture.digest,
            }.items():
                assert row[column] == value, column
            for column, time in {
                "published_at": said.published_at,
                "modified_at": said.modified_at,
                "first_seen_at": revision.first_seen_at,
                "last_seen_at": revision.last_seen_at,
                "captured_at": revision.capture.captured_at,
            }.items():
                assert moment(row[column]) == time, column
    assert len(found) == expected == 6


def test_article_latest_is_each_article_s_newest_state(filled: Archive) -> None:
    found = {row["article"]: row for row in rows(filled, "SELECT * FROM article_latest")}
    articles = {one.id: one for one in filled.articles.find(ArticleQuery())}
    assert found.keys() == articles.keys()
    copies = {
        member.id: cluster.id
        for cluster in filled.clusters.find(ClusterQuery(min_outlets=2))
        for member in cluster.members
        if not member.is_source
    }
    assert len(copies) == 1
    for id_, archived in articles.items():
        assert found[id_]["title"] == archived.latest.article.title
        assert found[id_]["revision"] == found[id_]["revisions"] == len(archived.revisions)
        assert moment(found[id_]["removed_at"]) == archived.removed_at
        assert found[id_]["copy_of"] == copies.get(id_)
    assert [one.id for one in articles.values() if one.removed_at] == [2]


def test_article_place_names_what_articles_are_about(filled: Archive) -> None:
    [row] = rows(filled, "SELECT * FROM article_place")
    [about] = filled.articles.find(ArticleQuery(places=(WARD.id,)))
    assert (row["article"], row["unit"], row["name"], row["bare_name"], row["level"]) == (
        about.id,
        "p-lang",
        "phường Láng",
        "Láng",
        "ward",
    )
    assert (row["district"], row["province"]) == ("quận Đống Đa", "Hà Nội")
    assert row["confidence"] == "certain"


def test_article_copy_names_both_sides(filled: Archive) -> None:
    [row] = rows(filled, "SELECT * FROM article_copy")
    [cluster] = filled.clusters.find(ClusterQuery(min_outlets=2))
    copy = cluster.members[1]
    assert (row["article"], row["outlet"], row["title"]) == (copy.id, copy.outlet, copy.title)
    assert (row["source"], row["source_outlet"]) == (cluster.id, cluster.source.outlet)
    assert row["similarity"] == copy.similarity
    assert row["relation"] == "copy of"


def test_an_update_is_no_copy(filled: Archive) -> None:
    with filled.database.writing() as conn:
        conn.execute(sa.text("UPDATE copies SET is_update = true"))
    [row] = rows(filled, "SELECT * FROM article_copy")
    assert row["relation"] == "updated from"
    query = "SELECT article, updated_from FROM article_latest WHERE updated_from IS NOT NULL"
    assert rows(filled, query) == [{"article": row["article"], "updated_from": row["source"]}]
    assert rows(filled, "SELECT * FROM article_latest WHERE copy_of IS NOT NULL") == []


def test_outlet_day_counts_articles_edits_and_refusals(filled: Archive) -> None:
    found = rows(filled, "SELECT * FROM outlet_day")
    totals: Counter[str] = Counter()
    for row in found:
        totals.update({name: int(row[name]) for name in ("articles", "edits", "refusals")})
    assert totals == {
        "articles": len(list(filled.articles.find(ArticleQuery()))),
        "edits": len(list(filled.articles.edits(EditQuery(maybe_reextraction=True)))),
        "refusals": len(list(filled.articles.refusals())),
    }
    first = [row for row in found if row["outlet"] == "baothu" and str(row["day"]) == "2026-03-01"]
    assert [int(row["refusals"]) for row in first] == [2]


def test_a_day_is_vietnam_s(archive: Archive) -> None:
    late = article(1, published_at=datetime(2026, 3, 1, 17, 30, tzinfo=UTC))  # 00:30 on the 2nd
    archive.articles.store("run-1", capture(DAY, 1), late)
    [row] = rows(archive, "SELECT * FROM outlet_day")
    assert str(row["day"]) == "2026-03-02"


def test_refusal_and_run_are_what_the_api_lists(filled: Archive) -> None:
    found = rows(filled, "SELECT * FROM refusal ORDER BY captured_at")
    listed_ = sorted(filled.articles.refusals(), key=lambda one: one[0].captured_at)
    assert [(row["url"], row["reason"], row["evidence"], row["status"]) for row in found] == [
        (one.url, one.reason, one.evidence, captured.status) for captured, one in listed_
    ]
    [row] = rows(filled, "SELECT * FROM run")
    [known] = filled.runs.find()
    assert (row["run"], row["outlet"], moment(row["started_at"]), row["new"]) == (
        known.id,
        known.outlet,
        known.started_at,
        known.counts.new,
    )


def test_an_upgrade_makes_them_and_again_after_they_were_dropped(empty_url: str) -> None:
    make_first(empty_url)
    upgrade_archive(empty_url)
    with open_archive(empty_url) as archive:
        for view in VIEWS:
            rows(archive, f"SELECT * FROM {view} LIMIT 1")
        with archive.database.writing() as conn:
            drop_views(conn)
            drop_views(conn)
            make_first_search(conn)  # an archive of an earlier version, which has no views
    upgrade_archive(empty_url)
    with open_archive(empty_url) as archive:
        for view in VIEWS:
            rows(archive, f"SELECT * FROM {view} LIMIT 1")


def test_docs_name_every_column_of_every_view(archive: Archive) -> None:
    docs = (ROOT / "docs/sql.md").read_text("utf-8")
    for view in VIEWS:
        _, _, section = docs.partition(f"\n## `{view}`")
        section = section.partition("\n## ")[0]
        with archive.database.engine.connect() as conn:
            columns = list(conn.execute(sa.text(f"SELECT * FROM {view}")).keys())
        named = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
        assert named == columns, view


def test_the_four_questions_of_docs_are_short_and_run(filled: Archive) -> None:
    text = (ROOT / "docs/sql.md").read_text("utf-8")
    statements = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(statements) == 4
    answers = [rows(filled, statement) for statement in statements]
    assert all(len(statement.splitlines()) <= 6 for statement in statements)
    assert answers[0] == []  # the ward's article is of the day before
    assert [row["revision"] for row in answers[1]] == [2]
    assert [row["reason"] for row in answers[3]] == ["not_found", "blocked"]
