"""Which article is a copy of which, within one round of assigning them; written at its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles
from storage.sql.schema.types import in_parts

_ROWS = sa.select(
    articles.c.id, articles.c.sort_at, articles.c.url, copies.c.source, copies.c.similarity
).select_from(articles.outerjoin(copies, copies.c.article == articles.c.id))

Moment = tuple[datetime, str, int]
"""An article's sort key in order of publication; URL and id only break ties."""

ParentLink = tuple[int, float]
"""The source that an article is a copy of, and their similarity."""


@dataclass
class Parents:
    """Articles' parents, read as they are asked for. moments: when articles were published."""

    conn: Connection
    moments: dict[int, Moment] = field(default_factory=dict)
    _links: dict[int, ParentLink | None] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    def load(self, ids: set[int]) -> None:
        """Read when articles were published, and their parents."""
        for row in rows_at(self.conn, _ROWS, articles.c.id, ids - self._links.keys()):
            self._links[row.id] = (row.source, row.similarity) if row.source else None
            if row.sort_at is not None:
                self.moments[row.id] = (row.sort_at, row.url, row.id)

    def get(self, id_: int) -> ParentLink | None:
        """Return an article's parent, if it has one and is loaded."""
        return self._links.get(id_)

    def replace(self, id_: int, parent: ParentLink | None) -> None:
        """Give an article another parent, or none."""
        if self._links.get(id_) != parent:
            self._changed.add(id_)
        self._links[id_] = parent

    def source(self, id_: int) -> int:
        """Return the root of an article's parents: itself where it has none."""
        return [id_, *self.chain(id_)][-1]

    def chain(self, id_: int) -> Iterator[int]:
        """Yield an article's parent, that one's, and so on: within a round there are chains."""
        passed = {id_}
        while True:
            if id_ not in self._links:  # chains grow beyond what was looked up
                self.load({id_})
            parent = self._links.get(id_)
            if parent is None:
                return
            id_ = parent[0]
            if id_ in passed:  # an error rolls back; a loop would keep all other writers waiting
                raise AssertionError(f"article {id_} is its own ancestor")
            passed.add(id_)
            yield id_

    def copies_of(self, id_: int) -> set[int]:
        """Return the copies of an article, also of one that is a copy itself by now."""
        stored = sa.select(copies.c.article).where(copies.c.source == id_)
        every = set(self.conn.execute(stored).scalars()) - self._links.keys()
        return every | {one for one, parent in self._links.items() if parent and parent[0] == id_}

    def write(self) -> None:
        """Write what has changed."""
        if not self._changed:
            return
        for part in in_parts(sorted(self._changed)):
            self.conn.execute(sa.delete(copies).where(copies.c.article.in_(part)))
        rows = [
            {"article": id_, "source": parent[0], "similarity": parent[1]}
            for id_ in sorted(self._changed)
            if (parent := self._links[id_]) is not None
        ]
        insert(self.conn, copies, rows)
