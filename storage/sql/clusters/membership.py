"""The clusters of articles during one round of assignment; written at its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.similarity import Reason
from storage.sql.clusters.compare import Texts
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles
from storage.sql.schema.types import in_parts

Moment = tuple[datetime, str, int]
"""An article's sort key in order of publication; URL and id only break ties."""


@dataclass
class Membership:
    """The clusters of articles, loaded on demand; a cluster's source is its earliest article.

    moments: when articles were published; an article without a revision has none.
    """

    conn: Connection
    moments: dict[int, Moment] = field(default_factory=dict)
    _sources: dict[int, int] = field(default_factory=dict)
    _stored: dict[int, int] = field(default_factory=dict)  # the sources as stored
    _members: dict[int, set[int]] = field(default_factory=dict)  # by source

    def load(self, ids: Iterable[int]) -> None:
        """Load articles' publication times and sources."""
        for row in rows_at(self.conn, _ROWS, articles.c.id, set(ids) - self._sources.keys()):
            self._sources[row.id] = self._stored[row.id] = row.source or row.id
            if row.sort_at is not None:
                self.moments[row.id] = (row.sort_at, row.url, row.id)

    def load_alone(self, ids: Iterable[int]) -> None:
        """Load the publication times of articles that are in no cluster."""
        self.load(ids)
        self._members |= {id_: {id_} for id_ in ids}

    def source(self, id_: int) -> int:
        """Return the source of a loaded article's cluster."""
        return self._sources.get(id_, id_)

    def members(self, source: int) -> set[int]:
        """Return all articles of a source's cluster, including the source."""
        if source not in self._members:
            stored = self.conn.execute(_COPIES, {"source": source}).scalars().all()
            self.load((source, *stored))
            # The stored rows are still valid: a cluster that changed in this round is loaded whole.
            # A wrong row (see `archive check`) may name an article without a revision.
            self._members[source] = {id_ for id_ in (source, *stored) if id_ in self.moments}
        return self._members[source]

    def leave(self, id_: int) -> None:
        """Move an article out of its cluster into one of its own."""
        others = self.members(self.source(id_)) - {id_}
        self._put({id_})
        self._put(others)

    def merge(self, one: int, other: int) -> None:
        """Merge the clusters of two articles."""
        self._put(self.members(self.source(one)) | self.members(self.source(other)))

    def write(self, texts: Texts) -> None:
        """Write the rows that have changed, with each copy's similarity to its source."""
        moved = {id_ for id_, source in self._sources.items() if source != self._stored[id_]}
        if not moved:
            return
        for part in in_parts(sorted(moved)):
            self.conn.execute(sa.delete(copies).where(copies.c.article.in_(part)))
        pairs = [(id_, self._sources[id_]) for id_ in sorted(moved) if self._sources[id_] != id_]
        texts.load(id_ for pair in pairs for id_ in pair)
        insert(self.conn, copies, [_row(texts, *pair) for pair in pairs])

    def _put(self, ids: set[int]) -> None:
        if not ids:
            return
        source = min(ids, key=lambda id_: self.moments[id_])
        for id_ in ids:
            self._sources[id_] = source
        self._members[source] = ids


def _row(texts: Texts, id_: int, source: int) -> dict[str, Any]:
    similar = texts.compare(id_, source)
    is_update = similar.reason not in (Reason.COPY, Reason.LITTLE)
    values = {"similarity": similar.similarity, "is_update": is_update}
    return {"article": id_, "source": source, **values}


_ROWS = sa.select(articles.c.id, articles.c.sort_at, articles.c.url, copies.c.source).select_from(
    articles.outerjoin(copies, copies.c.article == articles.c.id)
)
_COPIES = sa.select(copies.c.article).where(copies.c.source == sa.bindparam("source"))
