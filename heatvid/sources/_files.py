"""Regular files, read at an offset and watched for change; what their names say."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from heatvid._errors import SourceError, called, printable
from heatvid._frames import AnyArray

PathLike = str | bytes | os.PathLike[Any]

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe (FIFO)",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}


_SAME = {".jpeg": ".jpg", ".tiff": ".tif"}


class FrameFile(NamedTuple):
    """An open file of one frame: what its header says, and how to read all of it.

    ``load`` fills an array of that shape and dtype, C-contiguous; ``white`` is the value of full
    brightness, and ``palette`` the colours of indices, (N, 3) uint8, where the format has them.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Callable[[AnyArray], None]
    white: int | None = None
    palette: AnyArray | None = None


def natural_key(path: str) -> tuple[list[str | int], str]:
    """Sort key by which ``frame_2`` comes before ``frame_10``."""
    parts = re.split(r"([0-9]+)", path)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], path


def kind_of(path: str) -> str:
    """Suffix of a path, in small letters, one spelling for each kind."""
    suffix = os.path.splitext(path)[1].lower()
    return _SAME.get(suffix, suffix)


class RegularFile(io.FileIO):
    """A file opened for reading, unbuffered; pipes, devices and folders are refused unopened.

    Parameters
    ----------
    path : str
        As the user gave it.

    Raises
    ------
    SourceError
        The file is missing, cannot be opened, or is not a regular file.
    """

    def __init__(self, path: str) -> None:
        self.label = called(path)
        try:
            _demand_regular(os.stat(path), self.label)
            super().__init__(path, opener=_open_without_waiting)
        except SourceError:  # which is a ValueError, too
            raise
        except OSError as error:
            raise SourceError(f"{self.label}: {reason(error)}") from error
        except ValueError as error:  # a NUL in the name
            raise SourceError(f"{self.label}: {error}; allowed is the name of a file") from error
        status = os.fstat(self.fileno())
        try:
            _demand_regular(status, self.label)
        except SourceError:  # swapped between the two looks
            self.close()
            raise
        self.size = status.st_size
        self._seeking = Lock()
        self._identity = (status.st_size, status.st_mtime_ns)

    def fileno(self) -> int:
        """The file's number; SourceError where it is closed."""
        if self.closed:
            raise SourceError(f"{self.label}: the file is closed; open it again")
        return super().fileno()

    @property
    def descriptor(self) -> int | None:
        """The file's number, where the system reads at an offset from any thread."""
        return self.fileno() if hasattr(os, "preadv") else None

    def check_unchanged(self) -> None:
        """Raise SourceError where the file was written to since it was opened."""
        status = os.fstat(self.fileno())
        if (status.st_size, status.st_mtime_ns) != self._identity:
            raise SourceError(
                f"{self.label}: the file changed while it was read; wait until it is complete"
            )

    def read_exactly(self, out: AnyArray, offset: int) -> None:
        """Fill ``out``, C-contiguous, with the bytes from ``offset`` on; from any thread."""
        rest = as_bytes(out)
        try:
            while rest:
                got = self._read_at(offset, rest)
                if not got:
                    raise SourceError(f"{self.label}: the file was cut while it was read")
                rest, offset = rest[got:], offset + got
        except OSError as error:
            raise SourceError(f"{self.label}: cannot be read: {reason(error)}") from error
        self.check_unchanged()

    def _read_at(self, offset: int, out: memoryview) -> int:
        if self.descriptor is not None:
            return os.preadv(self.descriptor, [out], offset)
        with self._seeking:
            self.seek(offset)
            return self.readinto(out) or 0


def as_bytes(array: AnyArray) -> memoryview:
    """View the bytes of a C-contiguous array."""
    return array.reshape(-1).view(np.uint8).data


def reason(error: OSError) -> str:
    """Say in words why the system refused."""
    return printable((error.strerror or str(error)).lower())


def _demand_regular(status: os.stat_result, label: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file")
        raise SourceError(f"{label}: is {kind}; allowed here is a regular file")


def _open_without_waiting(path: str, flags: int) -> int:
    # A FIFO put in the file's place meanwhile must not block the open.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
