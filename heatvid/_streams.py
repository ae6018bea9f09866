"""The standard streams of a command, which may be closed, full, or read no further."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

from heatvid._errors import RenderError
from heatvid._reasons import reason


def fill_closed() -> None:
    """Let closed streams lead nowhere: a file that is opened later would be taken for one."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def keep_from_libraries() -> None:
    """Give standard error to Python alone.

    What C libraries print there of a damaged file is an error in words already, of one line.
    """
    if sys.stderr is None:
        return
    own = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    given = sys.stderr
    sys.stderr = io.TextIOWrapper(  # unbuffered: what cannot be written is not tried again
        io.FileIO(own, "w", closefd=False), given.encoding, given.errors, line_buffering=True,
        write_through=True,
    )  # fmt: skip


def escape_names() -> None:
    """Let names be printed that are not in the streams' encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def show(text: object) -> None:
    """Print what the command was asked for.

    Raises
    ------
    BrokenPipeError
        It is not read any further.
    RenderError
        It cannot be written.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        _drop_output()
        if isinstance(error, BrokenPipeError):
            raise
        raise RenderError(f"standard output cannot be written: {reason(error)}") from error


def show_summary(text: object) -> None:
    """Print what is said of an output that is whole, whether it can be printed or not."""
    try:
        show(text)
    except BrokenPipeError:
        return
    except RenderError as error:
        say(f"warning: {error}; the output is whole")


def say(line: str) -> None:
    """Write a line to standard error, where there is one: ``file=None`` is standard output."""
    if sys.stderr is not None:
        with suppress(OSError):  # a full disk, or a reader that went away, changes no exit code
            print(f"heatvid: {line}", file=sys.stderr)


def _drop_output() -> None:
    """Keep the interpreter's last flush from failing, where printing has failed before."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
