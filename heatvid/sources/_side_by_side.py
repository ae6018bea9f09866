"""Files that are decoded side by side: each in one of as many threads as there are cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock
from typing import Any

from heatvid._cores import available_cores
from heatvid._errors import SourceError


class SideBySide:
    """Threads that begin with the first work there is for two.

    Parameters
    ----------
    name : str
        For messages.
    threads : int, optional
        At most; all cores by default, and none but the caller's with 1.
    """

    def __init__(self, name: str, threads: int | None = None) -> None:
        self._name = name
        self._threads = available_cores() if threads is None else threads
        self._pool: ThreadPoolExecutor | None = None
        self._lock = Lock()
        self._closed = False

    def each(self, work: Callable[..., object], *arguments: Iterable[Any]) -> None:
        """Call ``work`` as ``map`` does; the first failure is raised when all have ended."""
        calls = list(zip(*arguments, strict=True))
        if self._threads == 1 or len(calls) == 1:
            for call in calls:
                work(*call)
            return
        with self._lock:
            if self._closed:
                raise SourceError(f"{self._name}: the files are closed; open them again")
            self._pool = self._pool or ThreadPoolExecutor(self._threads, "heatvid files")
            futures = [self._pool.submit(work, *call) for call in calls]
        wait(futures)  # they fill memory of the caller's
        for future in futures:
            future.result()

    def close(self) -> None:
        """End the threads when they are done; it may be called more than once."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
