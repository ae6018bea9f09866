"""SIGINT and SIGTERM as exceptions, so that what is half done is cleared away."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn


class Terminated(BaseException):
    """SIGTERM came."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End in order on SIGINT and SIGTERM, and leave their handlers as they were."""
    before = {}
    with suppress(ValueError):  # not in the main thread
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, _terminate)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            before[signal.SIGINT] = signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler or signal.SIG_DFL)


def _interrupt(signum: int, frame: object) -> None:
    """Interrupt once: a second Ctrl-C must not cut short the clearing away, which is quick."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _terminate(*_: Any) -> NoReturn:
    raise Terminated
