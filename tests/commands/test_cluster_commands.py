"""`tinquan cluster`, `tinquan clusters`, and the cluster line of `tinquan show`."""

import json
from pathlib import Path

import pytest

from crawler.render.clusters import cluster_text, delay_text
from storage.archive import open_archive
from storage.model.clusters import Cluster, Member
from tests.support.commands import Tinquan
from tests.support.samples import T0, at
from tests.support.stories import put, start_runs, story, told


@pytest.fixture
def address(sqlite_template: Path, tmp_path: Path) -> Path:
    """Return an archive with one story in three outlets, and another in one outlet."""
    path = tmp_path / "copies.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_archive(f"sqlite:///{path}") as archive:
        start_runs(archive)
        put(archive, told(1, story(1), title="Cầu [mới] thông xe", credit="TTXVN"))
        put(archive, told(2, story(1)[:3], minutes=125, title="Thông xe cầu"))
        put(archive, told(3, story(1), minutes=3000, title="Cầu [mới] thông xe"))
        put(archive, told(4, story(4), minutes=5, published_at=None))
    return path


def test_cluster_shows_the_tree(tinquan: Tinquan, address: Path) -> None:
    ran = tinquan("--archive", address, "cluster", 2)
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0] == "Cầu [mới] thông xe"
    assert lines[1] == "1 · baohai · 2026-03-01 15:00 · credit: TTXVN"
    assert "2 · baoba · 2026-03-01 17:05 · +2 h 5 min · 9" in lines[2]
    assert "Thông xe cầu" in lines[3]
    assert "3 · baotu · 2026-03-03 17:00 · +2 d 2 h · 100% alike" in lines[4]
    assert len(lines) == 5


def test_cluster_prints_json(tinquan: Tinquan, address: Path) -> None:
    ran = tinquan("--archive", address, "cluster", "https://baotu.vn/tin-3.html", "--json")
    found = json.loads(ran.out)
    assert (found["id"], found["articles"]) == (1, 3)
    assert found["outlets"] == ["baohai", "baoba", "baotu"]
    assert [one["is_source"] for one in found["members"]] == [True, False, False]
    assert set(found["members"][0]) == {
        "id", "outlet", "url", "title", "published_at", "first_seen_at",
        "credit", "similarity", "is_source", "relation",
    }  # fmt: skip
    shown = json.loads(tinquan("--archive", address, "show", 2, "--json").out)
    assert shown["cluster"] == found


def test_an_article_without_copies_answers_with_itself(tinquan: Tinquan, address: Path) -> None:
    ran = tinquan("--archive", address, "cluster", 4)
    assert ran.code == 0
    assert "4 · baothu · 2026-03-01 15:00 (first seen)" in ran.out
    assert "It is no copy of another article" in ran.out
    assert "no copies" in tinquan("--archive", address, "show", 4).out
    assert "source of 2 copies" in tinquan("--archive", address, "show", 1).out
    assert "copy of 1 (baohai), 100% alike" in tinquan("--archive", address, "show", 3).out
    missing = tinquan("--archive", address, "cluster", 77)
    assert missing.code == 1
    assert "has no article with the id or URL '77'" in missing.err


def test_clusters_lists_the_most_reprinted(tinquan: Tinquan, address: Path) -> None:
    ran = tinquan("--archive", address, "clusters", "--since", "2026-03-01", "--min-outlets", 3)
    assert ran.code == 0
    assert "1 story, most reprinted first" in ran.out
    assert "baohai, baoba, baotu" in ran.out
    none = tinquan("--archive", address, "clusters", "--since", "2027-01-01", "--json")
    assert json.loads(none.out) == []
    listed = tinquan("--archive", address, "clusters", "--min-outlets", 2, "--json")
    assert [one["id"] for one in json.loads(listed.out)] == [1]
    wrong = tinquan("--archive", address, "clusters", "--outlet", "nobody")
    assert wrong.code == 2
    assert "'nobody'" in wrong.err


def member(id_: int, minutes: float, similarity: float) -> Member:
    return Member(id_, "baothu", "", "", at(minutes), T0, None, similarity, similarity == 1)


def test_updates_are_told_from_copies(tinquan: Tinquan, address: Path) -> None:
    lines = tuple(f"{line} Đã có 2 người chết và 14 người bị thương." for line in story(9))
    later = tuple(line.replace("2 người", "3 người") for line in lines)
    with open_archive(f"sqlite:///{address}") as archive:
        first = put(archive, told(9, lines, minutes=10))
        update = put(archive, told(10, (*later, *story(10, 1)), minutes=70))
    assert f"updated from {first} (baohai), " in tinquan("--archive", address, "show", update).out
    assert "source of 1 update" in tinquan("--archive", address, "show", first).out
    assert "+1 h 0 min · updated · " in tinquan("--archive", address, "cluster", first).out
    found = json.loads(tinquan("--archive", address, "cluster", first, "--json").out)
    assert [one["relation"] for one in found["members"]] == ["source", "updated from"]


def test_short_texts() -> None:
    pair = Cluster(1, (member(1, 0, 1), member(2, 7, 0.5)))
    assert cluster_text(pair, 1) == "source of 1 copy"
    assert cluster_text(pair, 2) == "copy of 1 (baothu), 50% alike"
    assert delay_text(pair.members[1], pair.source) == "+7 min"
    assert delay_text(pair.source, pair.members[1]) == "-7 min"
