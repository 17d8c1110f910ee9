"""Names and addresses of channels, in the tables [channels] and [alarms.channels]. Pure."""

import re
from collections.abc import Mapping

from storage.errors import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def check_channels(channels: Mapping[str, str], key: str) -> None:
    """Raise ConfigError, for pydantic's error would repeat a URL with its password.

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
