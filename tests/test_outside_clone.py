"""Work outside a clone: `init`, own outlet files, and queries with only an archive."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from crawler.config.config import load_config
from crawler.onboarding.fixture import fixtures
from crawler.shipped import shipped
from storage.archive import open_archive
from storage.model.places import Score, Tags
from tests.support.commands import Tinquan
from tests.support.samples import article, capture, run
from tests.support.tagging import BECAME, UNITS

GATE = """\
name = "Báo Cổng"
family = "generic"
[[domains]]
host = "baocong.vn"
[[sections]]
slug = "front"
name = "Trang nhất"
path = "/"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty current folder, with no configuration elsewhere."""
    monkeypatch.delenv("TINQUAN_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_makes_a_folder_ready_and_says_what_is_next(folder: Path, tinquan: Tinquan) -> None:
    ran = tinquan("init")
    assert ran.code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["scrapy.cfg", "tinquan.toml"]
    assert "set contact in tinquan.toml to an address where outlets can reach you" in ran.out
    assert "tinquan crawl tienphong --limit 5" in ran.out
    refused = tinquan("crawl", "tienphong")
    assert refused.code == 2
    assert refused.err.startswith(f"tinquan: {folder}/tinquan.toml: contact is missing: put")
    assert not (folder / "tinquan.db").exists()


def test_init_takes_the_contact_and_a_folder(folder: Path, tinquan: Tinquan) -> None:
    ran = tinquan("init", "news", "--contact", "toa-soan@example.org")
    assert load_config(folder / "news" / "tinquan.toml").contact == "toa-soan@example.org"
    assert "contact" not in ran.out
    assert "cd news" in ran.out
    wrong = tinquan("init", "other", "--contact", "nobody")
    assert (wrong.code, wrong.out) == (2, "")
    assert "expected an e-mail address or a web page" in wrong.err
    assert not (folder / "other").exists()


def test_init_changes_nothing_that_is_there(folder: Path, tinquan: Tinquan) -> None:
    (folder / "tinquan.toml").write_text("# mine\n")
    ran = tinquan("init")
    assert (ran.code, ran.err) == (
        2,
        "tinquan: tinquan.toml: exists already; nothing was changed\n",
    )
    assert (folder / "tinquan.toml").read_text() == "# mine\n"
    assert not (folder / "scrapy.cfg").exists()


def test_own_outlets_stand_beside_the_shipped_ones(folder: Path, tinquan: Tinquan) -> None:
    tinquan("init")
    own = folder / "outlets"
    own.mkdir()
    (own / "baocong.toml").write_text(GATE)
    text = (shipped("outlets") / "tienphong.toml").read_text("utf-8")
    (own / "tienphong.toml").write_text(text.replace('name = "Tiền Phong"', 'name = "Của tôi"'))
    listed = tinquan("outlets", "list")
    assert "baocong: own file outlets/baocong.toml, beside the shipped ones" in listed.out
    assert "tienphong: own file outlets/tienphong.toml, in place of the shipped one" in listed.out
    rows = {row["slug"]: row for row in json.loads(tinquan("outlets", "list", "--json").out)}
    assert len(rows) == len(list(shipped("outlets").glob("*.toml"))) + 1
    assert rows["tienphong"]["name"] == "Của tôi"
    assert (rows["tienphong"]["own_file"], rows["tienphong"]["replaces"]) == (
        str(own / "tienphong.toml"),
        True,
    )
    assert (rows["baocong"]["replaces"], rows["hanoimoi"]["own_file"]) == (False, None)
    assert tinquan("outlets", "check", "tienphong", "baocong").code == 0


def test_a_spoilt_own_file_is_named_and_not_passed_over(folder: Path, tinquan: Tinquan) -> None:
    (folder / "outlets").mkdir()
    (folder / "outlets" / "tienphong.toml").write_text("name = 7\n")
    listed = tinquan("outlets", "list")
    assert listed.code == 2
    assert f"{folder}/outlets/tienphong.toml: " in listed.err
    checked = tinquan("outlets", "check", "--json")
    wrong = [row["outlet"] for row in json.loads(checked.out) if not row["valid"]]
    assert (checked.code, wrong) == (1, ["tienphong"])


def test_a_new_outlet_is_written_beside_the_configuration(folder: Path, tinquan: Tinquan) -> None:
    (folder / "pages").mkdir()
    page = Path(__file__).parent / "pages" / "tienphong.html"
    words = ("--page", page, "--url", "https://baothu.vn/x-post1900001.html", "--folder", "pages")
    ran = tinquan("outlets", "new", *words)
    assert ran.out.startswith("wrote outlets/baothu.toml: family epi")
    assert "baothu: own file" in tinquan("outlets", "list").out
    elsewhere = tinquan("outlets", "new", *words, "--into", "mine", "--slug", "thu")
    assert elsewhere.code == 2, "its host is an outlet's already"


def test_a_page_of_an_own_outlet_stays_out_of_the_clone(folder: Path, tinquan: Tinquan) -> None:
    page = Path(__file__).parent / "pages" / "tienphong.html"
    ran = tinquan("outlets", "new", "--page", page, "--url", "https://baothu.vn/x-post1900001.html")
    assert ran.code == 0, ran.err
    assert [path.suffix for path in sorted((folder / "pages").iterdir())] == [".html", ".json"]


def test_a_page_of_a_clones_outlet_goes_to_its_tests() -> None:
    tests = Path(__file__).resolve().parent
    assert fixtures(tests.parent / "config" / "outlets") == tests / "pages"


@pytest.fixture
def lonely(folder: Path) -> Path:
    """Return an archive of one article; the configuration beside it names no usable file at all."""
    file = folder / "lonely.db"
    with open_archive(f"sqlite:///{file}") as archive:
        archive.runs.start(run())
        archive.places.load_gazetteer("v1", UNITS, BECAME)
        about = Tags("v1", (), (Score(UNITS[0].id, 1.0, "certain"),))
        archive.articles.store("run-1", capture(), article(text="Phố ngập."), tags=about)
    (folder / "tinquan.toml").write_text('outlets = "gone"\ngazetteer = "gone"\n')
    return file


@pytest.mark.parametrize(
    "words",
    [
        "articles", "articles --json", "articles --outlet baothu", "search ngập", "show 1",
        "show 1 --json", "search --facets --outlet baothu", "runs", "revisions", "clusters",
        "export --output all.jsonl", "archive stats", "alarms",
    ],
)  # fmt: skip
def test_questions_need_nothing_but_an_archive(lonely: Path, tinquan: Tinquan, words: str) -> None:
    command, *rest = words.split()
    ran = tinquan("--archive", lonely, command, *rest)
    assert ran.code == 0, ran.err
    place = tinquan("--archive", lonely, "articles", "--place", "quận Đống Đa")
    assert place.code == 2
    assert "gone/units.csv: cannot be read as a table of the gazetteer" in place.err


def test_the_shipped_gazetteer_is_found_from_anywhere(folder: Path, tinquan: Tinquan) -> None:
    assert "quận Đống Đa" in tinquan("places", "show", "quận Đống Đa").out


def test_a_missing_extra_is_named(
    lonely: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "storage.export.parquet", raising=False)
    ran = tinquan("--archive", lonely, "export", "--output", "all.parquet")
    assert ran.code == 1
    [line] = ran.err.splitlines()
    assert "all.parquet: Parquet needs the extra tinquan[parquet]: pip install" in line
    assert not list(lonely.parent.glob("all.*"))
    assert tinquan("--archive", lonely, "export", "--output", "all.csv").code == 0


def test_the_demo_leaves_a_folder_that_is_not_its_own(folder: Path, tinquan: Tinquan) -> None:
    tinquan("init", "mine")
    (folder / "old").mkdir()
    (folder / "old" / "tinquan.db").touch()
    for name in ("mine", "old"):
        ran = tinquan("demo", name)
        assert ran.code == 2
        assert ran.err.startswith(f"tinquan: {name}: holds an archive or configuration that is not")
    shutil.rmtree(folder / "old")
    (folder / "old").touch()
    assert "old/tinquan.toml: cannot be written: File exists" in tinquan("demo", "old").err
