"""This machine's name in run rows, locks and alarms."""

import os
import socket

MACHINE_VARIABLE = "TINQUAN_MACHINE"


def machine_name() -> str:
    """Return the name in TINQUAN_MACHINE, else the host's.

    Two containers, or two schedules on one machine, need different names.
    """
    return os.environ.get(MACHINE_VARIABLE) or socket.gethostname()
