"""What ffmpeg says, and what is said of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import threading
from typing import IO

from heatvid._errors import MissingDependencyError, RenderError, called, printable
from heatvid._reasons import TOO_LARGE, own_reason

INSTALL = "pip install imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg program"
_TAIL_BYTES = 16 << 10
_WORDS_LENGTH = 400


def not_started(exe: str, error: OSError) -> MissingDependencyError | RenderError:
    """Say why a program could not be started: what is wrong with it, or with the system."""
    if own := own_reason(error.errno):
        return RenderError(f"ffmpeg cannot be started: {own}")
    why = error.strerror or str(error)
    if error.errno == errno.ENOEXEC or getattr(error, "winerror", None) == 193:
        why = "it is not a program for this kind of machine"
    return MissingDependencyError(f"{called(exe)} cannot be executed: {why}; {INSTALL}")


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
        words = re.sub(r"\[(error|fatal|[^\]@]*? @ [0-9a-fx]+)\] ?", "", line).strip().rstrip(".")
        if words and not _CONSEQUENCES.match(words):
            lines.append(words)
    return printable("; ".join(dict.fromkeys(lines[-4:])))[-_WORDS_LENGTH:]


class StderrTail:
    """Drains a process's standard error in a thread and keeps its end.

    Undrained, ffmpeg blocks once the pipe is full.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._drain, name="ffmpeg-stderr", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            raise RenderError(
                f"{error}: what ffmpeg says cannot be read; end other work"
            ) from error

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


def exit_reason(code: int | None) -> str | None:
    """What an exit code says by itself; None of most."""
    if code == -getattr(signal, "SIGXFSZ", 0):
        return TOO_LARGE
    if code == -getattr(signal, "SIGKILL", 0):
        return "somebody ended it, or the system did, for want of memory"
    # From 7 on, ffmpeg exits with the low byte of its error, the system's code below zero.
    return own_reason(256 - code) if code is not None and 128 <= code < 256 else None


def exit_in_words(code: int | None) -> str:
    """Say how a process ended, from its exit code (negative: the signal)."""
    if code is None:
        return "still runs"
    if code >= 0:
        return f"exited with code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"
