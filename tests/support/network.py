"""Machines in network namespaces of their own, joined by a bridge.

It takes root, and the tool `ip` of Linux. Elsewhere all machines are in this one's network, at the
loopback, and no link can be cut.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """address: of this machine, where servers listen. mark: begins the names of what was made."""

    address: str
    mark: str = ""

    @property
    def is_real(self) -> bool:
        """True where each machine has a link."""
        return bool(self.mark)

    def inside(self, place: int) -> list[str]:
        """Return the words that let a command run on one of the machines, counted from 0."""
        return ["ip", "netns", "exec", f"{self.mark}{place}"] if self.is_real else []

    def cut(self, place: int) -> None:
        """Pull a machine's plug: packets go neither way, and nobody is told."""
        _ip("link", "set", f"{self.mark}h{place}", "down")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def network(machines: int) -> Iterator[Network]:
    """Yield a network of so many machines."""
    number = os.getpid()
    mark, part = f"tq{number}n", f"10.{100 + number % 100}.{number // 100 % 250}"
    try:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise PermissionError
        _make(mark, part, range(machines))
    except (OSError, subprocess.CalledProcessError):  # a container may not
        _remove(mark, range(machines))
        yield Network("127.0.0.1")
        return
    try:
        yield Network(f"{part}.1", mark)
    finally:
        _remove(mark, range(machines))


def _make(mark: str, part: str, places: Sequence[int]) -> None:
    bridge = f"{mark}b"
    _ip("link", "add", bridge, "type", "bridge")
    _ip("addr", "add", f"{part}.1/24", "dev", bridge)
    _ip("link", "set", bridge, "up")
    for place in places:
        space, here, there = f"{mark}{place}", f"{mark}h{place}", f"{mark}m{place}"
        _ip("netns", "add", space)
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
        _ip("link", "set", here, "master", bridge, "up")
        _ip("-n", space, "addr", "add", f"{part}.{place + 2}/24", "dev", there)
        _ip("-n", space, "link", "set", there, "up")
        _ip("-n", space, "link", "set", "lo", "up")


def _remove(mark: str, places: Sequence[int]) -> None:
    gone = [("netns", "del", f"{mark}{place}") for place in places]
    for words in [*gone, ("link", "del", f"{mark}b")]:
        subprocess.run(["ip", *words], check=False, capture_output=True)
