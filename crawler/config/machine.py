"""What this machine is called in run rows, locks and alarms."""

import os
import socket

MACHINE_VARIABLE = "TINQUAN_MACHINE"


def machine_name() -> str:
    """Return the name that the environment gives, else the host's.

    Two containers, or two schedules of one machine, need a name each.
    """
    return os.environ.get(MACHINE_VARIABLE) or socket.gethostname()
