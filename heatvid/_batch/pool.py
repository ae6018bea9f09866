"""The processes of this machine that jobs run in: how many, how they begin, and how they end."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.context import SpawnContext
from typing import Any, TypeVar

from heatvid._batch.stopping import begin_process, end_with, note_loaded
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

    Attributes
    ----------
    window : int
        Jobs to have submitted at a time.
    """

    def __init__(self, workers: int, devices: int = 0) -> None:
        self._workers, self._devices = workers, devices
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self.window: int | None = 2 * workers
        self._begin()

    def _begin(self) -> None:
        numbers, self._stop = self._context.SimpleQueue(), self._context.Event()
        for worker in range(self._workers if self._devices else 0):
            numbers.put(worker % self._devices)
        given = (self._stop, numbers if self._devices else None)
        self._executor = ProcessPoolExecutor(self._workers, self._context, _begin_worker, given)

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a task run by one of the workers."""
        return self._executor.submit(task, *arguments)

    def revive(self) -> bool:
        """Begin anew, where a worker was killed and has taken the others with it."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._begin()
        return True

    def cancel(self) -> None:
        """Stop what is running, in order; nothing can be submitted afterwards."""
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """Let the workers go, which have nothing left to do."""
        self._executor.shutdown(wait=True)


def _begin_worker(stop: Any, numbers: Any) -> None:
    """Prepare a worker: signals, an end with its parent, its GPU, and what takes long to load."""
    begin_process()
    end_with(stop.wait)
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_with(parent.join)
    if numbers is not None:
        seen = os.environ.get("CUDA_VISIBLE_DEVICES")
        number = numbers.get()
        os.environ["CUDA_VISIBLE_DEVICES"] = seen.split(",")[number] if seen else str(number)
    import heatvid._batch.running  # noqa: F401  # the first job finds all loaded

    note_loaded()
