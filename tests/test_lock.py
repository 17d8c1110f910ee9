"""The lock files are complete: all requirements of locked packages are locked, in valid versions.

A package's requirements are read from its metadata, as it is installed here. A pin that holds only
for another Python is read from the version installed here (`numpy`), and one that is installed
nowhere here fails the test: nothing is taken for whole that was not looked at.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = (
    ("linux", "Linux", "x86_64"),
    ("linux", "Linux", "aarch64"),
    ("darwin", "Darwin", "x86_64"),
    ("darwin", "Darwin", "arm64"),
)
LOCKS = {"requirements.lock": {"build", "web"}, "requirements-dev.lock": {"dev"}}
"""Which extras of tinquan each lock file is for."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ; (.+?))? \\$", re.MULTILINE)


Environment = dict[str, str]
"""The values that markers test: `sys_platform`, `python_version`, …"""


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    marker: Marker | None = None

    def holds(self, environment: Environment) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


def pins_of(text: str) -> list[Pin]:
    return [
        Pin(canonicalize_name(name), number, Marker(marker) if marker else None)
        for name, number, marker in _PIN.findall(text)
    ]


def here() -> Environment:
    return {name: str(value) for name, value in default_environment().items()}


def environments() -> Iterator[Environment]:
    for python, (platform, system, machine) in product(PYTHONS, MACHINES):
        yield here() | {
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_system": system,
            "python_full_version": f"{python}.0",
            "python_version": python,
            "sys_platform": platform,
        }


ENVIRONMENTS = list(environments())


def named(environment: Environment) -> str:
    return " ".join(
        (
            environment["python_version"],
            environment["sys_platform"],
            environment["platform_machine"],
        )
    )


def asked_by_us() -> tuple[list[Requirement], dict[str, list[Requirement]]]:
    """Return the requirements of pyproject.toml, and those that each extra adds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {
        name: [Requirement(line) for line in lines]
        for name, lines in project["optional-dependencies"].items()
    }
    return [Requirement(line) for line in project["dependencies"]], extras


def asked_by(name: str, extras: set[str]) -> list[Requirement]:
    """Return the requirements of a package with its extras, for all platforms."""
    if name == "tinquan":
        always, added = asked_by_us()
        return [*always, *(one for extra in sorted(extras) for one in added[extra])]
    return [Requirement(line) for line in requires(name) or ()]


@dataclass
class Walk:
    """Follow requirements from tinquan through a lock in one environment; collect what is wrong."""

    pins: dict[str, Pin]
    environment: Environment
    extras: dict[str, set[str]] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def visit(self, name: str, extras: set[str]) -> None:
        known = self.extras.get(name)
        if known is not None and extras <= known:
            return
        self.extras[name] = extras = extras | (known or set())
        try:
            asked = asked_by(name, extras)
        except PackageNotFoundError:
            self.wrong.add(f"{name} is not installed: its requirements are unknown")
            return
        for requirement in asked:
            if self._applies(requirement, extras):
                self._check(name, requirement)

    def _applies(self, requirement: Requirement, extras: set[str]) -> bool:
        if requirement.marker is None:
            return True
        wanted = {canonicalize_name(extra) for extra in extras} | {""}
        return any(
            requirement.marker.evaluate({**self.environment, "extra": one}) for one in wanted
        )

    def _check(self, asking: str, requirement: Requirement) -> None:
        name = canonicalize_name(requirement.name)
        pin = self.pins.get(name)
        if name != "tinquan":
            if pin is None:
                self.wrong.add(f"{asking} asks for {requirement}: not locked")
                return
            if not requirement.specifier.contains(pin.version, prereleases=True):
                self.wrong.add(f"{asking} asks for {requirement}: locked is {pin.version}")
        self.visit(name, set(requirement.extras))


def wrong_in(text: str, extras: set[str], environment: Environment) -> set[str]:
    """Return what a lock lacks in an environment, and what it has without need."""
    held = [pin for pin in pins_of(text) if pin.holds(environment)]
    pins = {pin.name: pin for pin in held}
    walk = Walk(pins, environment)
    walk.visit("tinquan", extras)
    twice = {f"{pin.name} is locked twice" for pin in held if pins[pin.name] is not pin}
    idle = {
        f"{name} is locked, but nothing asks for it" for name in pins if name not in walk.extras
    }
    return walk.wrong | twice | idle


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=named)
@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_locked(lock: str, environment: Environment) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert wrong_in(text, LOCKS[lock], environment) == set()


def test_what_is_installed_here_is_what_is_locked() -> None:
    pins = pins_of((ROOT / "requirements-dev.lock").read_text("utf-8"))
    held = [pin for pin in pins if pin.holds(here())]
    assert len(held) > 100
    assert [f"{pin.name} {version(pin.name)}" for pin in held] == [
        f"{pin.name} {pin.version}" for pin in held
    ]


def test_both_locks_agree() -> None:
    runs, tests = (set((ROOT / lock).read_text("utf-8").split("\n")) for lock in LOCKS)
    assert runs <= tests


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    pinned = re.findall(r"^[a-z].*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pinned) == len(pins_of(text)) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE))
    assert "://" not in text


@pytest.mark.parametrize(
    ("cut", "put", "told"),
    [
        (r"^coverage==.*", r"", "pytest-cov asks for coverage[toml]"),
        (r"^sqlalchemy==\S+", "sqlalchemy==1.4.0", "tinquan asks for sqlalchemy"),
        (r"^psycopg-binary==.*", r"", "psycopg asks for psycopg-binary"),
        (
            r"^(lxml-html-clean==\S+)",
            r'\1 ; sys_platform == "win32"',
            "tinquan asks for lxml_html_clean",
        ),
        (r"^numpy==(\S+) ; .*", r"numpy==\1 \\", "numpy is locked twice"),
        (r"^(tzdata==.*)", "six-hundred==1 \\\\\n\\1", "six-hundred is locked, but nothing"),
    ],
)
def test_a_gap_is_seen(cut: str, put: str, told: str) -> None:
    text = (ROOT / "requirements-dev.lock").read_text("utf-8")
    spoiled = re.sub(cut, put, text, flags=re.MULTILINE)
    assert spoiled != text
    found = wrong_in(spoiled, {"dev"}, ENVIRONMENTS[0])
    assert any(line.startswith(told) for line in found), found
