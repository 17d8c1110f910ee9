"""Create the first search's tables, as migrations 0007 and 0009 did, in a current archive.

The statements are those that the migrations ran on each database; do not change them. The rows
(numbers for words, strings of them, hashed keys) are invented here.
"""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.engine.views import drop_views
from storage.sql.migrations.versions.v0025_names import COLUMNS

_LEXICON = (
    "CREATE INDEX ix_lexicon_folded ON lexicon (folded)",
    "CREATE UNIQUE INDEX ix_lexicon_family_variant ON lexicon (family, variant)",
)
_SEARCH = ("CREATE INDEX ix_search_sort_at_article ON search (sort_at, article)",)
_SQLITE = (
    """
CREATE TABLE lexicon (
    word TEXT NOT NULL,
    folded TEXT NOT NULL,
    family INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    shown TEXT,
    CONSTRAINT pk_lexicon PRIMARY KEY (word)
) WITHOUT ROWID
""",
    *_LEXICON,
    """
CREATE TABLE search (
    article INTEGER NOT NULL,
    sort_at TEXT NOT NULL,
    stream TEXT NOT NULL,
    CONSTRAINT pk_search PRIMARY KEY (article),
    CONSTRAINT fk_search_article FOREIGN KEY(article) REFERENCES articles (id)
)
""",
    *_SEARCH,
    """
CREATE VIRTUAL TABLE search_keys
USING fts5(keys, content='', detail=none, columnsize=0, tokenize='ascii')
""",
)
_POSTGRESQL = (
    """
CREATE TABLE lexicon (
    word TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    family INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    shown TEXT,
    CONSTRAINT pk_lexicon PRIMARY KEY (word)
)
""",
    *_LEXICON,
    """
CREATE TABLE search (
    article BIGINT NOT NULL,
    sort_at TIMESTAMP WITH TIME ZONE NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_search PRIMARY KEY (article),
    CONSTRAINT fk_search_article FOREIGN KEY(article) REFERENCES articles (id)
)
""",
    *_SEARCH,
    "ALTER TABLE search SET (toast_tuple_target = 8160)",
    """
CREATE TABLE search_keys (
    article bigint NOT NULL CONSTRAINT pk_search_keys PRIMARY KEY
        CONSTRAINT fk_search_keys_article REFERENCES search (article) ON DELETE CASCADE,
    sort_at timestamptz NOT NULL
)
""",
    r"""
CREATE FUNCTION search_keys_of(id bigint) RETURNS int4[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 SET search_path FROM CURRENT AS $$
SELECT coalesce(array_agg(f << 8 | v) FILTER (WHERE f > 255), '{}')
    || coalesce(
        array_agg(-1 - (((f * 2654435761 + next * 2246822519) >> 12 & 1048575) >> 4)::int4)
        FILTER (WHERE f > 255 AND next > 255), '{}')
FROM (
    SELECT f, v, lead(f) OVER (ORDER BY number) AS next FROM (
        SELECT ascii(word) AS f, ascii(substr(word, 2)) AS v, number
        FROM search,
            unnest(string_to_array(regexp_replace(stream, '(..)', '\1 ', 'g'), ' '))
            WITH ORDINALITY AS words (word, number)
        WHERE article = id
    ) AS characters
) AS neighbours
$$
""",
    """
CREATE FUNCTION search_keys_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_keys USING added WHERE search_keys.article = added.article;
    INSERT INTO search_keys (article, sort_at) SELECT article, sort_at FROM added ORDER BY article;
    RETURN NULL;
END
$$
""",
    """
CREATE TRIGGER search_keys_add AFTER INSERT ON search REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION search_keys_add()
""",
    "CREATE INDEX search_keys_of_article ON search_keys USING gin (search_keys_of(article))",
)
_WORDS = "INSERT INTO lexicon VALUES ('chợ', 'cho', 0, 0, NULL), ('đêm', 'dem', 1, 0, NULL)"
_STRINGS = """
INSERT INTO search (article, sort_at, stream)
SELECT id, sort_at, '\u01000\u01010' FROM articles WHERE sort_at IS NOT NULL
"""
_KEYS = "INSERT INTO search_keys (rowid, keys) SELECT article, '\u01000 \u01010' FROM search"
_TODAYS = {"sqlite": ("search_terms", "search_index"), "postgresql": ()}


_SINCE = (
    *(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}" for table, old, new in COLUMNS),
    *(f"DROP TABLE {table}" for table in ("deliveries", "digests", "watches")),
    "ALTER TABLE article_places DROP COLUMN confidence",
    "ALTER TABLE scores DROP COLUMN confidence",
    "ALTER TABLE scores ADD COLUMN is_primary BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE units DROP COLUMN gone_by",
    "DROP INDEX ix_links_outlet_url_key",
    "ALTER TABLE refusals DROP COLUMN final",
    "DROP INDEX ix_runs_open",
    "DROP TABLE machines",
    "DROP TABLE maintenance_runs",
    """
CREATE TABLE chores (
    name TEXT NOT NULL CONSTRAINT pk_chores PRIMARY KEY,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    exit_code INTEGER,
    said TEXT,
    pid BIGINT,
    host TEXT
)
""",
    "DROP INDEX ix_refused_urls_open",
    "ALTER TABLE refused_urls DROP COLUMN open",
    "ALTER TABLE validators DROP COLUMN digest",
    "DROP INDEX ix_warc_files_unstored",
    "DROP INDEX ix_warc_files_rewritten",
    *(
        f"ALTER TABLE warc_files DROP COLUMN {column}"
        for column in ("stored_at", "rewritten_at", "push_error")
    ),
)
"""What undoes the migrations after 0010."""


def make_first_search(conn: Connection) -> None:
    """Replace the current search tables by those of the first search: schema 0009."""
    name = conn.dialect.name
    drop_views(conn)
    for statement in _SINCE:
        conn.exec_driver_sql(statement)
    for table in (*_TODAYS[name], "search_documents"):
        conn.exec_driver_sql(f"DROP TABLE {table}")
    for statement in _SQLITE if name == "sqlite" else _POSTGRESQL:
        conn.exec_driver_sql(statement)
    for statement in (_WORDS, _STRINGS, *((_KEYS,) if name == "sqlite" else ())):
        conn.exec_driver_sql(statement)
    conn.execute(sa.text("UPDATE alembic_version SET version_num = '0009'"))


def left_of_first_search(conn: Connection) -> set[str]:
    """Return those of the first search's tables and functions that exist."""
    found = {name for name in sa.inspect(conn).get_table_names() if name.startswith("search_keys")}
    found |= {"lexicon", "search"} & set(sa.inspect(conn).get_table_names())
    if conn.dialect.name == "postgresql":
        functions = "SELECT proname FROM pg_proc WHERE proname LIKE 'search#_keys%%' ESCAPE '#'"
        found |= set(conn.exec_driver_sql(functions).scalars())
    return found
