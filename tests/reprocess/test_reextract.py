"""`tinquan reextract` on the demo's archive: no change, exactly the changed ones, resumed."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.article import VERSION
from storage.archive import Archive, open_archive
from storage.model.articles import ArchivedArticle, Article, ArticleQuery
from storage.model.readings import RereadQuery
from tests.recordings.pages import ROOT
from tests.support.commands import Tinquan
from tests.support.replaying import EVENING, MORNING, replay

pytestmark = pytest.mark.usefixtures("warm")

RULE = '\n[overrides]\ndrop = ["h2", "h3"]\n'
NEWER = VERSION + 1


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive's file of the demo's day, whose recordings lie beside it."""
    folder = tmp_path_factory.mktemp("archived")
    for file in (MORNING, EVENING):
        shutil.copy(file, folder / file.name)
    config = configure(folder)
    replay(config, folder / MORNING.name, folder / EVENING.name)
    return folder


def configure(folder: Path, recordings: Path | None = None) -> Path:
    """Write a configuration with outlet files of its own."""
    shutil.copytree(ROOT / "config/outlets", folder / "outlets", dirs_exist_ok=True)
    file = folder / "tinquan.toml"
    file.write_text(
        f'contact = "https://example.org/tests"\noutlets = "outlets"\nshipped_outlets = false\n'
        f'gazetteer = "{ROOT}/config/gazetteer"\n'
        f'captures = "{recordings or folder}"\narchive = "tinquan.db"\n'
    )
    return file


@pytest.fixture
def config(archived: Path, tmp_path: Path) -> Path:
    """Return a configuration with a copy of the archive."""
    shutil.copy(archived / "tinquan.db", tmp_path / "tinquan.db")
    return configure(tmp_path, archived)


def drop_subheads(config: Path) -> None:
    file = config.parent / "outlets/tienphong.toml"
    file.write_text(file.read_text("utf-8") + RULE, "utf-8")


def opened(config: Path) -> Archive:
    return open_archive(f"sqlite:///{config.parent}/tinquan.db", create=False)


def every(config: Path) -> list[ArchivedArticle]:
    with opened(config) as archive:
        return list(archive.articles.find(ArticleQuery()))


def with_subheads(config: Path) -> set[str]:
    return {
        revision.capture.url
        for found in every(config)
        for revision in found.revisions
        if revision.article.outlet == "tienphong"
        and any(block.kind == "heading" for block in revision.article.blocks)
    }


def run_json(tinquan: Tinquan, config: Path, *words: object) -> dict[str, Any]:
    ran = tinquan("reextract", "--config", config, "--jobs", 1, "--json", *words)
    assert ran.code == 0, ran.err
    printed: dict[str, Any] = json.loads(ran.out)
    return printed


def test_the_demo_reads_as_before(config: Path, tinquan: Tinquan) -> None:
    ran = tinquan("reextract", "--config", config, "--dry-run")
    assert ran.code == 0, ran.err
    assert "no change" in ran.out
    printed = run_json(tinquan, config, "--dry-run")
    assert printed["same"] >= len(every(config))
    assert printed["same"] == printed["captures"]


def test_what_this_version_has_read_is_not_read_again(config: Path, tinquan: Tinquan) -> None:
    ran = tinquan("reextract", "--config", config)
    assert ran.code == 0, ran.err
    assert "nothing to read again" in ran.out


def test_a_changed_prune_rule_is_reported_for_exactly_its_articles(
    config: Path, tinquan: Tinquan
) -> None:
    expected = with_subheads(config)
    assert 0 < len(expected) < len(every(config))
    before = every(config)
    drop_subheads(config)
    printed = run_json(tinquan, config, "--dry-run", "--diffs", 100)
    assert {found["url"] for found in printed["differences"]} == expected
    assert printed["changed"] == len(printed["differences"]) == printed["fields"]["body"]
    assert {tuple(found["fields"]) for found in printed["differences"]} == {("body",)}
    assert every(config) == before, "a dry run writes nothing"


def test_counts_come_first_then_so_many_diffs(config: Path, tinquan: Tinquan) -> None:
    drop_subheads(config)
    shown = tinquan("reextract", "--config", config, "--dry-run", "--diffs", 1, "--jobs", 1).out
    assert shown.index("say something else") < shown.index("-heading: ")
    assert shown.count("changed, captured ") == 1
    assert "more differ" in shown
    assert "raise VERSION" in shown


def test_a_change_is_written_as_ours_and_only_once(config: Path, tinquan: Tinquan) -> None:
    states = {found.id: len(found.revisions) for found in every(config)}
    changing = with_subheads(config)
    drop_subheads(config)
    assert run_json(tinquan, config, "--all")["changed"] > 0
    after = every(config)
    assert {found.id: len(found.revisions) for found in after} == states, "no edit was invented"
    assert not with_subheads(config)
    reread = {
        revision.capture.url
        for found in after
        for revision in found.revisions
        if any(reading.origin == "reextraction" for reading in revision.readings)
    }
    assert reread == changing
    assert run_json(tinquan, config, "--all")["changed"] == 0


def test_outlets_and_times_bound_what_is_read(config: Path, tinquan: Tinquan) -> None:
    both = run_json(tinquan, config, "--dry-run")["captures"]
    one = run_json(tinquan, config, "--dry-run", "--outlet", "tienphong")["captures"]
    other = run_json(tinquan, config, "--dry-run", "--outlet", "laodongthudo")["captures"]
    assert 0 < one < both
    assert one + other == both
    words = ("--dry-run", "--outlet", "tienphong", "--outlet", "laodongthudo")
    assert run_json(tinquan, config, *words)["captures"] == both
    captured = sorted(r.first_seen_at for found in every(config) for r in found.revisions)
    middle = captured[len(captured) // 2].isoformat()
    early = run_json(tinquan, config, "--dry-run", "--until", middle)["captures"]
    late = run_json(tinquan, config, "--dry-run", "--since", middle)["captures"]
    assert early + late == both
    assert min(early, late) > 0


def test_a_missing_recording_is_told_and_the_rest_is_read(
    archived: Path, config: Path, tmp_path: Path, tinquan: Tinquan
) -> None:
    copied = tmp_path / "recordings"
    copied.mkdir()
    shutil.copy(archived / MORNING.name, copied)
    configure(tmp_path, copied)
    ran = tinquan("reextract", "--config", config, "--dry-run", "--jobs", 1)
    assert ran.code == 1
    assert "no such file" in ran.err
    assert str(copied / EVENING.name) in ran.err
    assert "Traceback" not in ran.err
    assert "read as before" in ran.out


def test_it_goes_on_where_it_was(config: Path, tinquan: Tinquan) -> None:
    """Of captures that an older version read, some are done already, as after a kill."""
    with opened(config) as archive:
        held = archive.captures.to_reread(RereadQuery(version=None), 10)
        now = datetime(2026, 12, 1, tzinfo=UTC)
        other = [
            (number, replace(result, extraction=replace(result.extraction, version=NEWER)))
            for number, _, result in held
            if isinstance(result, Article)
        ]
        archive.captures.reread(other, NEWER, now)
    assert run_json(tinquan, config)["same"] == len(other)
    assert run_json(tinquan, config)["same"] == 0


def test_an_unknown_outlet_is_wrong_usage(config: Path, tinquan: Tinquan) -> None:
    ran = tinquan("reextract", "--config", config, "--outlet", "nobody")
    assert ran.code == 2
    assert "nobody" in ran.err
