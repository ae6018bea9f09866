"""The ffmpeg program: where it is, its version, and running it without hangs or leftovers.

Every process that heatvid starts is started here. Importing this loads nothing heavy;
imageio-ffmpeg is asked only by :func:`find_ffmpeg`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import FileIO
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, cast

from heatvid._errors import MissingDependencyError, OptionError
from heatvid._ffmpeg.pipes import Lender, prepare, readinto, write

if TYPE_CHECKING:
    from heatvid._frames import Bytes

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_INSTALL = "pip install imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg program"
_TAIL_BYTES = 16 << 10
_WORDS_LENGTH = 400
# Its own process group keeps the terminal's Ctrl-C from ffmpeg: only this process decides.
_OWN_GROUP: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


# --- which program ---------------------------------------------------------------------------


def find_ffmpeg() -> str:
    """Find the ffmpeg program.

    Returns
    -------
    str
        ``IMAGEIO_FFMPEG_EXE`` where it is set, else imageio-ffmpeg's binary, else PATH's.

    Raises
    ------
    MissingDependencyError
        There is none, or ``IMAGEIO_FFMPEG_EXE`` names something that cannot be executed.
    """
    if named := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        if found := shutil.which(named):
            return found
        what = "is not executable" if os.path.exists(named) else "does not exist"
        raise MissingDependencyError(f"IMAGEIO_FFMPEG_EXE: {shown(named)} {what}; {_INSTALL}")
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())  # type: ignore[no-untyped-call, unused-ignore]  # no hints
    except (ImportError, RuntimeError):
        if found := shutil.which("ffmpeg"):
            return found
    raise MissingDependencyError(f"no ffmpeg program was found; {_INSTALL}")


@lru_cache(maxsize=32)
def ffmpeg_version(exe: str) -> tuple[int, ...]:
    """Ask ``exe`` for its version, ``(7, 0, 2)`` say; the answer is cached.

    Raises
    ------
    MissingDependencyError
        It cannot be run here, or is not ffmpeg.
    """
    try:
        done = run([exe, "-version"], timeout_seconds=30)
    except TimeoutError as error:
        raise MissingDependencyError(f"{shown(exe)}: {error}; {_INSTALL}") from error
    text = done.stdout.decode(errors="replace")
    if release := re.match(r"ffmpeg version n?(\d+(?:\.\d+)*)", text):
        return tuple(int(part) for part in release[1].split("."))
    # Snapshots ("N-109542-g1bf1f31") carry no number; since 4.0 libavutil counts along with ffmpeg.
    if text.startswith("ffmpeg version") and (library := re.search(r"libavutil +(\d+)\.", text)):
        return (int(library[1]) - 52,)
    said = " ".join((text + done.stderr.decode(errors="replace")).split())[:80]
    raise MissingDependencyError(
        f"{shown(exe)} is not ffmpeg: exit code {done.returncode}, it said {said!r}; {_INSTALL}"
    )


def passthrough(version: tuple[int, ...]) -> list[str]:
    """Arguments for one frame out per frame in, under the name that ``version`` knows."""
    return ["-fps_mode" if version >= (5, 1) else "-vsync", "passthrough"]


# --- names -----------------------------------------------------------------------------------


def file_url(path: AnyPath) -> str:
    """Name a local file for ffmpeg, so that neither ``-x.mp4`` nor ``a:b.mp4`` is misread."""
    return "file:" + os.fsdecode(path)


def shown(path: AnyPath) -> str:
    """Spell a path on one printable line, whatever its bytes."""
    return "".join(
        c if c.isprintable() else ascii(c)[1:-1] for c in os.fsdecode(path)
    )  # newlines, and bytes that are not UTF-8


def stall_seconds() -> float:
    """Seconds without any progress after which ffmpeg counts as hung.

    60, or ``HEATVID_STALL_SECONDS``.
    """
    text = os.environ.get("HEATVID_STALL_SECONDS") or "60"
    with contextlib.suppress(ValueError):
        if (seconds := float(text)) > 0:
            return seconds
    raise OptionError(f"HEATVID_STALL_SECONDS is {text!r}; allowed is a number above 0")


# --- a short command -------------------------------------------------------------------------


class Completed(NamedTuple):
    """What a short command left: exit code, standard output, standard error."""

    returncode: int
    stdout: bytes
    stderr: bytes


def run(arguments: Sequence[str], *, timeout_seconds: float) -> Completed:
    """Run a short ffmpeg command to its end.

    Parameters
    ----------
    arguments : sequence of str
        The program first.
    timeout_seconds : float
        After which it is killed.

    Raises
    ------
    MissingDependencyError
        The program cannot be executed.
    TimeoutError
        It did not end in time.
    """
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_seconds,
            **_OWN_GROUP,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"ffmpeg did not end within {timeout_seconds:g} seconds") from error
    except OSError as error:
        raise _not_executable(arguments[0], error) from error
    return Completed(done.returncode, done.stdout, done.stderr)


def _not_executable(exe: str, error: OSError) -> MissingDependencyError:
    why = error.strerror or str(error)
    if error.errno == errno.ENOEXEC or getattr(error, "winerror", None) == 193:
        why = "it is not a program for this kind of machine"
    return MissingDependencyError(f"{shown(exe)} cannot be executed: {why}; {_INSTALL}")


# --- what it says ----------------------------------------------------------------------------


# What follows from another message, or is advice about ffmpeg's own command line.
_CONSEQUENCES = re.compile(
    r"Conversion failed!|Last message repeated|Task finished with error|Terminating thread|"
    r"Error (parsing options|opening (input|output) files?)\b|To ignore this, add|"
    r"Failed to set value"
)


def last_words(text: str) -> str:
    """Put the telling end of ffmpeg's messages on one line."""
    lines = []
    for line in re.split(r"[\r\n]+", text):
        words = re.sub(r"\[(error|fatal|[^\]@]*? @ [0-9a-fx]+)\] ?", "", line).strip()
        if words and not _CONSEQUENCES.match(words):
            lines.append(words)
    return shown("; ".join(dict.fromkeys(lines[-4:])))[-_WORDS_LENGTH:]


class StderrTail:
    """Drains a process's standard error in a thread and keeps its end.

    Undrained, ffmpeg blocks once the pipe is full.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._drain, name="ffmpeg-stderr", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                self._kept += chunk
                del self._kept[:-_TAIL_BYTES]

    def join(self, timeout_seconds: float) -> None:
        """Wait for the end of the stream."""
        self._thread.join(timeout_seconds)

    @property
    def text(self) -> str:
        """The last 16 KiB."""
        return bytes(self._kept).decode(errors="replace")


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
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        streams[pipe] = subprocess.PIPE
        try:
            with _fork_lock:
                self._popen = subprocess.Popen(
                    arguments, stderr=subprocess.PIPE, bufsize=0, **streams, **_OWN_GROUP
                )
                self.pipe = cast(FileIO, getattr(self._popen, pipe))
                _closed_in_children.add(self.pipe)
        except OSError as error:
            raise _not_executable(arguments[0], error) from error
        prepare(self.pipe)
        self._lender = Lender(self.pipe, arguments[0])
        assert self._popen.stderr is not None
        try:
            self.tail = StderrTail(self._popen.stderr)
        except BaseException:  # no thread to be had
            self._popen.kill()
            self._popen.communicate()
            raise
        self._owner = os.getpid()
        self.kill = weakref.finalize(self, _reap, self._popen, self.tail, self._owner)

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
    def outcome(self) -> str:
        """How it ended, in words."""
        return exit_in_words(self._popen.returncode)


def exit_in_words(code: int | None) -> str:
    """Say how a process ended, from its exit code (negative: the signal)."""
    if code is None:
        return "still runs"
    if code >= 0:
        return f"exited with code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


def _reap(popen: subprocess.Popen[bytes], tail: StderrTail, owner: int) -> None:
    """Kill, wait, drain and close, in the process that started it only."""
    if os.getpid() != owner:
        return
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


# --- forked siblings -------------------------------------------------------------------------

# A child forked while a pipe to ffmpeg is open inherits its write end; ffmpeg then never sees
# the end of its input. So children close what is listed here, and no fork falls between the
# creation of a pipe and its listing.
_fork_lock = threading.Lock()
_closed_in_children: weakref.WeakSet[FileIO] = weakref.WeakSet()


def close_in_forked_children(file: FileIO) -> None:
    """See to it that no forked child keeps ``file`` open."""
    with _fork_lock:
        _closed_in_children.add(file)


def _after_fork_in_child() -> None:
    _fork_lock.release()
    _close_all(_closed_in_children)


def _close_all(files: Iterable[FileIO]) -> None:
    for file in list(files):
        with contextlib.suppress(OSError):
            file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_fork_lock.acquire,
        after_in_parent=_fork_lock.release,
        after_in_child=_after_fork_in_child,
    )
