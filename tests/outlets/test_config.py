"""The configuration file: paths, precedence, and what a mistake is told."""

from pathlib import Path

import pytest

from crawler.config.config import absolute_archive, load_config
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


def test_the_gazetteer_lies_beside_the_outlets_unless_told(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, CONTACT)).gazetteer == tmp_path / "config/gazetteer"
    moved = CONTACT + 'outlets = "/etc/tinquan/outlets"\n'
    assert load_config(write(tmp_path, moved)).gazetteer == Path("/etc/tinquan/gazetteer")
    told = CONTACT + 'gazetteer = "places"\n'
    assert load_config(write(tmp_path, told)).gazetteer == tmp_path / "places"
    with pytest.raises(ConfigError, match="outlets"):
        load_config(write(tmp_path, CONTACT + "outlets = 7\n"))


def test_root_moves_every_path(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    config = load_config(write(tmp_path / "etc", 'root = ".."\n' + CONTACT))
    assert config.logs == tmp_path / "logs"


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINQUAN_CONFIG", str(write(tmp_path, CONTACT)))
    assert load_config().root == tmp_path


def test_the_shipped_file_is_valid_and_honest() -> None:
    config = load_config(Path("config/tinquan.toml"))
    assert config.user_agent.startswith("tinquan/")
    assert config.contact in config.user_agent


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("archive = ", "not valid TOML"),
        ("", "contact: Field required"),
        ('contact = "a@b.vn\\nX-Forged: 1"\n', "contact: .*printable ASCII"),
        ('contact = "somebody"\n', "contact: .*e-mail address or a web page"),
        (CONTACT + "[limits]\nrun_seconds = 1\n", r"limits\.run_seconds: .*\(given: 1\)"),
        (CONTACT + "archvie = 'x'\n", "archvie: Extra inputs"),
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


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    text = CONTACT + 'archive = "postgresql+psycopg://me:secret@db.example/tin"\n'
    config = load_config(write(tmp_path, text))
    assert config.archive_name == "postgresql+psycopg://db.example/tin"
