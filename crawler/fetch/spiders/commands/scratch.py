"""Commands that only look: they work in a folder of their own, which is gone when they end."""

import atexit
from tempfile import TemporaryDirectory

from scrapy.settings import BaseSettings


def use_scratch_archive(settings: BaseSettings) -> None:
    """Let a spider run without the archive: nothing that it does is kept."""
    folder = TemporaryDirectory(prefix="tinquan-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    settings.set("TINQUAN_ARCHIVE", f"sqlite:///{folder.name}/tinquan.db", priority="cmdline")
    settings.set("TINQUAN_CAPTURES", folder.name, priority="cmdline")
