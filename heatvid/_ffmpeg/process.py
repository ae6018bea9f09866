"""Running ffmpeg without hangs or leftovers: every process that heatvid starts is started here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from io import FileIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from heatvid._errors import OptionError, brief
from heatvid._ffmpeg.pipes import Lender, prepare, readinto, write

if TYPE_CHECKING:
    from heatvid._frames import Bytes

from heatvid._ffmpeg.forks import fork_lock, list_open
from heatvid._ffmpeg.messages import StderrTail, exit_in_words, not_started
from heatvid._signals import held_back

# Its own process group keeps the terminal's Ctrl-C from ffmpeg: only this process decides.
_OWN_GROUP: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
_LONGEST_STALL_SECONDS = 1_000_000  # 11 days; poll counts milliseconds in 32 bits


def stall_seconds() -> float:
    """Seconds without any progress after which ffmpeg counts as hung.

    60, or ``HEATVID_STALL_SECONDS``.
    """
    text = os.environ.get("HEATVID_STALL_SECONDS") or "60"
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) <= _LONGEST_STALL_SECONDS:
            return seconds
    raise OptionError(
        f"HEATVID_STALL_SECONDS is {brief(text)}; allowed is a number above 0, up to "
        f"{_LONGEST_STALL_SECONDS}"
    )


# --- a short command -------------------------------------------------------------------------


class Completed(NamedTuple):
    """What a short command left: exit code, standard output, standard error."""

    returncode: int
    stdout: bytes
    stderr: bytes


def run(
    arguments: Sequence[str], *, timeout_seconds: float, folder: str | None = None
) -> Completed:
    """Run a short ffmpeg command to its end.

    Parameters
    ----------
    arguments : sequence of str
        The program first.
    timeout_seconds : float
        After which it is killed.
    folder : str, optional
        From where names are relative.

    Raises
    ------
    MissingDependencyError
        The program cannot be executed.
    TimeoutError
        It did not end in time.
    """
    popen: subprocess.Popen[bytes] | None = None
    try:
        with held_back():
            popen = _started(arguments, stdout=subprocess.PIPE, cwd=folder)
        stdout, stderr = popen.communicate(timeout=timeout_seconds)
    except BaseException as error:
        if popen is not None:
            with held_back():
                _kill_group(popen)
                popen.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError(f"ffmpeg did not end within {timeout_seconds:g} seconds") from error
        raise
    return Completed(popen.returncode, stdout, stderr)


def _started(arguments: Sequence[str], **given: Any) -> subprocess.Popen[bytes]:
    """Start a program whose standard error is read, other streams only where they are given."""
    closed = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    try:
        return subprocess.Popen(
            arguments, stderr=subprocess.PIPE, **{**closed, **given}, **_OWN_GROUP
        )
    except OSError as error:
        raise not_started(arguments[0], error) from error


# --- a long-running process ------------------------------------------------------------------


class Process:
    """A running ffmpeg with one pipe to or from it; it never outlives this object.

    Parameters
    ----------
    arguments : sequence of str
        The program first.
    pipe : {"stdin", "stdout"}
        Which of its ends is the pipe; the other is closed to it.

    Raises
    ------
    MissingDependencyError
        The program cannot be executed.
    """

    def __init__(self, arguments: Sequence[str], pipe: Literal["stdin", "stdout"]) -> None:
        self._owner = os.getpid()
        with held_back():
            with fork_lock:
                self._popen = _started(arguments, bufsize=0, **{pipe: subprocess.PIPE})
                self.pipe = cast(FileIO, getattr(self._popen, pipe))
                list_open(self.pipe)
            assert self._popen.stderr is not None
            try:
                self.tail = StderrTail(self._popen.stderr)
            except BaseException:  # no thread to be had
                _kill_group(self._popen)
                self._popen.communicate()
                raise
            self.kill = weakref.finalize(self, _reap, self._popen, self.tail, self._owner)
        prepare(self.pipe)
        self._lender = Lender(self.pipe, arguments[0])

    def write(self, data: Bytes, patience_seconds: float, *, lend: bool = False) -> None:
        """Write all of ``data``, shape (n,) uint8, however little the pipe takes at a time.

        Where ``lend``, it has to stay as it is for as long as :attr:`unread` says.

        Raises
        ------
        OSError
            ffmpeg is gone: BrokenPipeError, on Windows EINVAL.
        StalledError
            It took nothing for ``patience_seconds``.
        """
        if lend:
            self._lender.write(data, patience_seconds)
        else:
            write(self.pipe, data.data, patience_seconds)

    @property
    def unread(self) -> int:
        """Bytes at the end of what was written that may still be read from where they lay."""
        return self._lender.unread

    def readinto(self, data: memoryview, patience_seconds: float) -> int:
        """Fill ``data`` and return its length, less only at the end of the stream.

        Raises
        ------
        StalledError
            ffmpeg gave nothing for ``patience_seconds``.
        """
        return readinto(self.pipe, data, patience_seconds)

    def interrupt(self) -> None:
        """Kill it but leave the pipe open, so that another thread's use of it fails cleanly."""
        if self.kill.alive and os.getpid() == self._owner and self._popen.poll() is None:
            _kill_group(self._popen)

    def wait(self, timeout_seconds: float) -> int | None:
        """Wait for its end; the exit code (negative: the signal), or None if it still runs."""
        deadline = time.monotonic() + timeout_seconds
        self.tail.join(timeout_seconds)  # returns at its exit, where Popen.wait would sleep and ask
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._popen.wait(max(deadline - time.monotonic(), 0.01))
        return None

    @property
    def exit_code(self) -> int | None:
        """Of the process that has been waited for; negative: the signal."""
        return self._popen.returncode

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        return exit_in_words(self._popen.returncode)


def _reap(popen: subprocess.Popen[bytes], tail: StderrTail, owner: int) -> None:
    """Kill, wait, drain and close, in the process that started it only."""
    if os.getpid() != owner:
        return
    with held_back():
        if popen.poll() is None:
            _kill_group(popen)
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(10)  # only a process stuck in the kernel survives this long
        for pipe in (popen.stdin, popen.stdout):
            if pipe is not None:
                pipe.close()
        tail.join(5)  # a grandchild may hold standard error open


def _kill_group(popen: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            popen.kill()
        else:
            os.killpg(popen.pid, signal.SIGKILL)
