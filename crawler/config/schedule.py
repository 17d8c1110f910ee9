"""The table [schedule] of the configuration, and each section's cadence from all files. Pure."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from crawler.outlets.cadence import Cadence, Table, check_floor
from crawler.outlets.cron import cron_trigger
from crawler.outlets.model import Outlet, explain
from crawler.outlets.parts import Slug
from storage.errors import ConfigError, UnknownOutletError


class OutletSchedule(Table):
    """What this deployment wants otherwise than an outlet's file says.

    sections: a cadence by the section's slug. pause: no scheduled crawls, until further notice.
    tags: beside those that the file gives.
    """

    cadence: Cadence = Cadence()
    sections: dict[str, Cadence] = Field(default_factory=dict)
    pause: bool = False
    tags: tuple[Slug, ...] = ()


class Schedule(Table):
    """What `tinquan schedule` does.

    jobs: crawls at the same time, of this machine; jobs_in_all: of all machines that share the
    archive, 0 for no limit but each machine's own.
    cadence: of all outlets whose files say nothing else.
    outlets: by slug. recheck_minutes: how often it is seen whether articles are due to be looked
    at again; recheck_limit: how many at once, an outlet; 0 turns rechecks off.
    prune, backup: cron lines, "" for never. backups: folder, taken from the configuration's root;
    best on another disk. log_days: how long logs of crawls are kept.
    """

    jobs: int = Field(4, ge=1, le=64)
    jobs_in_all: int = Field(0, ge=0, le=1000)
    cadence: Cadence = Cadence()
    outlets: dict[str, OutletSchedule] = Field(default_factory=dict)
    recheck_minutes: int = Field(30, ge=5, le=24 * 60)
    recheck_limit: int = Field(60, ge=0, le=1000)
    prune: str = "40 2 * * *"
    backup: str = "20 3 * * *"
    backups: Path = Path("backups")
    backups_kept: int = Field(7, ge=1)
    log_days: int = Field(30, ge=1)


def check_schedule(schedule: Schedule, outlets: Mapping[str, Outlet], file: str) -> None:
    """Raise ConfigError (UnknownOutletError) for what names no outlet, no section or no time."""
    for slug, wanted in schedule.outlets.items():
        if slug not in outlets:
            known = ", ".join(outlets) or "none"
            raise UnknownOutletError(
                f"{file}: schedule.outlets.{slug}: no such outlet; there are: {known}"
            )
        for section in wanted.sections:
            try:
                outlets[slug].section(section)
            except ConfigError as error:
                raise ConfigError(f"{file}: schedule.outlets.{slug}.sections: {error}") from None
    for key, line in (("prune", schedule.prune), ("backup", schedule.backup)):
        try:
            if line:
                Cadence(cron=line)
                cron_trigger(line)
        except ValidationError as error:
            raise ConfigError(f"{file}: schedule.{key}: {explain(error)}") from None


def tags_of(outlet: Outlet, schedule: Schedule) -> frozenset[str]:
    """Return an outlet's tags: those of its file, and those that this deployment gives it."""
    wanted = schedule.outlets.get(outlet.slug, OutletSchedule())
    return frozenset(outlet.tags + wanted.tags)


def cadences(outlet: Outlet, schedule: Schedule, file: str) -> dict[str, Cadence]:
    """Return the cadence of each section that is crawled without being named.

    The configuration's word on an outlet comes before the outlet's file, that before the
    configuration's word on all. Raises ConfigError that names file and key.
    """
    wanted = schedule.outlets.get(outlet.slug, OutletSchedule())
    found = {}
    for section in outlet.sections:
        if not (section.crawl or section.slug in wanted.sections):
            continue
        nearer = wanted.sections.get(section.slug)
        try:
            cadence = schedule.cadence.with_(
                outlet.cadence, section.cadence, wanted.cadence, nearer
            )
            check_floor(cadence, outlet.floor)
        except ValidationError as error:
            raise ConfigError(_at(file, outlet, section.slug, explain(error))) from None
        except ValueError as error:
            raise ConfigError(_at(file, outlet, section.slug, str(error))) from None
        found[section.slug] = cadence
    return found


def _at(file: str, outlet: Outlet, section: str, what: str) -> str:
    return (
        f"{file}: cadence of {outlet.slug}, section {section} ([schedule] and the outlet's own"
        f" file): {what}"
    )
