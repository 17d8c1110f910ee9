"""Conditional requests: when a listing's validator may be used, and when it may be saved."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from scrapy.http import Headers

from storage.archive import Archive
from storage.model.runs import Validator

_AHEAD = timedelta(minutes=5)  # of this clock, another machine's may be


def conditional_headers(validator: Validator | None) -> dict[str, str]:
    """Return the headers that ask for a listing only if it has changed."""
    headers: dict[str, str] = {}
    if validator and validator.etag:
        headers["If-None-Match"] = validator.etag
    if validator and validator.last_modified:
        headers["If-Modified-Since"] = validator.last_modified
    return headers


def digest_of(body: bytes) -> str:
    """Return what tells a body from another: servers that give no validator send the same again."""
    return hashlib.sha256(body).hexdigest()


def read_validator(
    url: str, headers: Headers, now: datetime, digest: str | None = None
) -> Validator | None:
    """Return what a server gave to ask conditionally the next time, if anything.

    digest: of the body, where that is to be compared too.
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
    """Keeps a listing's validator back until everything that the listing linked to is stored.

    kill -9 before that, and the listing is asked in full the next time: nothing is lost.
    trust_for: how long a saved validator is used; some outlets change a feed under one ETag.
    """

    archive: Archive
    clock: Callable[[], datetime]
    trust_for: timedelta
    _deferred: list[_Deferred] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)

    def usable(self, url: str) -> Validator | None:
        """Return the saved validator of a listing, unless it is too old, or not saved yet by a
        clock that was set back.
        """
        validator = self.archive.links.validator(url)
        if validator is None:
            return None
        age = self.clock() - validator.saved_at
        return validator if -_AHEAD <= age <= self.trust_for else None

    def opens(self, key: str) -> None:
        """Note that an article is asked for."""
        self._open.add(key)

    def expect(
        self, url: str, headers: Headers, keys: Iterable[str], digest: str | None = None
    ) -> None:
        """Save a listing's new validator once all `keys` are resolved well; never if one fails."""
        validator = read_validator(url, headers, self.clock(), digest)
        if validator is not None:
            self.defer(keys, partial(self.archive.links.save_validators, [validator]))

    def defer(self, keys: Iterable[str], action: Callable[[], None]) -> None:
        """Call `action` once all `keys` are resolved well; never if one fails."""
        keys = set(keys)
        if not keys & self._failed:
            self._deferred.append(_Deferred(action, keys & self._open))
            self._flush()

    def resolve(self, key: str, *, well: bool) -> None:
        """Note how an article ended: stored or finally refused (well), or not."""
        self._open.discard(key)
        if not well:
            self._failed.add(key)
            self._deferred = [one for one in self._deferred if key not in one.open_keys]
        for one in self._deferred:
            one.open_keys.discard(key)
        self._flush()

    def _flush(self) -> None:
        due = [one for one in self._deferred if not one.open_keys]
        self._deferred = [one for one in self._deferred if one.open_keys]
        for one in due:
            one.action()
