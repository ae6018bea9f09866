"""How far a job is, told by its worker process to the one that began it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Listener = Callable[[int, str, int, int | None], None]  # job, stage, frames, and those in all
_SECONDS = 0.2  # between two words of one job

_connection: Any = None  # of this worker, to its parent


def tell_through(connection: Any) -> None:
    """Let this worker's jobs tell of themselves through a pipe, to which others write, too.

    What is written at a time is small, so that the system keeps it together: there is no lock,
    which a worker that is killed would keep.
    """
    global _connection
    _connection = connection


def teller(number: int) -> Callable[[str, int, int | None], None]:
    """Give what a job calls with its stage, more frames, and those in all."""
    frames: dict[str, int] = {}
    due = 0.0

    def tell(stage: str, count: int, total: int | None) -> None:
        nonlocal due
        frames[stage] = frames.get(stage, 0) + count
        if _connection is not None and time.monotonic() >= due:
            due = time.monotonic() + _SECONDS
            with suppress(OSError):  # nobody listens any more
                _connection.send((number, stage, frames[stage], total))

    return tell


def listen(connection: Any, listener: Listener) -> None:
    """Hand what comes through a pipe to a listener, in a thread, until the pipe ends."""

    def hear() -> None:
        with suppress(EOFError, OSError):
            while (told := connection.recv()) is not None:
                listener(*told)

    threading.Thread(target=hear, daemon=True).start()
