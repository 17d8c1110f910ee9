"""Compare stored articles: read each text once, and ignore lines that are common."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.similarity import Reason, Similarity, Text, compare, read, shared_lines
from storage.model.articles import Article
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.read.latest import latest_texts
from storage.sql.schema.clusters import common_lines

COMMON = 12
"""Articles, not copies of each other, that make a line common; common lines are not compared."""


class Texts:
    """The texts of articles in one transaction, and comparisons between them.

    loaded: articles whose newest text the caller has already.
    """

    def __init__(self, conn: Connection, loaded: Mapping[int, Article]) -> None:
        self._conn = conn
        self._loaded = loaded
        self._texts: dict[int, Text] = {}
        self._holders: defaultdict[int, set[int]] = defaultdict(set)  # articles, by line
        self._looked_up: set[int] = set()  # lines whose holders are loaded
        self._compared: dict[tuple[int, int], Similarity] = {}
        self._shared: set[tuple[int, int]] = set()  # (line, article), to be written

    def load(self, ids: Iterable[int]) -> None:
        """Load the texts of these articles, and the articles known to share their lines."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._texts]
        if not wanted:
            return
        found = {id_: self._loaded[id_] for id_ in wanted if id_ in self._loaded}
        found |= latest_texts(self._conn, [id_ for id_ in wanted if id_ not in found])
        fresh = {id_: read(article) for id_, article in found.items()}
        self._texts |= fresh
        lines = {line for text in fresh.values() for line in text.lines} - self._looked_up
        self._looked_up |= lines
        for line, article in rows_at(self._conn, _HOLDERS, common_lines.c.line, sorted(lines)):
            self._holders[line].add(article)

    def compare(self, one: int, other: int, *, in_series: bool = False) -> Similarity:
        """Compare two loaded articles; count the lines that they share if they are no copies."""
        pair = (min(one, other), max(one, other))
        if not in_series and pair in self._compared:
            return self._compared[pair]
        left, right = self._texts.get(one), self._texts.get(other)
        if left is None or right is None:  # one is being merged into another article
            return Similarity(Reason.LITTLE, 0.0)
        lines = {*left.lines, *right.lines}
        common = [line for line in lines if len(self._holders.get(line, ())) >= COMMON]
        found = compare(left, right, common, in_series=in_series)
        if not in_series:
            self._compared[pair] = found
        if not found.is_tie:
            for line in shared_lines(left, right).difference(common):
                self._add_holder(line, one)
                self._add_holder(line, other)
        return found

    def size(self, id_: int) -> int:
        """Return the number of a loaded article's shingles, at least 1."""
        text = self._texts.get(id_)
        return max(1, len(text.shingles)) if text else 1

    def write_common(self) -> None:
        """Write the lines that articles share without being copies of each other."""
        rows = [{"line": line, "article": article} for line, article in sorted(self._shared)]
        insert(self._conn, common_lines, rows)

    def _add_holder(self, line: int, article: int) -> None:
        holders = self._holders[line]
        if article not in holders and len(holders) < COMMON:
            holders.add(article)
            self._shared.add((line, article))


_HOLDERS = sa.select(common_lines)
