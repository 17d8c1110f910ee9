"""The tables [alarms] and [channels] of the configuration: whom to notify, and how. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from crawler.outlets.cadence import Table
from storage.errors import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_REPLACED = {
    "webhook": '[alarms.channels] webhook = "jsons://example.org/hook" (json:// for http)',
    "email": "[alarms.channels] email ="
    ' "mailtos://USER:${TINQUAN_EMAIL_PASSWORD}@mail.example.org?from=SENDER&to=RECIPIENT",'
    " one channel a recipient",
}


class Alarming(Table):
    """Whom to notify of alarms, besides the log.

    channels: Apprise URLs, such as mailtos://… or jsons://…, by names of the user's choice.
    `${NAME}` in a URL is replaced by an environment variable, `${file:PATH}` by a file's content.
    """

    channels: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _reject_replaced_keys(cls, values: Any) -> Any:
        for key, instead in _REPLACED.items():
            if isinstance(values, dict) and key in values:
                raise ConfigError(
                    f"alarms.{key} is no longer a key: write {instead} (docs/alarms.md)"
                )
        return values

    @field_validator("channels")
    @classmethod
    def _are_urls(cls, channels: dict[str, str]) -> dict[str, str]:
        check_channels(channels, "alarms.channels")
        return channels


def check_channels(channels: Mapping[str, str], key: str) -> None:
    """Raise ConfigError for a bad name or URL; pydantic's own error would show a URL's password.

    key: of the table, such as "alarms.channels".
    """
    for name, url in channels.items():
        if not _NAME.fullmatch(name) or name == "log":
            raise ConfigError(
                f"{key}: {name!r} is no channel's name: expected lower-case letters,"
                " digits, - and _, but not log"
            )
        if "://" not in url:
            raise ConfigError(f"{key}.{name}: expected an Apprise URL such as jsons://example.org/")
