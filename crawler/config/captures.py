"""The configuration's keys `captures`, `local_captures` and `keep_days`: where captures are."""

import re
from importlib.util import find_spec
from typing import Any

from storage.errors import ConfigError

_SCHEMES = ("s3:", "gs:", "az:")
_URL = re.compile(
    r"(?:s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*(?:/(?!\.\.?(?:/|$))[\w.=+-]+)*/?", re.ASCII
)
_AFTER_PATH = re.compile(r"([?#]).+", re.DOTALL)
_ONLY_WITH_A_STORE = ("local_captures", "keep_days")


def with_object_store(values: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration's keys, with a URL in `captures` moved to `object_store`.

    `captures` is then the folder of the files that are not in the store yet. Raises ConfigError
    for a URL that names no store, and if the extra is not installed.
    """
    given, local = values.get("captures"), values.get("local_captures", "captures")
    if "object_store" in values:
        raise ConfigError("object_store: no such key; name the store in `captures`")
    if given == "" or local == "" or (isinstance(local, str) and "://" in local):
        key, wrong = ("captures", given) if given == "" else ("local_captures", local)
        raise ConfigError(f"{key}: expected a folder (given: {_redact(wrong)!r})")
    if not isinstance(given, str) or not ("://" in given or given.startswith(_SCHEMES)):
        for key in _ONLY_WITH_A_STORE:
            if key in values:
                raise ConfigError(f"{key}: goes with an object store in `captures` only")
        return values
    shown = _redact(given)
    if not _URL.fullmatch(given):
        raise ConfigError(
            f"captures: expected a folder, or an object store: s3://BUCKET/PREFIX,"
            f" gs://BUCKET/PREFIX or az://CONTAINER/PREFIX, with its keys in the environment"
            f" (given: {shown!r})"
        )
    if find_spec("obstore") is None:
        raise ConfigError(
            f"captures: {shown} needs the extra tinquan[objects]: pip install 'tinquan[objects]'"
        )
    rest = {key: value for key, value in values.items() if key != "local_captures"}
    return rest | {"captures": local, "object_store": given.rstrip("/")}


def _redact(text: str) -> str:
    """Return a URL without credentials and query."""
    return _AFTER_PATH.sub(r"\1…", text.rpartition("@")[2])
