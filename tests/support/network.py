"""Machines in separate network namespaces, joined by a bridge.

This needs root and Linux's `ip`. Elsewhere all machines share the loopback of this one, and no link
can be cut.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """A network of machines, which are numbered from 0.

    address: of this machine, where servers listen. mark: the prefix of namespaces and links, empty
    where there are none.
    """

    address: str
    mark: str = ""

    @property
    def is_real(self) -> bool:
        """True where each machine has its own namespace and link."""
        return bool(self.mark)

    def inside(self, place: int) -> list[str]:
        """Return the arguments to prepend to a command to run it on a machine."""
        return ["ip", "netns", "exec", f"{self.mark}{place}"] if self.is_real else []

    @contextmanager
    def cut(self, place: int) -> Iterator[None]:
        """Cut a machine's link in the block: packets are dropped both ways, without an error."""
        link = f"{self.mark}h{place}"
        _ip("link", "set", link, "down")
        try:
            yield
        finally:
            _ip("link", "set", link, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def network(machines: int) -> Iterator[Network]:
    """Yield a network of `machines` machines."""
    number = os.getpid()
    mark, part = f"tq{number}n", f"10.{100 + number % 100}.{number // 100 % 250}"
    try:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise PermissionError
        _make(mark, part, range(machines))
    except (OSError, subprocess.CalledProcessError):  # as in a container without the capability
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
        namespace, host_end, own_end = f"{mark}{place}", f"{mark}h{place}", f"{mark}m{place}"
        _ip("netns", "add", namespace)
        _ip("link", "add", host_end, "type", "veth", "peer", "name", own_end, "netns", namespace)
        _ip("link", "set", host_end, "master", bridge, "up")
        _ip("-n", namespace, "addr", "add", f"{part}.{place + 2}/24", "dev", own_end)
        _ip("-n", namespace, "link", "set", own_end, "up")
        _ip("-n", namespace, "link", "set", "lo", "up")


def _remove(mark: str, places: Sequence[int]) -> None:
    namespaces = [("netns", "del", f"{mark}{place}") for place in places]
    for words in [*namespaces, ("link", "del", f"{mark}b")]:
        subprocess.run(["ip", *words], check=False, capture_output=True)
