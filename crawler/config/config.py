"""The configuration file: where the archive and captures are, who we say we are, how we behave."""

import os
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from crawler.config.alarms import Alarming, check_channels
from crawler.config.captures import with_object_store
from crawler.config.schedule import Schedule
from crawler.config.variables import CONFIG_VARIABLE
from crawler.config.watches import Watch, check_watches
from crawler.outlets.cadence import Table
from crawler.outlets.model import explain
from crawler.shipped import shipped
from storage.errors import ConfigError

DEFAULT_CONFIG = Path("tinquan.toml")
"""What is read where no other file is named: the one in the current folder, if it is there."""


class Limits(Table):
    """Bounds on one crawl. Times in seconds, sizes in bytes."""

    run_seconds: int = Field(3600, ge=10)
    download_seconds: int = Field(60, ge=1)
    response_bytes: int = Field(8 * 1024 * 1024, ge=1024)
    log_bytes: int = Field(16 * 1024 * 1024, ge=64 * 1024)
    memory_bytes: int = Field(1536 * 1024 * 1024, ge=256 * 1024 * 1024)
    warc_bytes: int = Field(256 * 1024 * 1024, ge=1024 * 1024)
    validator_hours: int = Field(24, ge=1)


class _WatchFile(Table):
    """A file of watches, beside the configuration."""

    watches: tuple[Watch, ...]


class Config(Table):
    """A configuration file with its paths made absolute; the defaults where there is none.

    file: where it was read from. root: what paths are taken from, itself from the file's folder,
    or the current one.
    archive: database URL; a bare or relative SQLite path is taken from `root`.
    captures, logs: folders for WARC files and crawl logs. object_store: the URL of the one that
    closed WARC files are pushed to, "" for none; keep_days: how long they stay here after that.
    outlets: folder of own outlet files, read besides the shipped ones unless `shipped_outlets` is
    false. gazetteer: folder of the tables of places.
    alarms: whom to notify of what is wrong.
    channels: by a name of one's own an Apprise URL, for watches; those of the alarms serve too.
    watches: what is told to whom; watch_file: a file that holds some of them.
    reader: where the archive's web pages are, as people reach them: an address with {id}.
    schedule: when what is crawled, and the maintenance jobs.
    contact: address or page in the user agent, so that an outlet can reach us; without it
    nothing is fetched.
    """

    file: Path | None = None
    root: Path = Path()
    archive: str = "sqlite:///tinquan.db"
    captures: Path = Path("captures")
    object_store: str = ""
    keep_days: int = Field(30, ge=1, le=36_500)
    logs: Path = Path("logs")
    outlets: Path = Path("outlets")
    shipped_outlets: bool = True
    gazetteer: Path = shipped("gazetteer")
    contact: str = Field("", min_length=6)
    limits: Limits = Limits()
    alarms: Alarming = Alarming()
    channels: dict[str, str] = Field(default_factory=dict)
    watches: tuple[Watch, ...] = ()
    watch_file: Path | None = None
    reader: str = ""
    schedule: Schedule = Schedule()

    @model_validator(mode="before")
    @classmethod
    def _captures_may_be_a_url(cls, values: Any) -> Any:
        return with_object_store(values) if isinstance(values, dict) else values

    @field_validator("contact")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if "@" not in value and not value.startswith(("http://", "https://")):
            raise ValueError(
                "expected an e-mail address or a web page where an outlet can reach us"
            )
        if not (value.isascii() and value.isprintable()):  # it goes into a header
            raise ValueError("expected printable ASCII characters only")
        return value

    @field_validator("channels")
    @classmethod
    def _are_urls(cls, channels: dict[str, str]) -> dict[str, str]:
        check_channels(channels, "channels")
        return channels

    @field_validator("reader")
    @classmethod
    def _is_a_page(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and "{id}" in value):
            raise ValueError('expected an address such as "https://tin.example.org/bai/{id}"')
        return value

    @model_validator(mode="after")
    def _watches_have_channels(self) -> Self:
        check_watches(self.watches, self.all_channels)
        return self

    @property
    def all_channels(self) -> dict[str, str]:
        """The channels that watches can name."""
        return self.alarms.channels | self.channels

    @property
    def user_agent(self) -> str:
        """What we call ourselves in every request."""
        name = f"tinquan/{version('tinquan')}"
        return f"{name} (+{self.contact})" if self.contact else name

    @property
    def outlet_folders(self) -> tuple[Path, ...]:
        """Where outlet files are read: a file replaces those of its name in earlier folders.

        The folder of own files need not be there while it has its default name.
        """
        may_lack = self.shipped_outlets and self.outlets == self.root / "outlets"
        own = () if may_lack and not self.outlets.is_dir() else (self.outlets,)
        shared = (shipped("outlets"),) if self.shipped_outlets else ()
        return tuple(dict.fromkeys((*shared, *own)))

    def outlet_file(self, slug: str) -> Path:
        """Return where the file of an outlet is, or where an own one goes if there is none."""
        files = [folder / f"{slug}.toml" for folder in reversed(self.outlet_folders)]
        return next((file for file in files if file.is_file()), self.outlets / f"{slug}.toml")

    @property
    def archive_name(self) -> str:
        """The archive's address as people may see it: a file's path, or a URL without password."""
        if self.archive.startswith("sqlite:///"):
            return self.archive.removeprefix("sqlite:///")
        parts = urlsplit(self.archive)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

    def resolved(self) -> Self:
        """Return the same configuration with every path absolute."""
        folder = self.file.parent if self.file else Path()
        root = (folder / self.root).resolve()
        return self.model_copy(
            update={
                "root": root,
                "archive": absolute_archive(self.archive, root),
                "captures": root / self.captures,
                "logs": root / self.logs,
                "outlets": (root / self.outlets).resolve(),  # `root` need not be there yet
                "gazetteer": (root / self.gazetteer).resolve(),
            }
        )


def absolute_archive(url: str, root: Path) -> str:
    """Return a database URL; a relative SQLite path, or a bare file name, is taken from `root`."""
    if "://" not in url:
        url = f"sqlite:///{url}"
    prefix = "sqlite:///"
    if url.startswith(prefix) and url != prefix + ":memory:":
        return prefix + str(root / url.removeprefix(prefix))
    return url


def checked_contact(text: str) -> str:
    """Return a contact that a configuration file can hold. Raises ConfigError."""
    try:
        return Config(contact=text).contact
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def require_contact(contact: str, file: Path | None) -> None:
    """Raise ConfigError where outlets could not reach us: then nothing may be fetched.

    file: the configuration that should name the contact.
    """
    if not contact:
        first = "" if file else "`tinquan init` makes that file; "
        raise ConfigError(
            f"{file or DEFAULT_CONFIG}: contact is missing: {first}put an e-mail address or a web"
            " page there by which the outlets that are crawled can reach you"
        )


def load_config(file: Path | None = None) -> Config:
    """Return the configuration in `file`, else of TINQUAN_CONFIG, else of the current folder.

    Where the current folder has none either, everything has its default. Raises ConfigError that
    names file and key.
    """
    named = file or os.environ.get(CONFIG_VARIABLE)
    path = Path(named or DEFAULT_CONFIG)
    try:
        if not named and not path.exists():
            return Config().resolved()
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        values |= _with_watch_file(values, path)
        return Config.model_validate(values | {"file": path.resolve()}).resolved()
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{path}: cannot be read: {said}; expected a configuration file"
        ) from None


def _with_watch_file(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the watches of a configuration with those of the file it names. Raises ConfigError."""
    named = values.get("watch_file")
    if not isinstance(named, str):
        return {}
    file = path.parent / str(values.get("root", "")) / named
    try:
        held = _WatchFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"watch_file {file}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"watch_file {file}: {explain(error)}") from None
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise ConfigError(f"watch_file {file}: cannot be read: {said}") from None
    own = values.get("watches", [])
    return {"watches": [*own, *held.watches]} if isinstance(own, list) else {}
