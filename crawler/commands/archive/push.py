"""`tinquan archive push`: copy closed WARC files to the object store."""

from datetime import UTC, datetime, timedelta

import typer

from crawler.capture.objects.files import CaptureFiles
from crawler.capture.objects.push import Pushed
from crawler.capture.objects.push import push as push_files
from crawler.capture.redact import go_on_with_takedowns
from crawler.commands import options
from crawler.commands.common import complain, outlets_of, print_json, say
from crawler.render.base import counted, size_text
from storage.errors import ConfigError


def push(setup: options.Setup, json: options.Json = False) -> None:
    """Push closed WARC files to the object store that `captures` names; the schedule does so too.

    Local copies are deleted `keep_days` after their push. Exit code 1 if a file could not be
    pushed; the next push tries again.
    """
    settings = setup.load()
    files = CaptureFiles(settings.captures, settings.object_store)
    if not files.url:
        raise ConfigError(
            f"{settings.file or 'tinquan.toml'}: captures: expected an object store to push to,"
            f" such as s3://BUCKET/PREFIX (given: {str(settings.captures)!r})"
        )
    now, keep = datetime.now(UTC), timedelta(days=settings.keep_days)
    with setup.writing() as opened:
        errors = go_on_with_takedowns(opened, files, outlets_of(settings), now)
        done = push_files(opened, files, keep, now)
        done.errors = (*errors, *done.errors)
    if json:
        print_json(_pushed_json(done, files))
    else:
        _print(done, files)
    if done.errors:
        raise typer.Exit(1)


def _pushed_json(done: Pushed, files: CaptureFiles) -> dict[str, object]:
    return {
        "object_store": files.url,
        "files": done.files,
        "bytes": done.size_bytes,
        "removed": done.removed,
        "errors": list(done.errors),
    }


def _print(done: Pushed, files: CaptureFiles) -> None:
    copies = counted(done.removed, "local copy", "local copies")
    pushed = f"{counted(done.files, 'WARC file')} ({size_text(done.size_bytes)})"
    say(f"{files.url}: {pushed} pushed; {copies} removed")
    for error in done.errors:
        complain(error)
