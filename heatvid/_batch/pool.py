"""The processes of this machine that jobs run in: how many, how they begin, and how they end."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing.context import SpawnContext
from typing import Any, TypeVar

from heatvid._batch.stopping import begin_process, end_with, note_loaded
from heatvid._batch.telling import Listener, listen, tell_through
from heatvid._cores import available_cores
from heatvid._memory import available_memory
from heatvid.backends import choose

WORKER_BYTES = 512 << 20  # a worker and its ffmpeg, at 1080p with a background

Result = TypeVar("Result")


def worker_count(jobs: int, devices: int | None = None) -> int:
    """How many workers fill this machine: by its cores and memory, or its GPUs, and the jobs."""
    by_memory = max(1, available_memory() // WORKER_BYTES)
    most = min(available_cores(), by_memory) if devices is None else devices
    return max(1, min(most, jobs))


def devices_here() -> int:
    """GPUs that work here.

    Raises
    ------
    OptionError
        There is none; the message says what is missing.
    """
    choose("cuda")  # or says what is missing
    from heatvid.backends._cuda.device import device_count

    return device_count()


def threads_each(workers: int) -> int:
    """Threads of a worker that renders, and of one that encodes, which together fill the cores."""
    return max(1, available_cores() // workers)


class Pool:
    """Worker processes that stay warm from job to job; a new set of them where one is killed.

    Parameters
    ----------
    workers : int
    devices : int
        GPUs, of which each worker has one; 0 leaves that to the jobs.
    listener : callable, optional
        Told how far jobs are, in a thread of its own.

    Attributes
    ----------
    window : int
        Jobs to have submitted at a time.
    """

    def __init__(self, workers: int, devices: int = 0, listener: Listener | None = None) -> None:
        self._workers, self._devices, self._listener = workers, devices, listener
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self.window: int | None = 2 * workers
        self._begin()

    def _begin(self) -> None:
        numbers = self._context.SimpleQueue()
        # No Event: who sets one waits for those that wait for it, dead ones too.
        stopping, self._alive = self._context.Pipe(duplex=False)
        for worker in range(self._workers if self._devices else 0):
            numbers.put(worker % self._devices)
        heard, self._told = self._context.Pipe(duplex=False)
        if self._listener is not None:
            listen(heard, self._listener)
        given = (stopping, self._listener and self._told, self._devices and numbers)
        self._executor = ProcessPoolExecutor(self._workers, self._context, _begin_worker, given)

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a task run by one of the workers."""
        return self._executor.submit(task, *arguments)

    def revive(self) -> bool:
        """Begin anew, where a worker was killed and has taken the others with it."""
        self.cancel()
        self._begin()
        return True

    def is_lost(self) -> bool:
        """Never: what is killed is known."""
        return False

    def cancel(self) -> None:
        """Stop what is running, in order; nothing can be submitted afterwards."""
        self._alive.close()
        self.close()

    def close(self) -> None:
        """Let the workers go, which have nothing left to do."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._alive.close()
        if not self._told.closed:
            with suppress(OSError):
                self._told.send(None)
            self._told.close()


def _begin_worker(stopping: Any, told: Any, numbers: Any) -> None:
    """Prepare a worker: signals, an end with its parent, its GPU, and what takes long to load."""
    begin_process()
    end_with(partial(stopping.poll, None))
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_with(parent.join)
    tell_through(told)
    if numbers:
        seen = os.environ.get("CUDA_VISIBLE_DEVICES")
        number = numbers.get()
        os.environ["CUDA_VISIBLE_DEVICES"] = seen.split(",")[number] if seen else str(number)
    import heatvid._batch.running  # noqa: F401  # the first job finds all loaded

    note_loaded()
