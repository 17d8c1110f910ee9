"""`archive.places`: the gazetteer in the archive, and what articles say of its units."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from storage.codec.articles import check_window
from storage.model.articles import Article, ArticleQuery
from storage.model.places import MonthCount, Succession, Tags, Unit
from storage.sql.engine.transactions import Part
from storage.sql.places.gazetteer import (
    gazetteer_version,
    load_gazetteer,
    month_counts,
    place_counts,
    unit_counts,
)
from storage.sql.places.tags import count_untagged, tag, untagged


class Places(Part):
    """The gazetteer's units, and which of them each text mentions and is about."""

    def gazetteer_version(self) -> str | None:
        """Return the version of the gazetteer that was loaded last; None before the first."""
        with self._database.reading() as conn:
            return gazetteer_version(conn)

    def load_gazetteer(
        self, version: str, units: Sequence[Unit], successions: Sequence[Succession]
    ) -> None:
        """Make the gazetteer this one, in one transaction.

        Units that it lacks stay, marked as not current, and with them what is tagged with them.
        Raises ValueError where it is not whole: an id twice, or a unit that it refers to missing.
        """
        with self._database.writing() as conn:
            load_gazetteer(conn, version, units, successions)

    def untagged(self, version: str, limit: int) -> list[tuple[int, Article, datetime]]:
        """Return up to `limit` contents whose tags are missing or of another version.

        Each with its number, to hand to `tag`, and the time of its first capture. What is tagged
        is left out, so asking again goes on where a killed process was; what cannot be tagged
        must be given empty tags with a note, or it is returned again.
        """
        with self._database.reading() as conn:
            return untagged(conn, version, limit)

    def count_untagged(self, version: str) -> int:
        """Return how many contents `untagged` would return without a limit."""
        with self._database.reading() as conn:
            return count_untagged(conn, version)

    def tag(self, tags: Mapping[int, Tags]) -> None:
        """Write the tags of contents, by number, in place of what they had, in one transaction.

        About a thousand at a time are quick and keep no crawl waiting for long. Raises
        NotFoundError for a unit that no gazetteer of this archive had.
        """
        with self._database.writing() as conn:
            tag(conn, tags)

    def counts(self, query: ArticleQuery) -> list[tuple[str, int]]:
        """Return for each unit how many of the matching articles are about it, most first.

        The latest state counts, and `query.limit` does not. An article about two units counts for
        both; with `query.places` the others that those articles are about are counted too.
        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return place_counts(conn, query)

    def unit_counts(self, query: ArticleQuery) -> dict[str, int]:
        """Return how many of the matching articles are about each of the query's places.

        Unlike `counts`, other places do not come into it: the time that it takes is that of the
        window. Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return unit_counts(conn, query)

    def months(self, query: ArticleQuery) -> list[MonthCount]:
        """Return how many of the articles about any of the query's places came out, by month.

        And by outlet; months in order. An article about two of the places counts once. The latest
        state counts, and `query.limit` does not. Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return month_counts(conn, query)
