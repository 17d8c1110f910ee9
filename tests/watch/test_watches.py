"""Watches: their queries, when they are due, and errors in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.config.config import Config, load_config
from crawler.schedule.agenda import MaintenanceJob
from crawler.schedule.plan import new_agenda
from crawler.schedule.state import maintenance_argv
from crawler.watch.due import GIVEN_UP_AFTER, is_due, is_time, next_attempt, next_look
from crawler.watch.quotes import Span
from crawler.watch.text import spans_text
from crawler.watch.watches import compiled
from crawler.watch.words import CAUSES
from storage.errors import ConfigError
from storage.model.alarms import Cause
from storage.model.json import LOCAL
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.places import gazetteer
from tests.support.watching import order

BASE = """\
contact = "a@b.vn"
[channels]
desk = "json://u:sesame@127.0.0.1:1/"
[[watches]]
name = "w"
"""
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)  # 10:00 in Hà Nội


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("daily 06:30", "2026-12-01 06:30"),
        ("daily 17:00", "2026-11-30 17:00"),
        ("daily 10:00", "2026-12-01 10:00"),
        ("hourly", "2026-11-30 11:00"),
        ("at once", "2026-11-30 10:00"),
    ],
)
def test_a_watch_is_due_by_the_clock_of_viet_nam(when: str, due: str) -> None:
    assert next_look(when, NOW) == local(due)


@pytest.mark.parametrize("when", ["daily 06:30", "hourly", "at once"])
def test_a_clock_that_was_ahead_silences_no_watch(when: str) -> None:
    assert is_due(when, NOW + timedelta(days=365), NOW)
    assert is_due(when, NOW + timedelta(minutes=2), NOW) is False  # two machines' clocks differ
    assert is_time(NOW + timedelta(days=365), NOW)
    assert is_time(NOW, NOW)
    assert not is_time(NOW + timedelta(hours=12), NOW)
    assert not is_time(None, NOW)


def test_what_was_hardly_tried_is_not_given_up_for_its_age() -> None:
    assert next_attempt(NOW - timedelta(days=30), 1, NOW) == NOW + timedelta(minutes=5)
    assert next_attempt(NOW - timedelta(days=30), 8, NOW) is None


def test_attempts_come_at_growing_intervals_until_it_is_given_up() -> None:
    waits, now, attempts = [], NOW, 0
    while attempts < 100:
        attempts += 1
        due = next_attempt(NOW, attempts, now)
        if due is None:
            break
        waits.append(due - now)
        now = due
    assert waits[:4] == [timedelta(minutes=5 * 2**n) for n in range(4)]
    assert waits == sorted(waits)
    assert max(waits) == timedelta(hours=12)
    assert GIVEN_UP_AFTER <= now - NOW < GIVEN_UP_AFTER + timedelta(hours=12)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('to = ["desk"]', "asks for everything: expected one of words, places"),
        ('words = "a"', "tells nobody: expected to ="),
        ('words = "a"\nto = ["nobody"]', "no channel is called 'nobody': there are desk"),
        ('words = "a"\nto = ["desk"]\nwhen = "daily 25:00"', 'expected "daily 06:30"'),
        ('words = "a"\nto = ["desk"]\nwhen = "weekly"', 'expected "daily 06:30"'),
        ("words = '\"a'\nto = [\"desk\"]", "words: the phrase at character 1 has no end"),
        ('words = "-a"\nto = ["desk"]', "words: the query only excludes"),
        ('words = "a"\nto = ["desk"]\ntell = ["olds"]', "watches.0.tell.0"),
        ('words = "a"\nto = ["desk"]\ntell = []', "watches.0.tell"),
        ('words = "a"\nto = ["desk"]\nlanguage = "fr"', "watches.0.language"),
        ('words = "a"\nto = ["desk"]\nleast_change = 2', "watches.0.least_change"),
        ('words = "a"\nto = ["desk"]\nkinds = ["song"]', "watches.0.kinds.0"),
        ('words = "a"\nto = ["desk"]\nword = "b"', "watches.0.word"),
        ('words = "a"\nfeed = "a.html"', "expected a file that ends in .atom or .xml"),
        ('words = "a"\nto = ["desk"]\n[[watches]]\nname = "w"\nwords = "b"\nto = ["desk"]',
         "two are called 'w'"),
        ('words = "a"\nfeed = "a.atom"\n[[watches]]\nname = "v"\nwords = "b"\nfeed = "a.atom"',
         "two write 'a.atom'"),
        ('words = "a"\nto = ["desk"]\n[[watches]]\nname = "a\\nb"\nwords = "b"\nto = ["desk"]',
         "expected a name of letters on one line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_file_and_key(tmp_path: Path, keys: str, told: str) -> None:
    file = tmp_path / "tinquan.toml"
    file.write_text(f"{BASE}{keys}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_file_of_watches_is_read_with_the_configuration(tmp_path: Path) -> None:
    file, own = tmp_path / "tinquan.toml", tmp_path / "own.toml"
    file.write_text(f'watch_file = "own.toml"\n{BASE}words = "a"\nto = ["desk"]\n', "utf-8")
    own.write_text('[[watches]]\nname = "v"\nwords = "b"\nto = ["desk"]\n', encoding="utf-8")
    assert [one.name for one in load_config(file).watches] == ["w", "v"]
    for text, told in (
        ('[[watches]]\nname = "v"\n', f"watch_file {own}: watches.0: "),
        ('archive = "x"\n', "archive: no such key"),
        ("[[", "not valid TOML"),
    ):
        own.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"own\.toml") as caught:
            load_config(file)
        assert told in str(caught.value)
    own.unlink()
    with pytest.raises(ConfigError, match=r"own\.toml: cannot be read"):
        load_config(file)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"places": ["Xứ Không Có"]}, "places: no place is called 'Xứ Không Có'"),
        ({"places": ["Bình Minh"]}, r"can mean \d+ places: expected one of"),
        ({"words": "a", "outlets": ["baola"]}, "outlets: no outlet 'baola'; there are: baothu"),
    ],
)
def test_places_and_outlets_that_are_not_there_are_named(
    keys: dict[str, object], told: str
) -> None:
    watch = order("w", to=["desk"], **keys).watch  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=told):
        compiled(watch, gazetteer(), ["baothu"], "tinquan.toml")


def test_a_watch_reaches_as_far_as_it_says() -> None:
    def units(reach: str) -> set[str]:
        watch = order("w", places=["quận Đống Đa"], to=["desk"], reach=reach).watch
        return set(compiled(watch, gazetteer(), [], "f").query.places)

    assert units("none") < units("core") < units("touched")


def test_the_schedule_looks_at_watches_where_there_are_any() -> None:
    quiet = Config()
    watching = quiet.model_copy(update={"watches": (order("w", words="a", to=["x"]).watch,)})

    def jobs(config: Config) -> list[object]:
        agenda = new_agenda(config, [])
        agenda.remember([], {}, NOW)
        return list(agenda.take(NOW + timedelta(minutes=5)))

    assert jobs(quiet) == []
    assert jobs(watching) == [MaintenanceJob("watch")]
    assert maintenance_argv(watching)["watch"][-2:] == ["watch", "run"]


def test_a_watch_that_is_not_there_is_told(tinquan: Tinquan) -> None:
    ran = tinquan("watch", "show", "không có")
    assert ran.code == 1
    assert "no watch is called 'không có'; there are: none" in ran.err
    assert tinquan("watch", "run", "--dry-run").code == 2


def test_the_template_of_configurations_names_watches() -> None:
    assert "docs/watches.md" in (ROOT / "config" / "tinquan.toml").read_text("utf-8")


def test_a_quote_in_plain_text_hides_nothing() -> None:
    line = (Span("Cầu\x1b[2J\u202e "), Span("mới\u061c", "added"))
    assert spans_text(line) == "Cầu[2J {+mới+}"


def test_a_digest_can_name_every_cause_of_an_alarm() -> None:
    for told in CAUSES.values():
        assert told.keys() == set(Cause)
