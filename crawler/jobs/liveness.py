"""Whether an open run can still be at work."""

import os
import socket
from datetime import datetime, timedelta

from storage.model.runs import Run


def is_alive(run: Run, limit_seconds: int, now: datetime) -> bool:
    """True while an open run may still be at work.

    A run on this machine lives as long as its process; of one on another machine only its age
    can tell. None outlives its time limit by more than an hour, whatever its process id says
    (ids are used again).
    """
    if now - run.started_at > timedelta(seconds=limit_seconds + 3600):
        return False
    if run.host != socket.gethostname() or run.pid is None:
        return True
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        pass
    return True
