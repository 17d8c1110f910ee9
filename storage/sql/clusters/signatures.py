"""Load signatures."""

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import unpack
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.clusters import signatures
from storage.sql.schema.types import AnyRow

Hashes = tuple[int, ...]

PER_HASH = 32
"""Articles with a hash that are compared at most: the latest stored."""

SIGNATURES = sa.select(signatures)
_PAGE = 5000


def load_signatures(conn: Connection, ids: Iterable[int]) -> dict[int, Hashes]:
    """Return the signatures of the articles that have one."""
    rows = rows_at(conn, SIGNATURES, signatures.c.article, ids)
    return {row.article: unpack(row.packed) for row in rows}


def signature_pages(conn: Connection) -> Iterator[Sequence[AnyRow]]:
    """Yield all rows of signatures, ordered by article, in pages of some thousand."""
    after = 0
    query = SIGNATURES.order_by(signatures.c.article).limit(_PAGE)
    while page := conn.execute(query.where(signatures.c.article > after)).all():
        yield page
        after = page[-1].article
