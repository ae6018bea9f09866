"""Processes that segments are worked on in: an executor's, or own ones, which are replaced."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)  # fmt: skip
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from typing import Self, TypeVar

from heatvid._errors import HeatvidError, OptionError, RenderError, kind_of, one_line
from heatvid._jobs.segment import Segment, work
from heatvid._signals import held_back, raise_arrived

_ATTEMPTS = 3  # at a segment whose process is killed
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 0.5  # for segments that are given up to end by themselves

Result = TypeVar("Result")


class Workers:
    """A context manager that ends its own processes, and all that runs in them.

    Parameters
    ----------
    executor : Executor or None
        Whose processes are used; it stays open.
    count : int
        Of own processes, without one.
    """

    def __init__(self, executor: Executor | None, count: int) -> None:
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise OptionError(
                f"executor: got {kind_of(executor)}; allowed is an Executor of concurrent.futures, "
                "as distributed.Client(...).get_executor() gives one too"
            )
        self._given, self._count = executor, count
        self._own: ProcessPoolExecutor | None = None

    def map(
        self,
        task: Callable[[Segment], Result],
        segments: Sequence[Segment],
        advance: Callable[[int], None],
    ) -> list[Result]:
        """Do a task with all segments, in any order; a segment may be worked on more than once.

        Raises
        ------
        HeatvidError
            A segment failed, or its process was killed again and again.
        """
        done: dict[int, Result] = {}
        lost = BrokenExecutor()
        for _ in range(1 if self._given else _ATTEMPTS):
            try:
                self._work_on(task, segments, done, advance)
                return [done[i] for i in range(len(segments))]
            except BrokenExecutor as error:
                lost = error
                self.close(at_once=True)
        raise RenderError(
            "segments: a process that rendered them was killed, or could not start "
            f"({one_line(lost)}); a script that is not to run anew in each has to begin with "
            "if __name__ == '__main__':"
        ) from lost

    def _work_on(
        self,
        task: Callable[[Segment], Result],
        segments: Sequence[Segment],
        done: dict[int, Result],
        advance: Callable[[int], None],
    ) -> None:
        """Work on the segments that are not done."""
        executor = self._executor()
        waiting: dict[Future[Result], int] = {}
        try:
            for i in range(len(segments)):
                if i not in done:
                    with _unsignalled():
                        waiting[executor.submit(work, task, segments[i])] = i
            while waiting:
                ended, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
                raise_arrived()
                for future in sorted(ended, key=_is_broken):  # what is done is kept first
                    place = waiting.pop(future)
                    done[place] = _result(future)
                    advance(len(segments[place].frames))
        finally:
            for future in waiting:
                future.cancel()

    def _executor(self) -> Executor:
        if self._given is not None:
            return self._given
        if self._own is None:
            self._own = ProcessPoolExecutor(
                self._count, mp_context=get_context("spawn"), initializer=_begin
            )
        return self._own

    def close(self, *, at_once: bool = False) -> None:
        """End the own processes, those that are at work soon or at the end of that."""
        pool, self._own = self._own, None
        if pool is None:
            return
        with held_back():
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=not at_once, cancel_futures=True)
            until = time.monotonic() + _GRACE_SECONDS
            for process in processes if at_once else ():
                process.join(max(0.0, until - time.monotonic()))
                if process.is_alive():
                    process.kill()
                process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        self.close(at_once=exc_type is not None)


def _is_broken(future: Future[Result]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except (HeatvidError, BrokenExecutor):
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {one_line(error)}"
        raise RenderError(f"segments: one failed in its process: {what}") from error


@contextmanager
def _unsignalled() -> Iterator[None]:
    """Keep SIGINT from processes that are started meanwhile, until they can ignore it.

    What they inherit is the mask; here it arrives when this is over.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C and warnings to the process that began this one, and end when that is gone."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: object) -> None:
    with suppress(OSError):
        parent.join()  # type: ignore[attr-defined]  # a process of multiprocessing's
    sys.stderr.flush()
    os._exit(1)
