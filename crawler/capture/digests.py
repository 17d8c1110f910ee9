"""Payload digests as WARC files give them: sha1 in base 32, in hex, in small letters. Pure."""

import hashlib
from base64 import b32decode, b32encode
from collections.abc import Sequence

_KNOWN = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


def matching_digest(given: str | None, payloads: Sequence[bytes]) -> str | None:
    """Return the digest of a payload, None where it is that of none of `payloads`.

    sha1 comes in base 32 and capitals, in whatever form it is given.

    given: what the record says; one of an algorithm that nobody here knows is taken as it stands.
    payloads: the forms of the payload that it may be of; the first counts where it says nothing.
    """
    algorithm, _, value = (given or "").strip().partition(":")
    name = algorithm.strip().lower().replace("-", "")
    if not value:
        return _written(_digest("sha1", payloads[0]))
    if name not in _KNOWN:
        return given
    wanted = _forms(value.strip())
    digests = (_digest(name, payload) for payload in payloads)
    found = next((digest for digest in digests if digest in wanted), None)
    if found is None:
        return None
    return _written(found) if name == "sha1" else given


def _digest(name: str, payload: bytes) -> bytes:
    return hashlib.new(name, payload, usedforsecurity=False).digest()


def _written(digest: bytes) -> str:
    return f"sha1:{b32encode(digest).decode()}"


def _forms(value: str) -> set[bytes]:
    """Return what a value may stand for: its bytes read as hex, and as base 32."""
    found = set()
    padded = value.upper() + "=" * (-len(value) % 8)
    for read, text in ((bytes.fromhex, value), (b32decode, padded)):
        try:
            found.add(read(text))
        except ValueError:
            continue
    return found
