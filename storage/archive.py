"""What the rest of the house may ask of an archive: four small protocols and one opener."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol, Self

from storage.model import (
    ArchivedArticle,
    Article,
    ArticleQuery,
    Capture,
    Refusal,
    Run,
    RunCounts,
    Stored,
    Validator,
)


class Reader(Protocol):
    """Questions that change nothing."""

    def article(self, ref: str) -> ArchivedArticle:
        """Return the article with this short id or URL (any form of the URL that was stored).

        Raises NotFoundError.
        """
        ...

    def articles(self, query: ArticleQuery) -> Iterator[ArchivedArticle]:
        """Yield the articles that match, newest publication first, in constant memory."""
        ...

    def seen(self, outlet: str, urls: list[str]) -> set[str]:
        """Return those canonical URLs that need no request.

        They are the ones with an article or a final refusal in the archive.
        """
        ...

    def refusals(self, outlet: str | None = None) -> Iterator[tuple[Capture, Refusal]]:
        """Yield stored refusals, newest capture first."""
        ...


class Writer(Protocol):
    """The one way in."""

    def store(
        self,
        run_id: str,
        capture: Capture,
        result: Article | Refusal,
        aliases: tuple[str, ...] = (),
    ) -> Stored:
        """Store one capture with what it held, in one transaction, and say what it was.

        aliases: further URLs that led to this page (redirects, AMP); they count as seen too.
        """
        ...


class Operations(Protocol):
    """Rows about the work itself."""

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins. Raises ArchiveError where the id exists."""
        ...

    def update_run(self, run_id: str, counts: RunCounts) -> None:
        """Write a running run's counts (for progress, and for what a kill would lose)."""
        ...

    def finish_run(self, run: Run) -> None:
        """Write how a run ended."""
        ...

    def run(self, run_id: str) -> Run:
        """Return one run. Raises NotFoundError."""
        ...

    def runs(self, outlet: str | None = None, limit: int | None = None) -> list[Run]:
        """Return runs, newest first."""
        ...

    def close_dead_runs(self, is_alive: Callable[[Run], bool], now: datetime) -> list[Run]:
        """Close as DIED every open run of which `is_alive(run)` is false; return them."""
        ...

    def validator(self, url: str) -> Validator | None:
        """Return what the server gave with this listing the last time, if anything."""
        ...

    def save_validator(self, validator: Validator) -> None:
        """Keep a listing's validator; the caller has stored all that it linked to."""
        ...


class Archive(Reader, Writer, Operations, Protocol):
    """An open archive. Use it as a context manager, or call `close`."""

    def __enter__(self) -> Self:
        """Return the archive itself."""
        ...

    def __exit__(self, *exc: object) -> None:
        """Close the archive."""
        ...

    def close(self) -> None:
        """Release the database."""
        ...


def open_archive(url: str, *, create: bool = True) -> Archive:
    """Open the archive at a database URL ("sqlite:///tinquan.db", "postgresql+psycopg://…").

    create: make an empty database's tables; without it an empty or missing one is an error.
    Raises ArchiveError (cannot connect, no rights), SchemaError (newer, older or foreign schema).
    """
    # Inside the function, so that importing this module loads no SQLAlchemy.
    from storage.sql import open_sql_archive  # noqa: PLC0415

    return open_sql_archive(url, create=create)
