"""A scratch archive for read-only commands, in a temporary folder."""

import atexit
from tempfile import TemporaryDirectory

from scrapy.settings import BaseSettings


def use_scratch_archive(settings: BaseSettings) -> None:
    """Point the settings to an empty archive that is deleted when the process exits."""
    folder = TemporaryDirectory(prefix="tinquan-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    settings.set("TINQUAN_ARCHIVE", f"sqlite:///{folder.name}/tinquan.db", priority="cmdline")
    settings.set("TINQUAN_CAPTURES", folder.name, priority="cmdline")
