"""The configuration file: where the archive and captures are, who we say we are, how we behave."""

import os
import tomllib
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from crawler.config.alarms import Alarming
from crawler.config.schedule import Schedule
from crawler.outlets.model import explain
from storage.errors import ConfigError

CONFIG_VARIABLE = "TINQUAN_CONFIG"
ARCHIVE_VARIABLE = "TINQUAN_ARCHIVE"
"""By it a crawl's process learns its archive: everybody may read a command's words, with the
password in them, but only the same user its environment."""
DEFAULT_CONFIG = Path(__file__).resolve().parents[2] / "config" / "tinquan.toml"


class Limits(BaseModel):
    """Bounds on one crawl. Times in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_seconds: int = Field(3600, ge=10)
    download_seconds: int = Field(60, ge=1)
    response_bytes: int = Field(8 * 1024 * 1024, ge=1024)
    log_bytes: int = Field(16 * 1024 * 1024, ge=64 * 1024)
    memory_bytes: int = Field(1536 * 1024 * 1024, ge=256 * 1024 * 1024)
    warc_bytes: int = Field(256 * 1024 * 1024, ge=1024 * 1024)
    validator_hours: int = Field(24, ge=1)


def _beside_outlets(values: dict[str, Any]) -> Path:
    outlets: Path = values.get("outlets", Path())  # missing where it was given wrongly
    return outlets.parent / "gazetteer"


class Config(BaseModel):
    """A configuration file with its paths made absolute.

    archive: database URL; a bare or relative SQLite path is taken from the file's `root`.
    captures, logs: folders for WARC files and crawl logs. outlets: folder of outlet files.
    gazetteer: folder of the tables of places; the one beside `outlets` unless it is given.
    alarms: whom to notify of what is wrong.
    schedule: when what is crawled, and the maintenance jobs.
    contact: address or page in the user agent, so that an outlet can reach us.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    root: Path = Path()
    archive: str = "sqlite:///tinquan.db"
    captures: Path = Path("captures")
    logs: Path = Path("logs")
    outlets: Path = Path("config/outlets")
    gazetteer: Path = Field(default_factory=_beside_outlets)
    contact: str = Field(min_length=6)
    limits: Limits = Limits()
    alarms: Alarming = Alarming()
    schedule: Schedule = Schedule()

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

    @property
    def user_agent(self) -> str:
        """What we call ourselves in every request."""
        return f"tinquan/0.1 (+{self.contact})"

    @property
    def archive_name(self) -> str:
        """The archive's address as people may see it: a file's path, or a URL without password."""
        if self.archive.startswith("sqlite:///"):
            return self.archive.removeprefix("sqlite:///")
        parts = urlsplit(self.archive)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

    def resolved(self) -> Self:
        """Return the same configuration with every path absolute."""
        root = (self.file.parent / self.root).resolve()
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


def load_config(file: Path | None = None) -> Config:
    """Return the configuration in `file`, else of TINQUAN_CONFIG, else the one in the clone.

    Raises ConfigError that names file and key.
    """
    path = file or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Config.model_validate(values | {"file": path.resolve()}).resolved()
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot be read: {error}; expected a configuration file"
        ) from None
