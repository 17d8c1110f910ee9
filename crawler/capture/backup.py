"""Backups of the database and the captures folder, each one complete in a folder of its own.

FOLDER/2026-03-01T080000Z/tinquan.db      the database, as a SQLite archive
                          captures/…      the WARC files; those that the previous backup has
                                          too are hard links to the same bytes
                          manifest.json   the list of contents; written last
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import Timeout

from crawler.capture.files import warc_paths
from crawler.capture.private import locked, make_folder, open_private
from storage.archive import backup_database
from storage.errors import CaptureError
from storage.files import sync
from storage.model.maintenance import DatabaseBackup

MANIFEST = "manifest.json"
DATABASE = "tinquan.db"
CAPTURES = "captures"
_NAME = "%Y-%m-%dT%H%M%SZ"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backup:
    """A new backup. Sizes in bytes.

    tables: the number of rows of each. files, linked: the numbers of WARC files in it, and of
    those shared with the previous backup. faults: where files and rows do not agree. elsewhere:
    WARC files outside the captures folder, which are left out. stored: the number of files that
    only the object store has. removed: older backups that were deleted.
    """

    folder: Path
    tables: Mapping[str, int]
    files: int
    linked: int
    copied_bytes: int
    faults: tuple[str, ...]
    elsewhere: tuple[str, ...]
    stored: int
    removed: tuple[Path, ...]


@dataclass(slots=True)
class _Copied:
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    linked: int = 0
    copied_bytes: int = 0


def back_up(archive: str, captures: Path, folder: Path, keep: int, now: datetime) -> Backup:
    """Make a backup below `folder`, which is made if missing, and keep the newest `keep`.

    A kill leaves no incomplete backup under a backup's name. Raises CaptureError (no space, no
    permission, another backup is running), ArchiveError.
    """
    with _exclusive(folder), _clean_up(folder):
        _remove_partial(folder)
        earlier = backups(folder)
        backup = _free_name(folder, now)
        part = folder / f".{backup.name}.part"
        make_folder(part)
        database = backup_database(archive, part / DATABASE)
        copied = _copy_files(captures, part, earlier[-1] if earlier else None)
        faults, elsewhere = _compare(database, copied)
        _finish(part, backup, database, copied)
        removed = tuple(earlier[: max(0, len(earlier) + 1 - keep)])
        for old in removed:
            shutil.rmtree(old)
    return Backup(
        folder=backup,
        tables=database.tables,
        files=len(copied.files),
        linked=copied.linked,
        copied_bytes=copied.copied_bytes,
        faults=tuple(faults),
        elsewhere=tuple(elsewhere),
        stored=len(database.stored.difference(copied.files)),
        removed=removed,
    )


def _free_name(folder: Path, now: datetime) -> Path:
    """Return a name that no backup has: of this second, or of the next free one."""
    backup = folder / f"{now.astimezone(UTC):{_NAME}}"
    return _free_name(folder, now + timedelta(seconds=1)) if backup.exists() else backup


def backups(folder: Path) -> list[Path]:
    """Return the complete backups below a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"[0-9]*/{MANIFEST}"))


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    try:
        with locked(folder / ".lock", 0):
            yield
    except Timeout:
        raise CaptureError(f"{folder}: another backup is running there; wait for its end") from None
    except OSError as error:
        raise CaptureError(
            f"{folder}: cannot be written: {error.strerror}; name a folder for backups"
        ) from None


@contextmanager
def _clean_up(folder: Path) -> Iterator[None]:
    """Remove the partial backup after an error; raise an OSError as a CaptureError."""
    try:
        yield
    except OSError as error:
        _remove_partial(folder)
        raise CaptureError(
            f"{error.filename or folder}: no backup was made: {error.strerror or error}"
        ) from None
    except BaseException:
        _remove_partial(folder)
        raise


def _remove_partial(folder: Path) -> None:
    for part in folder.glob(".*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _copy_files(captures: Path, part: Path, previous: Path | None) -> _Copied:
    known: dict[str, dict[str, Any]] = {}
    if previous is not None:
        known = json.loads((previous / MANIFEST).read_text(encoding="utf-8"))["warc_files"]
    copied = _Copied()
    for path in warc_paths(captures):
        if not path.is_file():  # a local copy that was just deleted, as the object store has it
            continue
        name = path.relative_to(captures).as_posix()
        target = part / CAPTURES / name
        make_folder(target.parent)
        old = known.get(name)
        if previous is not None and old is not None and _is_same(path, old):
            os.link(previous / CAPTURES / name, target)
            copied.files[name] = old
            copied.linked += 1
        else:
            copied.files[name] = _copy(path, target)
            copied.copied_bytes += copied.files[name]["size_bytes"]
    return copied


def _is_same(path: Path, old: Mapping[str, Any]) -> bool:
    status = path.stat()
    return (status.st_size, status.st_mtime_ns) == (old["size_bytes"], old["mtime_ns"])


def _copy(path: Path, target: Path) -> dict[str, Any]:
    """Copy a file up to its present size, as a crawl may still be writing to it."""
    status, sha256, remaining = path.stat(), hashlib.sha256(), path.stat().st_size
    with path.open("rb") as source, open_private(target, "xb") as file:
        while remaining and (data := source.read(min(remaining, _CHUNK))):
            file.write(data)
            sha256.update(data)
            remaining -= len(data)
        file.flush()
        os.fsync(file.fileno())
    return {
        "size_bytes": status.st_size - remaining,
        "mtime_ns": status.st_mtime_ns,
        "sha256": sha256.hexdigest(),
    }


def _compare(database: DatabaseBackup, copied: _Copied) -> tuple[list[str], list[str]]:
    """Return where files lack what rows point to, and the files outside the captures folder."""
    faults, elsewhere = [], []
    for name, offset in sorted(database.records.items()):
        if Path(name).is_absolute():
            elsewhere.append(name)
        elif name not in copied.files:
            if name not in database.stored:
                faults.append(f"{name}: rows point to it, but it does not exist")
        elif copied.files[name]["size_bytes"] <= offset:
            faults.append(f"{name}: is too short for the rows that point into it")
    for name, digest in sorted(database.sha256.items()):
        if name in copied.files and copied.files[name]["sha256"] != digest:
            faults.append(f"{name}: has changed since it was closed")
    return faults, elsewhere


def _finish(part: Path, backup: Path, database: DatabaseBackup, copied: _Copied) -> None:
    manifest = {
        "made_at": backup.name,
        "tables": dict(database.tables),
        "warc_files": copied.files,
    }
    with open_private(part / MANIFEST, "x", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    sync(part / DATABASE)
    part.rename(backup)
    sync(backup.parent)
