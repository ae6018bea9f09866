"""Executors for tests of batches: in this thread, and one that is given up with its workers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Inline(Executor):
    """Runs each task at once, in the caller's thread.

    Attributes
    ----------
    ran : int
        Tasks so far.
    """

    def __init__(self) -> None:
        self.ran = 0

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a task."""
        self.ran += 1
        future: Future[Any] = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future
