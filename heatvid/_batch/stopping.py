"""What makes a running job stop: a signal, its batch given up, its cluster's word, no parent."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_given_up: set[str] = set()  # batches of this process whose jobs are to stop


class Stopped(BaseException):
    """The job is not wanted any more; it leaves nothing behind.

    No Exception: nothing on its way may take it for a failure of the job.
    """


class _Process:
    """A worker process, which a signal ends between jobs, and within one once that has cleared."""

    def __init__(self) -> None:
        self.ends = False
        self.loads = False
        self.works = False


_process = _Process()


def give_up(batch: str) -> None:
    """Let the jobs of a batch stop that run in this process."""
    _given_up.add(batch)


def watch(batch: str) -> Callable[..., None]:
    """Give what a job calls as it goes on; it raises Stopped where the job is to stop."""
    cancelled = _by_dask()

    def check(*_: object) -> None:
        if _process.ends or batch in _given_up or cancelled():
            raise Stopped

    return check


def begin_process() -> None:
    """Let this process, a worker of a pool, end with its parent, and by SIGTERM in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's, which its parent decides about
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _process.loads = True
    signal.signal(signal.SIGTERM, _end)


def note_loaded() -> None:
    """Say that this process has all loaded: from now on it ends at once where nothing works."""
    _process.loads = False


def end_with(awaited: Callable[[], object]) -> None:
    """End this process once ``awaited`` returns."""

    def wait() -> None:
        awaited()
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(10)  # for a job to clear away
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


class Working:
    """A job at work in this process: a signal that comes meanwhile stops it."""

    def __enter__(self) -> None:
        _process.works = True

    def __exit__(self, *_: object) -> None:
        _process.works = False


def _end(signum: int, frame: FrameType | None) -> None:
    first, _process.ends = not _process.ends, True
    if _process.loads:
        return  # a module that is cut short tells of it; the first job is not begun
    if not _process.works:
        raise SystemExit(128 + signum)
    if first:
        raise Stopped


def _by_dask() -> Callable[[], bool]:
    """Whether the task that this thread runs for Dask, if it does, is not wanted any more."""
    module: Any = sys.modules.get("distributed.worker")
    if module is None:
        return lambda: False
    try:
        worker = module.get_worker()
        key = worker.get_current_task()
    except (ValueError, KeyError):  # no worker runs this
        return lambda: False

    def cancelled() -> bool:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            return True
        return worker.status.name in ("closing", "closed", "failed")

    return cancelled
