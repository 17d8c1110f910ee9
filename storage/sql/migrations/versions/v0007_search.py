"""The search: its lexicon, its strings and its index, filled from what is archived.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID, TIME
from storage.sql.search.rebuild import index_all

revision = "0007"
down_revision = "0006"

_BY_CODE_POINT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
# The terms of search_codes.fts_tokens; where they stand in a text and how often is not asked.
_FTS = """
CREATE VIRTUAL TABLE search_keys
USING fts5(keys, content='', detail=none, columnsize=0, tokenize='ascii')
"""
# The same keys in PostgreSQL's own words, until 0009.
_KEYS = r"""
CREATE FUNCTION search_keys(stream text) RETURNS int4[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS $$
SELECT coalesce(array_agg(f << 8 | v) FILTER (WHERE f > 255), '{}')
    || coalesce(
        array_agg(-1 - ((f * 2654435761 + next * 2246822519) >> 12 & 1048575)::int4)
        FILTER (WHERE f > 255 AND next > 255), '{}')
FROM (
    SELECT f, v, lead(f) OVER (ORDER BY number) AS next FROM (
        SELECT ascii(word) AS f, ascii(substr(word, 2)) AS v, number
        FROM unnest(string_to_array(regexp_replace(stream, '(..)', '\1 ', 'g'), ' '))
        WITH ORDINALITY AS words (word, number)
    ) AS characters
) AS neighbours
$$
"""
_GIN = "CREATE INDEX search_keys_of_stream ON search USING gin (search_keys(stream))"


def upgrade() -> None:
    op.create_table(
        "lexicon",
        sa.Column("word", _BY_CODE_POINT, nullable=False),
        sa.Column("folded", _BY_CODE_POINT, nullable=False),
        sa.Column("family", sa.Integer(), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("word", name="pk_lexicon"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lexicon_folded", "lexicon", ["folded"])
    op.create_index("ix_lexicon_family_variant", "lexicon", ["family", "variant"], unique=True)
    op.create_table(
        "search",
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("sort_at", TIME, nullable=False),
        sa.Column("stream", _BY_CODE_POINT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_search_article"),
        sa.PrimaryKeyConstraint("article", name="pk_search"),
    )
    op.create_index("ix_search_sort_at_article", "search", ["sort_at", "article"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        op.execute(_FTS)
    else:
        op.execute(_KEYS)
        # A row stays in its page as it is: moved out or compressed, ranking would wait for it.
        op.execute("ALTER TABLE search SET (toast_tuple_target = 8160)")
    index_all(op.get_bind())
    if not on_sqlite:
        op.execute(_GIN)
