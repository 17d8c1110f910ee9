"""Feeds: valid by RFC 4287, as feedparser reads them, and replaced atomically."""

import re
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from storage.archive import Archive
from tests.support.commands import Tinquan
from tests.support.observations import put
from tests.support.samples import article, at, refusal, run

GRAMMAR = Path(__file__).with_name("atom.rnc")
WATCH = """\
contact = "https://tin.example.org/about"
archive = "archive.db"

[[watches]]
name = "Cầu & chợ"
words = "cầu"
tell = ["new", "edits", "removed", "copies"]
when = "at once"
language = "en"
feed = "feeds/cau.atom"
"""


@pytest.fixture(scope="module")
def grammar() -> etree.RelaxNG:
    return etree.RelaxNG.from_rnc_string(GRAMMAR.read_text("utf-8"))


@pytest.fixture
def opened(sqlite_archive: Archive) -> Archive:
    sqlite_archive.runs.start(run())
    return sqlite_archive


def valid(file: Path, grammar: etree.RelaxNG) -> Any:
    """Check a feed against the RFC; return it as feedparser reads it."""
    data = file.read_bytes()
    tree = etree.fromstring(data)
    grammar.assertValid(tree)
    ids = [one.text for one in tree.iter("{http://www.w3.org/2005/Atom}id")]
    assert len(set(ids)) == len(ids)
    # RFC 4151: whose it is, since when, and a path of URI characters.
    form = re.compile(r"tag:[a-z0-9.-]+(@[a-z0-9.-]+)?,\d{4}:[A-Za-z0-9/%._~-]+")
    assert all(form.fullmatch(id_ or "") for id_ in ids)
    found = feedparser.parse(data)
    assert not found.bozo, found.get("bozo_exception")
    return found


def fill(archive: Archive) -> None:
    first = article(1, "Cầu mới thông xe. Cầu rộng mười mét.")
    put(archive, 5, first)
    hostile = "Cầu <b>&amp; ]]>\x00\x0b\ufffe\u202e chợ"
    put(archive, 6, article(2, title=hostile, authors=("Nguyễn <i>A</i>", "Lê B")))
    put(archive, 7, article(3, "Cầu ba.", published_at=None))
    put(archive, 8, article(1, "Cầu mới thông xe. Cầu rộng mười hai mét."))
    put(archive, 9, refusal(3), number=3)


def test_a_feed_is_valid_and_every_entry_reads_back(
    opened: Archive, tmp_path: Path, tinquan: Tinquan, grammar: etree.RelaxNG
) -> None:
    fill(opened)
    file = tmp_path / "cau.atom"
    archive = tmp_path / "archive.db"
    words = ("feed", "cầu", "--since", "2026-03-01", "--language", "en")
    ran = tinquan(*words, "--archive", archive, "--output", file)
    assert ran.code == 0, ran.err
    assert ran.out == f"{file}: 5 entries\n"
    found = valid(file, grammar)
    titles = [entry.title for entry in found.entries]
    assert titles == [
        "No longer online: Khánh thành cầu số 3",
        "Edited after publication: Khánh thành cầu số 1",
        "Khánh thành cầu số 3",
        "Cầu <b>&amp; ]]> chợ",
        "Khánh thành cầu số 1",
    ]
    gone, edit, _, hostile, first = found.entries
    assert re.fullmatch(r"tag:example.org,2026:tinquan/article/3/removed/\w+", gone.id)
    assert edit.id == "tag:example.org,2026:tinquan/article/1/state/2"
    assert "<ins>" in edit.content[0].value
    assert first.link == "https://baothu.vn/cau-moi-1.html"
    assert [one.name for one in hostile.authors] == ["Nguyễn <i>A</i>", "Lê B"]
    assert first.updated == "2026-03-01T08:05:00Z"  # when the archive learned it
    assert first.published == "2026-03-01T08:01:00Z"


def test_a_watch_keeps_its_feed(
    opened: Archive, tmp_path: Path, tinquan: Tinquan, grammar: etree.RelaxNG
) -> None:
    config = tmp_path / "tinquan.toml"
    config.write_text(WATCH, encoding="utf-8")
    file = tmp_path / "feeds" / "cau.atom"
    tinquan("watch", "run", "--config", config)
    assert valid(file, grammar).entries == []
    fill(opened)
    assert tinquan("watch", "run", "--config", config).code == 0
    found = valid(file, grammar)
    assert len(found.entries) == 5
    assert found.feed.title == "Cầu & chợ"
    assert found.feed.id.startswith("tag:tin.example.org,2026:tinquan/watch/")
    before = file.stat().st_mtime_ns
    tinquan("watch", "run", "--config", config)  # nothing arrived
    assert file.stat().st_mtime_ns == before
    put(opened, 30, article(4, "Cầu bốn."))
    tinquan("watch", "run", "--config", config)
    assert valid(file, grammar).entries[0].title == "Khánh thành cầu số 4"
    assert len(valid(file, grammar).entries) == 6


def test_what_was_taken_down_leaves_feeds_and_messages(
    opened: Archive, tmp_path: Path, tinquan: Tinquan, grammar: etree.RelaxNG
) -> None:
    config = tmp_path / "tinquan.toml"
    told = '[channels]\ndead = "json://127.0.0.1:1/"\n'
    config.write_text(f'{WATCH}to = ["dead"]\n{told}', encoding="utf-8")
    file = tmp_path / "feeds" / "cau.atom"
    tinquan("watch", "run", "--config", config)
    put(opened, 5, article(1, "Cầu kín."))
    assert tinquan("watch", "run", "--config", config).code == 1
    assert len(valid(file, grammar).entries) == 1
    opened.maintenance.redact("1", "xin gỡ", "toà soạn", at(90))
    (owed,) = opened.watches.open_deliveries()
    opened.watches.end_delivery(owed, sent_at=None, due_at=owed.digest.made_at)
    assert tinquan("watch", "run", "--config", config).code == 0  # nothing is left to be told
    assert valid(file, grammar).entries == []
    assert opened.watches.open_deliveries() == []


def test_a_feed_is_whole_or_as_it_was(opened: Archive, tmp_path: Path, tinquan: Tinquan) -> None:
    fill(opened)
    folder = tmp_path / "there.atom"
    folder.mkdir()
    archive = tmp_path / "archive.db"
    ran = tinquan("feed", "cầu", "--archive", archive, "--output", folder)
    assert ran.code == 1
    assert "there.atom: cannot be written" in ran.err
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to search for"),
        (("cầu", "--tell", "olds"), "--tell olds: expected one of new, copies, edits, removed"),
        (('"cầu',), "has no end"),
        (("cầu", "--place", "Xứ Không Có"), "no place is called"),
    ],
)
def test_wrong_words_are_named(
    opened: Archive, tmp_path: Path, tinquan: Tinquan, words: tuple[str, ...], told: str
) -> None:
    ran = tinquan(
        "feed", *words, "--archive", tmp_path / "archive.db", "--output", tmp_path / "a.atom"
    )
    assert ran.code == 2
    assert told in ran.err
    assert not (tmp_path / "a.atom").exists()
