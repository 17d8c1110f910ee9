"""The versions of the schema that this code knows."""

from pathlib import Path

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def versions_known() -> list[str]:
    """Return the versions of the schema, oldest first, as their files are numbered.

    Alembic knows them too, but takes a third of a second to import, which every question to an
    archive would pay.
    """
    files = (MIGRATIONS / "versions").glob("v*.py")
    return sorted(path.stem[1:].partition("_")[0] for path in files)
