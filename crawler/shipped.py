"""Paths of the files that ship with tinquan: outlets, gazetteer, recordings, templates."""

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("crawler"))).resolve()
_WHEEL = _PACKAGE / "data"
_CLONE = _PACKAGE.parent


def is_clone() -> bool:
    """Return whether the package runs from a clone, whose files a developer may edit."""
    return not _WHEEL.is_dir()


def shipped(name: str) -> Path:
    """Return the path of the file or folder that ships as `name`, such as "outlets" or "demo".

    In an installed wheel it is inside the package (`force-include` in pyproject.toml); in a clone
    it is where people edit it: in config/, docs/demo, or at the top.
    """
    if not is_clone():
        return _WHEEL / name
    return _CLONE / {"demo": "docs/demo", "scrapy.cfg": name}.get(name, f"config/{name}")
