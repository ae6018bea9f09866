"""Compile beside the caller's thread, so that Ctrl-C ends a program that is compiling at once."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable

PATIENCE_SECONDS = 1.0  # that compiling takes before it is announced
INTERRUPTED = 130  # the exit code


def compile_apart(work: Callable[[], object], announce: Callable[[], object] | None) -> None:
    """Run ``work`` in a thread of its own and wait for it; its exception is raised here.

    A signal handler that raises would do so within numba's callbacks, which swallow it. Here it
    raises in the waiting thread, and the other is left behind.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, name="heatvid-compile", daemon=True)
    thread.start()
    try:
        thread.join(PATIENCE_SECONDS)
        if thread.is_alive():
            if announce is not None:
                announce()
            thread.join()
    except BaseException:
        atexit.register(_leave, thread)
        raise
    if failures:
        raise failures[0]


def _leave(thread: threading.Thread) -> None:
    """End the process where a thread is still within LLVM, which would crash as it is unloaded."""
    if thread.is_alive():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
