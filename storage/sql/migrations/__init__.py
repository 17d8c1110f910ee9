"""Alembic's script folder; `versions` has one file per change of the schema."""
