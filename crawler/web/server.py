"""The worker processes of `tinquan serve`, from their start until a signal stops them."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import active_children, parent_process, resource_tracker
from socket import socket
from threading import Thread

from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors.multiprocess import SIGNALS, Multiprocess

from crawler.config.config import Config as Settings
from crawler.jobs.signals import STOP_SIGNALS
from crawler.web.app import create_app, warm
from crawler.web.reader import open_reader
from storage.errors import TinquanError

_REQUEST_SECONDS = 5  # for requests to be answered when workers are stopped
_STOP_SECONDS = 2 * _REQUEST_SECONDS
_HEALTHCHECK_SECONDS = 60  # a busy machine takes more than uvicorn's 5 to start a worker
_log = logging.getLogger(__name__)


def reader_app(settings: Settings, base_url: str) -> Starlette:
    """Return the reader's app for a worker process.

    An archive that can no longer be opened ends the process with STARTUP_FAILURE.
    """
    try:
        reader = open_reader(settings, base_url)
    except TinquanError as error:
        _log.error("tinquan: %s", error)
        sys.exit(STARTUP_FAILURE)
    warm(reader)
    return create_app(reader, on_stop=reader.archive.close)


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


def run_workers(
    app: Callable[[], Starlette], workers: int, listening: socket, announce: Callable[[], object]
) -> None:
    """Serve until SIGINT or SIGTERM. Raises TinquanError if a worker cannot start.

    app: called in each worker; it can be pickled. announce: called first, when signals are already
    handled.

    uvicorn heeds a signal only after the health check that it waits for, up to a minute, and takes
    the SIGHUP of a terminal that is closed as the request to restart its workers. So these two stop
    it at once, and all others do what they did before.
    """
    before = {number: signal.getsignal(number) for number in map(signal.Signals, SIGNALS)}
    config = Config(
        partial(_worker_app, app),
        factory=True,
        workers=workers,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_REQUEST_SECONDS,
        timeout_worker_healthcheck=_HEALTHCHECK_SECONDS,
    )
    supervisor = _Supervisor(config, sockets=[listening])
    for number, handler in before.items():
        signal.signal(number, _raise_stopped if number in STOP_SIGNALS else handler)
    try:
        announce()
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


def _worker_app(app: Callable[[], Starlette]) -> Starlette:
    """Return the app; stop when the parent is killed: orphans would go on serving the port."""
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=follow, daemon=True).start()
    return app()
