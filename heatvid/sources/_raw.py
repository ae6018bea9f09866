"""Bare values, of a type and shape that the caller says: in a file, or from standard input."""

from __future__ import annotations

import math
import sys
from typing import Any, BinaryIO
from weakref import WeakSet

import numpy as np

from heatvid._errors import SourceError, UsageError, called
from heatvid._frames import AnyArray
from heatvid.sources._axes import Axes, resolve
from heatvid.sources._base import Source
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import RegularFile, as_bytes
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._npy import NpySource
from heatvid.sources._npy_header import NpyHeader

STANDARD_INPUT = "-"
_PIECE_BYTES = 1 << 20  # skipped at a time
_BEING_READ: WeakSet[BinaryIO] = WeakSet()


def open_raw(
    path: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    skip_bytes: int,
    layout: str | None = None,
    channel: int | str | None = None,
) -> Source:
    """Open values of ``dtype``; of two lengths of ``shape`` there are as many frames as fit."""
    counted = len(shape) > 2
    layout = layout if counted else _of_frames(path, layout)
    if path == STANDARD_INPUT:
        axes = resolve(shape if counted else (1, *shape), path, layout, channel)
        if sys.stdin.buffer in _BEING_READ:
            raise SourceError(
                f"{path}: is there twice; standard input is read once; save it to a file"
            )
        return RawStream(sys.stdin.buffer, dtype, axes, skip_bytes, counted=counted)
    file = RegularFile(path)
    try:
        shape = _whole_shape(file, dtype, shape, skip_bytes)
        axes = resolve(shape, file.label, layout, channel)
        header = NpyHeader(shape, False, dtype, b"")
        return NpySource(file, file.label, header, axes, offset=skip_bytes)
    except BaseException:
        file.close()
        raise


def _of_frames(path: str, layout: str | None) -> str:
    """Say how frames lie that follow each other, where their shape is that of one."""
    if layout is None or "T" not in layout:
        return f"T{layout or 'HW'}"
    if layout[0] != "T":
        raise SourceError(
            f"{called(path)}: layout is {layout!r}, the shape that of one frame; allowed is a "
            "layout of its axes, or the lengths of all axes as shape"
        )
    return layout


def _whole_shape(
    file: RegularFile, dtype: np.dtype[Any], shape: tuple[int, ...], skip_bytes: int
) -> tuple[int, ...]:
    """Compare the size with what the file has, or find the number of frames by it."""
    size, there = math.prod(shape) * dtype.itemsize, file.size - skip_bytes
    if len(shape) == 2 and there >= size and there % size == 0:
        return (there // size, *shape)
    if there != size:
        words = "x".join(map(str, shape))
        raise SourceError(
            f"{file.label}: {words} values of {dtype.name} take {size} bytes"
            f"{' each' * (len(shape) == 2)}, there are {max(there, 0)} behind {skip_bytes}; "
            "give the shape, the type (raw) and the bytes before (skip_bytes)"
        )
    return shape


class RawStream(LaidOutSource):
    """Frames of a stream, read once and in order; it is left open.

    Parameters
    ----------
    stream : binary file
    dtype : numpy.dtype
    axes : Axes
        Of all frames.
    skip_bytes : int
        Before the first.
    counted : bool
        Whether there are as many frames as ``axes`` says; else as many as come.
    """

    rewindable = False

    def __init__(
        self,
        stream: BinaryIO,
        dtype: np.dtype[Any],
        axes: Axes,
        skip_bytes: int,
        *,
        counted: bool,
    ) -> None:
        if not axes.sequential:
            raise SourceError(
                f"{STANDARD_INPUT}: frames come one after the other; allowed is a layout that "
                "begins with T"
            )
        super().__init__(STANDARD_INPUT, axes.of_one_frame(), dtype.newbyteorder("="), None)
        self._most = axes.length if counted else None
        self._stream, self._stored = stream, dtype
        _BEING_READ.add(stream)
        self._skip, self._next, self._closed = skip_bytes, 0, False

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        if self._closed:
            raise SourceError(f"{self.name}: is closed")
        if start != self._next:
            raise UsageError(
                f"{self.name}: frame {start} was asked for, the next is {self._next}; standard "
                "input gives its frames once, in order; save it to a file first"
            )
        self._skip_bytes()
        wanted = count if self._most is None else min(count, self._most - start)
        buffer = self._buffer(wanted, out)
        got = self._filled(as_bytes(buffer))
        frames, rest = divmod(got, self.frame_bytes)
        if rest or (frames < wanted and self._most is not None) or not (start or frames):
            raise SourceError(
                f"{self.name}: ended within frame {start + frames}; {self.frame_bytes} bytes make "
                "a frame"
            )
        if frames < count:
            self.length = start + frames
        self._next += frames
        make_native(buffer[:frames], self._stored)
        return self._axes.deliver(buffer[:frames])

    def _skip_bytes(self) -> None:
        while self._skip:
            piece = self._stream.read(min(self._skip, _PIECE_BYTES))
            if not piece:
                raise SourceError(f"{self.name}: ended before the values begin")
            self._skip -= len(piece)

    def _filled(self, rest: memoryview) -> int:
        """Fill memory as far as there is anything; give the bytes."""
        filled = 0
        while filled < len(rest):
            got = self._stream.readinto(rest[filled:])  # type: ignore[attr-defined]  # BufferedReader
            if not got:
                break
            filled += got
        return filled

    def close(self) -> None:
        """Let the stream go."""
        self._closed = True
        _BEING_READ.discard(self._stream)
