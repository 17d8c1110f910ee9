"""Comparing stored articles: their texts, read once, and the lines that do not count."""

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
"""Articles that make a line common, so that it does not count: a dozen that are no copies."""


class Texts:
    """The texts of articles in one transaction, and comparisons between them.

    at_hand: articles whose newest text the caller has, to spare reading it.
    """

    def __init__(self, conn: Connection, at_hand: Mapping[int, Article]) -> None:
        self._conn = conn
        self._at_hand = at_hand
        self._texts: dict[int, Text] = {}
        self._holders: defaultdict[int, set[int]] = defaultdict(set)  # of each known line
        self._looked_up: set[int] = set()
        self._compared: dict[tuple[int, int], Similarity] = {}
        self._shared: set[tuple[int, int]] = set()  # (line, article), to be written

    def load(self, ids: Iterable[int]) -> None:
        """Read the texts of these articles, and which of their lines are common."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._texts]
        if not wanted:
            return
        found = {id_: self._at_hand[id_] for id_ in wanted if id_ in self._at_hand}
        found |= latest_texts(self._conn, [id_ for id_ in wanted if id_ not in found])
        fresh = {id_: read(article) for id_, article in found.items()}
        self._texts |= fresh
        lines = {line for text in fresh.values() for line in text.lines} - self._looked_up
        self._looked_up |= lines
        for line, article in rows_at(self._conn, _HOLDERS, common_lines.c.line, sorted(lines)):
            self._holders[line].add(article)

    def compare(self, one: int, other: int, *, in_series: bool = False) -> Similarity:
        """Compare two articles that are loaded, and learn from it which lines are common."""
        pair = (min(one, other), max(one, other))
        if not in_series and pair in self._compared:
            return self._compared[pair]
        left, right = self._texts.get(one), self._texts.get(other)
        if left is None or right is None:  # one is just being made one with another article
            return Similarity(Reason.LITTLE, 0.0)
        lines = {*left.lines, *right.lines}
        common = [line for line in lines if len(self._holders.get(line, ())) >= COMMON]
        found = compare(left, right, common, in_series=in_series)
        if not in_series:
            self._compared[pair] = found
        if not found.is_tie:
            for line in shared_lines(left, right).difference(common):
                self._note(line, one)
                self._note(line, other)
        return found

    def size(self, id_: int) -> int:
        """Return how many shingles an article that is loaded has; 1 at least."""
        text = self._texts.get(id_)
        return max(1, len(text.shingles)) if text else 1

    def write_common(self) -> None:
        """Write which lines unlike articles were seen to share."""
        rows = [{"line": line, "article": article} for line, article in sorted(self._shared)]
        insert(self._conn, common_lines, rows)

    def _note(self, line: int, article: int) -> None:
        holders = self._holders[line]
        if article not in holders and len(holders) < COMMON:
            holders.add(article)
            self._shared.add((line, article))


_HOLDERS = sa.select(common_lines)
