"""Payload digests in the forms that WARC files use: base 32 or hex, in either case. Pure."""

import hashlib
from base64 import b32decode, b32encode
from collections.abc import Sequence

_KNOWN = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


def matching_digest(given: str | None, payloads: Sequence[bytes]) -> str | None:
    """Return a payload's digest, None if the given one matches none of `payloads`.

    SHA-1 is returned in upper-case base 32, whatever the given form.

    given: the record's digest; one of an unknown algorithm is returned as it is.
    payloads: the forms of the payload that it may be of; the first is used if there is none given.
    """
    algorithm, _, value = (given or "").strip().partition(":")
    name = algorithm.strip().lower().replace("-", "")
    if not value:
        return _sha1_text(_digest("sha1", payloads[0]))
    if name not in _KNOWN:
        return given
    expected = _parse(value.strip())
    digests = (_digest(name, payload) for payload in payloads)
    match = next((digest for digest in digests if digest in expected), None)
    if match is None:
        return None
    return _sha1_text(match) if name == "sha1" else given


def _digest(name: str, payload: bytes) -> bytes:
    return hashlib.new(name, payload, usedforsecurity=False).digest()


def _sha1_text(digest: bytes) -> str:
    return f"sha1:{b32encode(digest).decode()}"


def _parse(value: str) -> set[bytes]:
    """Return the bytes that a value encodes, read as hex and as base 32."""
    digests = set()
    padded = value.upper() + "=" * (-len(value) % 8)
    for parse, text in ((bytes.fromhex, value), (b32decode, padded)):
        try:
            digests.add(parse(text))
        except ValueError:
            continue
    return digests
