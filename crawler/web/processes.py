"""The worker processes of `tinquan serve`, from their start until a signal stops them."""

import signal
import time
from multiprocessing import active_children, resource_tracker
from socket import socket

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors.multiprocess import SIGNALS, Multiprocess

from crawler.jobs.signals import STOP_SIGNALS
from storage.errors import TinquanError

_STOP_SECONDS = 10  # uvicorn gives requests 5


class _Stopped(BaseException):
    """SIGINT or SIGTERM was received."""


class _Supervisor(Multiprocess):
    """uvicorn's, which starts workers, replaces those that die or hang, and stops at signals."""

    def init_processes(self) -> None:
        """Start the workers with SIGINT blocked.

        A terminal sends Ctrl-C to workers too: one that is still importing would print a traceback.
        """
        resource_tracker.ensure_running()  # its start would unblock SIGINT
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            super().init_processes()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died or hang.

        Of each one's pipe the worker's end is closed here: held open, a worker that dies during its
        health check would seem to hang.
        """
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()


def run_workers(config: Config, listening: socket) -> None:
    """Serve until SIGINT or SIGTERM. Raises TinquanError if a worker cannot start.

    uvicorn heeds a signal only after the health check that it waits for, up to a minute, and takes
    the SIGHUP of a terminal that is closed as the request to restart its workers. So these two stop
    it at once, and all others do what they did before.
    """
    before = {number: signal.getsignal(number) for number in map(signal.Signals, SIGNALS)}
    supervisor = _Supervisor(config, sockets=[listening])
    for number, handler in before.items():
        signal.signal(number, _raise_stopped if number in STOP_SIGNALS else handler)
    try:
        supervisor.run()
    except _Stopped:
        return
    finally:
        _stop_workers()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise TinquanError("the reader stopped: a worker process could not start")


def _raise_stopped(_number: int, _frame: object) -> None:
    raise _Stopped


def _stop_workers() -> None:
    """Stop all workers; kill those that take longer than `_STOP_SECONDS`."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    workers = active_children()
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for worker in workers:
        worker.join(max(0, deadline - time.monotonic()))
        if worker.is_alive():
            worker.kill()
            worker.join()
