"""The configuration file: paths, precedence, and what a mistake is told."""

import re
from pathlib import Path

import pytest

from crawler.config.config import absolute_archive, load_config, require_contact
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlet_folders
from crawler.shipped import shipped
from storage.errors import ConfigError

CONTACT = 'contact = "toa-soan@example.org"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "tinquan.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_are_taken_from_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, CONTACT))
    assert config.archive == f"sqlite:///{tmp_path}/tinquan.db"
    assert config.captures == tmp_path / "captures"
    assert config.archive_name == f"{tmp_path}/tinquan.db"


def test_the_gazetteer_is_the_shipped_one_unless_told(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, CONTACT)).gazetteer == shipped("gazetteer")
    assert (shipped("gazetteer") / "units.csv").is_file()
    told = CONTACT + 'gazetteer = "places"\n'
    assert load_config(write(tmp_path, told)).gazetteer == tmp_path / "places"


def test_own_outlets_are_read_after_the_shipped_ones(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, CONTACT))
    assert list(config.outlet_folders) == [shipped("outlets")]
    (tmp_path / "outlets").mkdir()
    assert list(config.outlet_folders) == [shipped("outlets"), tmp_path / "outlets"]
    alone = load_config(write(tmp_path, CONTACT + "shipped_outlets = false\n"))
    assert alone.outlet_folders == (tmp_path / "outlets",)
    shared = CONTACT + f'outlets = "{shipped("outlets")}"\n'
    assert load_config(write(tmp_path, shared)).outlet_folders == (shipped("outlets"),)


def test_a_named_folder_of_own_outlets_must_be_there(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, CONTACT + 'outlets = "outlest"\n'))
    with pytest.raises(ConfigError, match=r"outlest: no such folder"):
        load_outlet_folders(config.outlet_folders, FAMILY_NAMES)


def test_root_moves_every_path(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    config = load_config(write(tmp_path / "etc", 'root = ".."\n' + CONTACT))
    assert config.logs == tmp_path / "logs"


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINQUAN_CONFIG", str(write(tmp_path, CONTACT)))
    assert load_config().root == tmp_path


def test_without_a_file_everything_has_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TINQUAN_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    config = load_config()
    assert (config.file, config.root, config.contact) == (None, tmp_path, "")
    with pytest.raises(ConfigError, match=r"^tinquan\.toml: contact is missing: `tinquan init`"):
        require_contact(config.contact, config.file)
    write(tmp_path, CONTACT)
    assert load_config().file == tmp_path / "tinquan.toml"
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_config(Path("none.toml"))


def test_the_template_shows_the_defaults(tmp_path: Path) -> None:
    text = shipped("tinquan.toml").read_text("utf-8")
    plain = load_config(write(tmp_path, ""))
    assert load_config(write(tmp_path, text)) == plain
    # What is commented out is what happens without it, so taking the "#" away changes nothing.
    shown = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    shown = re.sub(r"^(contact|gazetteer) = .*", "", shown, flags=re.MULTILINE)
    assert shown.count(" = ") > 15
    assert load_config(write(tmp_path, shown)) == plain


def test_the_contact_stands_in_the_user_agent(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, CONTACT))
    assert config.user_agent.startswith("tinquan/")
    assert config.contact in config.user_agent
    require_contact(config.contact, config.file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("archive = ", "not valid TOML"),
        ('contact = ""\n', "contact: .*at least 6 characters"),
        ('contact = "a@b.vn\\nX-Forged: 1"\n', "contact: .*printable ASCII"),
        ('contact = "somebody"\n', "contact: .*e-mail address or a web page"),
        (CONTACT + "[limits]\nrun_seconds = 1\n", r"limits\.run_seconds: .*\(given: 1\)"),
        (CONTACT + "archvie = 'x'\n", "archvie: no such key"),
        ('[[watches]]\nwords = "a"\n', r"watches\.0\.name: expected, and not there$"),
        ('[[watches]]\nname = "w"\nwords = "a"\n', r"watches\.0: tells nobody: .* \(in 'w'\)$"),
        (
            '[[watches]]\nname = "w"\nplaces = "x"\n',
            r".*places: expected a list \(given: 'x'\)",
        ),
        ('[[watches]]\nname = "w"\ntell = ["x"]\n', r"watches\.0\.tell\.0: [^;]* \(given: 'x'\)$"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"tinquan\.toml: {told}"):
        load_config(write(tmp_path, text))


def test_only_what_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, CONTACT + "outlets = 7\n"))
    assert "gazetteer" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("tin.db", "sqlite:////root/tin.db"),
        ("/var/tin.db", "sqlite:////var/tin.db"),
        ("sqlite:///tin.db", "sqlite:////root/tin.db"),
        ("postgresql+psycopg://a@b/c", "postgresql+psycopg://a@b/c"),
    ],
)
def test_a_relative_sqlite_file_is_made_absolute(url: str, expected: str) -> None:
    assert absolute_archive(url, Path("/root")) == expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:secret@db.example/tin", "postgresql+psycopg://db.example/tin"),
        ("postgresql+psycopg://me:secret@/tin?host=/run/pg", "postgresql+psycopg:///tin"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str, tmp_path: Path) -> None:
    config = load_config(write(tmp_path, f'{CONTACT}archive = "{url}"\n'))
    assert config.archive_name == shown
