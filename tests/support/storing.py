"""A process that stores articles: `python -m tests.support.storing URL WRITER COUNT [STATEMENT]`.

It stores COUNT articles of its own and COUNT that all writers share, in batches of one of each,
prints the numbers of committed articles, and kills itself before the STATEMENT-th SQL statement if
one is given.
"""

import os
import signal
import sys
from itertools import count

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import open_archive
from storage.model.articles import Arrival
from tests.support.samples import article, capture, run

SHARED = 1_000_000


def main(url: str, writer: int, number_of_articles: int, fatal: int | None = None) -> None:
    """Store articles, and print each number as soon as its article is committed."""
    with open_archive(url) as archive:
        if fatal is not None:
            kill_before(fatal)
        run_id = f"writer-{writer}-{os.getpid()}"
        archive.runs.start(run(run_id))
        for index in range(number_of_articles):
            both = (writer * 1000 + index, SHARED + index)
            archive.articles.store_many(run_id, [arrival(writer, number) for number in both])
            print(*both, flush=True)  # noqa: T201 - the test reads it


def arrival(writer: int, number: int) -> Arrival:
    """Return an article as captured by a writer."""
    seen = capture(writer, number, record_id=f"{writer} {number}", digest=str(writer))
    return Arrival(seen, article(number, f"sight of writer {writer}"))


def kill_before(fatal: int) -> None:
    """Die as by kill -9 before the `fatal`-th statement from now."""
    statements = count(1)

    def die(*_: object) -> None:
        if next(statements) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die)
    event.listen(Engine, "commit", die)  # before the commit is sent


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
