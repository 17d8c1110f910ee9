"""Run migrations on the connection that the archive passes, inside its transaction."""

from alembic import context

from storage.sql.schema.core import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
