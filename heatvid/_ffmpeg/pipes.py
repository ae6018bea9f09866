"""Pipes to and from other programs: large, waited for with patience, and lent memory on Linux.

Writing to a pipe copies every byte into it, and the reader copies it out again. ``vmsplice`` puts
the writer's own pages in the pipe instead, which then have to stay as they are until they are read.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import sys
from functools import cache
from io import FileIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heatvid._frames import Bytes
if sys.platform != "win32":
    import fcntl
if sys.platform == "linux":
    import termios

_PIPE_BYTES = 1 << 20


class StalledError(Exception):
    """The other program neither took nor gave a byte for as long as was allowed."""


def prepare(pipe: FileIO) -> None:
    """Make the pipe large, and non-blocking where a stall can be waited for with poll."""
    if sys.platform == "win32":
        return
    os.set_blocking(pipe.fileno(), False)
    # Popen's own pipesize fails where a user's pipes already hold their quota of pages.
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def write(pipe: FileIO, data: memoryview, patience_seconds: float) -> None:
    """Write all of ``data``, however little the pipe takes at a time.

    Raises
    ------
    OSError
        The reader is gone: BrokenPipeError, on Windows EINVAL.
    StalledError
        It took nothing for ``patience_seconds``.
    """
    fd = pipe.fileno()
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            _await(fd, "POLLOUT", patience_seconds)


def readinto(pipe: FileIO, data: memoryview, patience_seconds: float) -> int:
    """Fill ``data`` and return its length, less only at the end of the stream.

    Raises
    ------
    StalledError
        The writer gave nothing for ``patience_seconds``.
    """
    filled = 0
    while filled < len(data):
        count = pipe.readinto(data[filled:])
        if count is None:
            _await(pipe.fileno(), "POLLIN", patience_seconds)
        elif count == 0:
            break
        else:
            filled += count
    return filled


def _await(fd: int, event: str, patience_seconds: float) -> None:
    poll = select.poll()
    poll.register(fd, getattr(select, event))
    if not poll.poll(patience_seconds * 1000):
        raise StalledError(f"made no progress for {patience_seconds:g} seconds")


# --- lending ---------------------------------------------------------------------------------


class Lender:
    """Writes to a pipe by lending memory to it, where that can be done, and pays.

    It can where the reader reads, as ffmpeg does. One that passed the pages on to another pipe
    (``splice``, as some ``cat`` does in a script) would not be done with them when they have left
    this one; so only programs are lent to, not scripts.

    Parameters
    ----------
    pipe : FileIO
        To the program.
    program : str
        Its path.
    """

    def __init__(self, pipe: FileIO, program: str) -> None:
        self._pipe = pipe
        self._vmsplice: Any = _vmsplice() if _is_compiled(program) else None
        self._has_lent = False

    def write(self, data: Bytes, patience_seconds: float) -> None:
        """Write all of ``data``, which stays as it is for as long as :attr:`unread` says.

        Parameters
        ----------
        data : ndarray, shape (n,) uint8, C order

        Raises
        ------
        OSError, StalledError
            As :func:`write` does.
        """
        # Of smaller frames the pipe would keep several from being rendered to.
        if self._vmsplice is not None and data.size >= _PIPE_BYTES:
            data = data[self._lend(data, patience_seconds) :]
        write(self._pipe, data.data, patience_seconds)

    def _lend(self, data: Bytes, patience_seconds: float) -> int:
        """Lend all of ``data``, or as much as the system takes; return the number of bytes."""
        fd, begin, lent = self._pipe.fileno(), data.ctypes.data, 0
        while lent < data.size:
            extent = _Extent(begin + lent, data.size - lent)
            if (taken := self._vmsplice(fd, extent, 1, _SPLICE_F_NONBLOCK)) > 0:
                lent += taken
                self._has_lent = True
                continue
            code = ctypes.get_errno()
            if code == errno.EAGAIN:
                _await(fd, "POLLOUT", patience_seconds)
            elif code != errno.EINTR:
                # A sandbox forbids it, or a device's driver: what is wrong with the pipe itself,
                # a plain write will say.
                self._vmsplice = None
                break
        return lent

    @property
    def unread(self) -> int:
        """Bytes at the end of what was written that may still be read from where they lay."""
        if not self._has_lent or self._pipe.closed:
            return 0
        count = fcntl.ioctl(self._pipe.fileno(), termios.FIONREAD, bytes(4))
        return int.from_bytes(count, sys.byteorder)


_SPLICE_F_NONBLOCK = 2
_Extent = ctypes.c_size_t * 2  # the system's iovec: address and length


@cache
def _vmsplice() -> Any:
    """The system's function; None where it has none."""
    if sys.platform != "linux":
        return None
    try:
        function = ctypes.CDLL(None, use_errno=True).vmsplice
    except (OSError, AttributeError):
        return None
    function.argtypes = (ctypes.c_int, _Extent, ctypes.c_ulong, ctypes.c_uint)
    function.restype = ctypes.c_ssize_t
    return function


def _is_compiled(program: str) -> bool:
    try:
        with open(program, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False
