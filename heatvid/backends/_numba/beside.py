"""A process that compiles what a plan needs, beside one that renders: one at a time.

It has the plan from its input, and ends when that ends: with the render, whatever becomes of it.
What it has compiled by then is kept.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import weakref
from typing import IO, Any, Self

from heatvid._plan.tile import TilePlan
from heatvid._signals import held_back

_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from heatvid.backends._numba import beside; beside.compile_sent()"
)
_NICE = 10  # as much as a tenth of a core, where all are at work
_GRACE_SECONDS = 0.5  # for it to end by itself
_one = threading.Lock()
_OWN_GROUP: dict[str, Any] = {"process_group": 0}  # the terminal's Ctrl-C is not for it
if sys.platform == "win32":
    _OWN_GROUP = {
        "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP
        | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    }


class Beside:
    """A process that compiles, from :meth:`start` to :meth:`close`."""

    def __init__(self, popen: subprocess.Popen[bytes], sent: bytes) -> None:
        assert popen.stdin is not None
        self._popen = popen
        self.close = weakref.finalize(self, _end, popen, os.getpid())
        # A plan may be larger than a pipe holds, and the process takes a while to begin.
        threading.Thread(
            target=_send, args=(popen.stdin, sent), name="heatvid-send", daemon=True
        ).start()

    @classmethod
    def start(cls, plan: TilePlan) -> Self | None:
        """Begin to compile; None where that has to wait for another one, of this process."""
        sent = pickle.dumps(sys.path) + pickle.dumps(plan)
        if not _one.acquire(blocking=False):
            return None
        try:
            with held_back():
                popen = subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0, **_OWN_GROUP,
                )  # fmt: skip
                return cls(popen, sent)
        except BaseException:
            _one.release()
            raise

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._popen.poll() is not None


def compiles() -> bool:
    """Whether there is one already."""
    return _one.locked()


def can_start() -> bool:
    """Whether this Python can start another one: not where it is part of a program."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def _send(pipe: IO[bytes], sent: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):  # it has ended, or is to
        while sent:
            sent = sent[pipe.write(sent) :]


def _end(popen: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() != owner:
        return
    with held_back():
        assert popen.stdin is not None
        with contextlib.suppress(OSError):
            popen.stdin.close()
        try:
            popen.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
        _one.release()


# --- in the process --------------------------------------------------------------------------


def compile_sent() -> None:
    """Compile what the plan needs that comes on standard input, after what was read of it."""
    from heatvid.backends._numba.backend import NumbaBackend

    if hasattr(os, "nice"):
        os.nice(_NICE)
    plan = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_input, daemon=True).start()
    NumbaBackend().prepare(plan)
    os._exit(0)


def _end_with_input() -> None:
    """End, but not in the middle of a file."""
    from heatvid.backends._numba.jit.cache import KEEPING

    while sys.stdin.buffer.read(1):
        pass
    with KEEPING:
        os._exit(1)
