"""The configuration file: the archive, captures, our contact, limits, alarms and schedule."""

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
"""The file in the current folder that is read, if it exists, when no other is named."""


class Limits(Table):
    """Limits of one crawl. Times in seconds, sizes in bytes."""

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
    """A configuration file; the defaults if there is none. `resolved` makes its paths absolute.

    file: the file that it was read from. root: the folder that paths are relative to; itself
    relative to the file's folder, or else the current one.
    archive: database URL; a bare or relative SQLite path is relative to `root`.
    captures, logs: folders for WARC files and crawl logs. object_store: the URL of the store that
    closed WARC files are pushed to, "" for none; keep_days: how long they stay here after that.
    outlets: folder of the user's outlet files, read besides the shipped ones unless
    `shipped_outlets` is false. gazetteer: folder of the tables of places.
    alarms: whom to notify of alarms.
    channels: Apprise URLs for watches, by names of the user's choice; watches can use those of the
    alarms too.
    watches: what to notify whom of; watch_file: a file with further watches.
    reader: the public address of an article's page on the archive's website, with {id}.
    schedule: when to crawl what, and when to run maintenance jobs.
    contact: e-mail address or web page in the user agent, so that an outlet can reach us; without
    it nothing is fetched.
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
    def _split_captures(cls, values: Any) -> Any:
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
        """The channels that watches can use."""
        return self.alarms.channels | self.channels

    @property
    def user_agent(self) -> str:
        """The User-Agent header of every request."""
        name = f"tinquan/{version('tinquan')}"
        return f"{name} (+{self.contact})" if self.contact else name

    @property
    def outlet_folders(self) -> tuple[Path, ...]:
        """The folders of outlet files: a file replaces those of its name in earlier folders.

        The user's folder need not exist while it has its default name.
        """
        may_be_missing = self.shipped_outlets and self.outlets == self.root / "outlets"
        own = () if may_be_missing and not self.outlets.is_dir() else (self.outlets,)
        shared = (shipped("outlets"),) if self.shipped_outlets else ()
        return tuple(dict.fromkeys((*shared, *own)))

    def outlet_file(self, slug: str) -> Path:
        """Return the path of an outlet's file; if there is none, the path for a new one."""
        files = [folder / f"{slug}.toml" for folder in reversed(self.outlet_folders)]
        return next((file for file in files if file.is_file()), self.outlets / f"{slug}.toml")

    @property
    def archive_name(self) -> str:
        """The archive's address for messages: a file's path, or a URL without credentials."""
        if self.archive.startswith("sqlite:///"):
            return self.archive.removeprefix("sqlite:///")
        parts = urlsplit(self.archive)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

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
                "outlets": (root / self.outlets).resolve(),  # `root` need not exist yet
                "gazetteer": (root / self.gazetteer).resolve(),
            }
        )


def absolute_archive(url: str, root: Path) -> str:
    """Return a database URL; a relative SQLite path, or a bare file name, is relative to `root`."""
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
    """Raise ConfigError if there is no contact: nothing may be fetched without one.

    file: the configuration that should give the contact.
    """
    if not contact:
        first = "" if file else "`tinquan init` makes that file; "
        raise ConfigError(
            f"{file or DEFAULT_CONFIG}: contact is missing: {first}put there an e-mail address or"
            " a web page where outlets can reach you"
        )


def load_config(file: Path | None = None) -> Config:
    """Return the configuration in `file`, else in TINQUAN_CONFIG's, else in the current folder's.

    If the current folder has none either, all keys have their defaults. Raises ConfigError that
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
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{path}: cannot be read: {reason}; expected a configuration file"
        ) from None


def _with_watch_file(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a configuration's watches and those of its watch_file. Raises ConfigError."""
    named = values.get("watch_file")
    if not isinstance(named, str):
        return {}
    file = path.parent / str(values.get("root", "")) / named
    try:
        further = _WatchFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"watch_file {file}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"watch_file {file}: {explain(error)}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"watch_file {file}: cannot be read: {reason}") from None
    own = values.get("watches", [])
    return {"watches": [*own, *further.watches]} if isinstance(own, list) else {}
