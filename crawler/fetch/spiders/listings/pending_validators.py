"""Conditional requests: when a listing's validator may be used, and when it is saved."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from scrapy.http import Headers

from storage.archive import Archive
from storage.model.runs import Validator

_MAX_CLOCK_SKEW = timedelta(minutes=5)  # of another machine


def conditional_headers(validator: Validator | None) -> dict[str, str]:
    """Return the headers that request a page only if it has changed."""
    headers: dict[str, str] = {}
    if validator and validator.etag:
        headers["If-None-Match"] = validator.etag
    if validator and validator.last_modified:
        headers["If-Modified-Since"] = validator.last_modified
    return headers


def digest_of(body: bytes) -> str:
    """Return the SHA-256 of a body: servers without validators send the same bytes again."""
    return hashlib.sha256(body).hexdigest()


def read_validator(
    url: str, headers: Headers, now: datetime, digest: str | None = None
) -> Validator | None:
    """Return the validator for the next, conditional request; None if the server gave none.

    digest: of the body, if it is to be compared too.
    """
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    if not (etag or modified or digest):
        return None
    return Validator(
        url=url,
        etag=etag.decode("latin-1") if etag else None,
        last_modified=modified.decode("latin-1") if modified else None,
        saved_at=now,
        digest=digest,
    )


@dataclass
class _Deferred:
    action: Callable[[], None]
    open_keys: set[str]


@dataclass
class PendingValidators:
    """Keeps a listing's validator back until everything that the listing links to is stored.

    After a kill -9 before that, the listing is requested in full the next time: nothing is lost.
    trust_for: how long a saved validator is used; some outlets change a feed under one ETag.
    """

    archive: Archive
    clock: Callable[[], datetime]
    trust_for: timedelta
    _deferred: list[_Deferred] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)

    def usable(self, url: str) -> Validator | None:
        """Return the saved validator of a URL; None if it is too old, or from the future.

        The latter happens when the clock was set back.
        """
        validator = self.archive.links.validator(url)
        if validator is None:
            return None
        age = self.clock() - validator.saved_at
        return validator if -_MAX_CLOCK_SKEW <= age <= self.trust_for else None

    def open(self, key: str) -> None:
        """Record that an article is requested."""
        self._open.add(key)

    def expect(
        self, url: str, headers: Headers, keys: Iterable[str], digest: str | None = None
    ) -> None:
        """Save a listing's new validator once all `keys` are resolved; never if one fails."""
        validator = read_validator(url, headers, self.clock(), digest)
        if validator is not None:
            self.defer(keys, partial(self.archive.links.save_validators, [validator]))

    def defer(self, keys: Iterable[str], action: Callable[[], None]) -> None:
        """Call `action` once all `keys` are resolved; never if one fails."""
        keys = set(keys)
        if not keys & self._failed:
            self._deferred.append(_Deferred(action, keys & self._open))
            self._flush()

    def resolve(self, key: str, *, is_ok: bool) -> None:
        """Record how an article's request ended. is_ok: stored, or finally refused."""
        self._open.discard(key)
        if not is_ok:
            self._failed.add(key)
            self._deferred = [entry for entry in self._deferred if key not in entry.open_keys]
        for entry in self._deferred:
            entry.open_keys.discard(key)
        self._flush()

    def _flush(self) -> None:
        resolved = [entry for entry in self._deferred if not entry.open_keys]
        self._deferred = [entry for entry in self._deferred if entry.open_keys]
        for entry in resolved:
            entry.action()
