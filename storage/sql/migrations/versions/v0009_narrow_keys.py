"""PostgreSQL: the search's index over rows of its own, which are a hundredth of the strings'.

It keeps for each key the places of rows. In the table of the strings there are five rows a page,
so that nearly every place took three bytes; here there are 150, and their times are read with them.

Revision ID: 0009
"""

from alembic import op

from storage.search.encoding import SEARCH_KEYS_OF

revision = "0009"
down_revision = "0008"

_BEFORE = ("DROP INDEX search_keys_of_stream", "DROP FUNCTION search_keys(text)")
_TABLE = """
CREATE TABLE search_keys (
    article bigint NOT NULL CONSTRAINT pk_search_keys PRIMARY KEY
        CONSTRAINT fk_search_keys_article REFERENCES search (article) ON DELETE CASCADE,
    sort_at timestamptz NOT NULL
)
"""
# Whoever writes a string, a copy among them, has it found: no writer can forget to. A row that
# damage left behind goes first: PostgreSQL would update it without reading its keys again.
_ADD = """
CREATE FUNCTION search_keys_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_keys USING added WHERE search_keys.article = added.article;
    INSERT INTO search_keys (article, sort_at) SELECT article, sort_at FROM added ORDER BY article;
    RETURN NULL;
END
$$
"""
_TRIGGER = """
CREATE TRIGGER search_keys_add AFTER INSERT ON search REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION search_keys_add()
"""
_FILL = "INSERT INTO search_keys (article, sort_at) SELECT article, sort_at FROM search ORDER BY 1"
_GIN = "CREATE INDEX search_keys_of_article ON search_keys USING gin (search_keys_of(article))"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*_BEFORE, _TABLE, SEARCH_KEYS_OF, _ADD, _TRIGGER, _FILL, _GIN):
            op.execute(statement)
