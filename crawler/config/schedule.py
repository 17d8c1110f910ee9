"""The table [schedule] of the configuration, and the cadence that results for a section. Pure."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from crawler.outlets.cadence import Cadence, Table, check_floor
from crawler.outlets.cron import cron_trigger
from crawler.outlets.model import Outlet, explain
from crawler.outlets.parts import Slug
from storage.errors import ConfigError, UnknownOutletError


class OutletSchedule(Table):
    """This deployment's changes to an outlet's file.

    sections: cadences by the section's slug. pause: no scheduled crawls. tags: besides those in
    the file.
    """

    cadence: Cadence = Cadence()
    sections: dict[str, Cadence] = Field(default_factory=dict)
    pause: bool = False
    tags: tuple[Slug, ...] = ()


class Schedule(Table):
    """The settings of `tinquan schedule`.

    jobs: the most crawls at the same time on this machine; jobs_in_all: on all machines that share
    the archive, 0 for no limit but each machine's own.
    cadence: of all outlets whose files give no other. outlets: by slug.
    recheck_minutes: how often to look for articles that are due for a recheck; recheck_limit: how
    many to recheck at once for an outlet, 0 for none.
    prune, backup: cron lines, "" for never. backups: folder, relative to the configuration's root;
    best on another disk. log_days: how long crawls' logs are kept.
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
    """Raise ConfigError for an unknown outlet (UnknownOutletError), section, or bad cron line."""
    for slug, override in schedule.outlets.items():
        if slug not in outlets:
            known = ", ".join(outlets) or "none"
            raise UnknownOutletError(
                f"{file}: schedule.outlets.{slug}: no such outlet; there are: {known}"
            )
        for section in override.sections:
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
    """Return an outlet's tags: those of its file, and those of this deployment."""
    override = schedule.outlets.get(outlet.slug, OutletSchedule())
    return frozenset(outlet.tags + override.tags)


def cadences(outlet: Outlet, schedule: Schedule, file: str) -> dict[str, Cadence]:
    """Return the cadence of each section that is crawled by default.

    The configuration's cadence for an outlet takes precedence over the outlet's file, and that
    over the configuration's cadence for all. Raises ConfigError that names file and key.
    """
    override = schedule.outlets.get(outlet.slug, OutletSchedule())
    by_section = {}
    for section in outlet.sections:
        if not (section.crawl or section.slug in override.sections):
            continue
        own = override.sections.get(section.slug)
        try:
            cadence = schedule.cadence.with_(outlet.cadence, section.cadence, override.cadence, own)
            check_floor(cadence, outlet.floor)
        except ValidationError as error:
            raise ConfigError(_message(file, outlet, section.slug, explain(error))) from None
        except ValueError as error:
            raise ConfigError(_message(file, outlet, section.slug, str(error))) from None
        by_section[section.slug] = cadence
    return by_section


def _message(file: str, outlet: Outlet, section: str, error: str) -> str:
    return (
        f"{file}: cadence of {outlet.slug}, section {section} ([schedule] and the outlet's own"
        f" file): {error}"
    )
