"""The schema versions that this code knows."""

from pathlib import Path

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def versions_known() -> list[str]:
    """Return the schema versions, oldest first, from the names of the migration files.

    Alembic knows them too, but takes a third of a second to import, which every command that
    opens an archive would pay.
    """
    files = (MIGRATIONS / "versions").glob("v*.py")
    return sorted(path.stem[1:].partition("_")[0] for path in files)
