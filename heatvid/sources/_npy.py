"""Frames in a .npy file, read straight into the caller's memory.

Reads, not a memory map: page faults cost more than a copy, and a file cut under a map is a signal
(SIGBUS) instead of an error. Only arrays whose frames do not lie together are mapped.
"""

from __future__ import annotations

import warnings

import numpy as np

from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray, UnreadFrame
from heatvid.sources._axes import Axes, resolve
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import RegularFile
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._npy_header import NpyHeader, read_header


def open_npy(path: str, layout: str | None = None, channel: int | str | None = None) -> NpySource:
    """Open the array saved at ``path``."""
    file = RegularFile(path)
    try:
        label = called(path)
        header = read_header(file.read, label)
        axes = axes_of(header, label, layout, channel)
        demand_data(header, file.size - len(header.raw), label)
        return NpySource(file, label, header, axes, offset=len(header.raw))
    except BaseException:
        file.close()
        raise


class NpySource(LaidOutSource):
    """Frames of an array that lies uncompressed in a file, which the source then owns."""

    concurrent = True

    def __init__(
        self, file: RegularFile, name: str, header: NpyHeader, axes: Axes, *, offset: int
    ) -> None:
        super().__init__(name, axes, header.dtype.newbyteorder("="), axes.length)
        self._file = file
        self._stored_dtype = header.dtype
        self._offset = offset
        self._frame_bytes = header.data_bytes // axes.length
        self._mapped = None if axes.sequential else self._map()

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = self._count(start, count)
        buffer = self._buffer(count, out)
        if self._mapped is None:
            self._fill(start, buffer)
            make_native(buffer, self._stored_dtype)
        else:
            self._verify_whole()
            self._file.check_unchanged()
            buffer[...] = self._mapped[start : start + count]
            make_native(buffer, self.dtype)
        return self._axes.deliver(buffer)

    def unread(self, start: int, count: int) -> list[UnreadFrame] | None:
        """Frames to be read by rows; see :meth:`Source.unread`."""
        in_rows = self._mapped is None and self._axes.frame_order == "HW"
        if not in_rows or self._stored_dtype != self.dtype:
            return None
        return [self._unread(start + i) for i in range(self._count(start, count))]

    def _unread(self, index: int) -> UnreadFrame:
        height, width = self.frame_shape
        begin = self._offset + index * self._frame_bytes
        row_bytes = width * self.dtype.itemsize

        def read_rows(top: int, out: AnyArray) -> None:
            self._file.read_exactly(out, begin + top * row_bytes)

        descriptor, check = self._file.descriptor, self._file.check_unchanged
        return UnreadFrame((height, width), self.dtype, read_rows, check, begin, descriptor)

    def close(self) -> None:
        """Close the file."""
        self._mapped = None
        self._file.close()

    def _fill(self, start: int, out: AnyArray) -> None:
        """Read the frames from ``start`` on as they are stored."""
        self._file.read_exactly(out, self._offset + start * self._frame_bytes)

    def _verify_whole(self) -> None:
        """Check all bytes, before those of a mapped file are used."""

    def _map(self) -> AnyArray:
        array: AnyArray = np.memmap(
            self._file,
            self._stored_dtype,
            "r",
            self._offset,
            self._axes.shape,
        )
        return self._axes.time_first(array)


def axes_of(
    header: NpyHeader,
    label: str,
    layout: str | None,
    channel: int | str | None,
    advised: int | None = None,
) -> Axes:
    """Resolve the axes of a whole array, in the order of its memory."""
    axes = resolve(header.shape, label, layout, channel, advised)
    return axes.reversed() if header.fortran_order else axes


def demand_data(header: NpyHeader, data_bytes: int, label: str) -> None:
    """Compare the size that the header declares with what the file has, before any allocation."""
    if data_bytes < header.data_bytes:
        raise SourceError(
            f"{label}: the data are cut: shape {header.shape} of {header.dtype} needs "
            f"{header.data_bytes} bytes, there are {data_bytes}; save the array again"
        )
    if data_bytes > header.data_bytes:
        warnings.warn(
            f"{label}: {data_bytes - header.data_bytes} bytes behind the array are ignored",
            stacklevel=4,
        )
