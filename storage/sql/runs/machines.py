"""`archive.machines`: which machines run the schedule, and when each was last seen."""

import json
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from storage.model.schedule import Machine
from storage.sql.engine.connect import lock
from storage.sql.engine.transactions import Part
from storage.sql.schema.runs import machines


class Machines(Part):
    """One row per machine, until `forget` deletes it."""

    def find(self) -> list[Machine]:
        """Return the machines, ordered by name."""
        with self._database.reading() as conn:
            return [
                Machine(**{**row._mapping, "outlets": tuple(json.loads(row.outlets))})
                for row in conn.execute(sa.select(machines).order_by(machines.c.name))
            ]

    def record(self, machine: Machine) -> None:
        """Replace a machine's row."""
        values = {**asdict(machine), "outlets": json.dumps(machine.outlets)}
        with self._database.writing() as conn:
            lock(conn, "machine", machine.name)
            conn.execute(sa.delete(machines).where(machines.c.name == machine.name))
            conn.execute(sa.insert(machines).values(values))

    def forget(self, before: datetime) -> None:
        """Delete the rows of machines last seen before then."""
        with self._database.writing() as conn:
            conn.execute(sa.delete(machines).where(machines.c.heartbeat_at < before))
