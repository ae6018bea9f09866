"""Frames whose rows of the table are bytes, chroma of half the size, in one call, with numba.

Two neighbours are one number of 16 bits, looked up at once in tables of all pairs, which halves
the gathers. Some rows of values at a time become rows of the table, which stay in L2, and are
written from there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import OPAQUE
from heatvid._frames import AnyArray, Bytes, UnreadFrame
from heatvid._plan.tile import pairs_of_rows
from heatvid.backends._numba.blocks import BYTE, CR, LUMA, blend, blend_chroma
from heatvid.backends._numba.index import Indexer
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at, pread
from heatvid.backends._numba.memory import Scratch, View, plain
from heatvid.backends._recipe import LEVEL_SHIFT

CHROMA = np.uint64((1 << LEVEL_SHIFT) - 1)
OPAQUE_ROWS = -1  # in the place of what rows let through
READ_BYTES = 256 * 1024  # of values at a time, which stay in L2 beside the tables


class PairedPixels:
    """Writes rows of frames as far as their values have rows that are bytes.

    Parameters
    ----------
    words : ndarray, shape (rows,), uint64
        Rows for YCbCr; see Recipe.words. Those beyond the first 256 do not occur.
    transmission : int
        Of all rows, where there is a background.
    indexer : Indexer or None
        One whose rows fit bytes; None where the values are the rows.
    size : (int, int)
        Rows that are taken at a time, an even number, and the width of the canvas.
    where : tuple of int
        Offsets of the channels, and bytes between rows and samples of chroma.
    """

    def __init__(
        self,
        words: NDArray[np.uint64],
        transmission: int,
        indexer: Indexer | None,
        size: tuple[int, int],
        where: tuple[int, ...],
    ) -> None:
        one, other = (words[rows] for rows in pairs_of_rows(len(words)))
        # At the place first + 256 * second: sums of both words without luma, and luma of both as
        # they lie in memory.
        chroma = (one & CHROMA) + (other & CHROMA)
        levels = ((one >> LUMA) | ((other >> LUMA) << np.uint64(8))).astype(np.uint16)
        self._tables = (chroma, levels)
        self._transmission, self._indexer = transmission, indexer
        self._size, self._where = size, where

    def write(
        self,
        values: View,
        top: int,
        bottom: int,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> int:
        """Write canvas rows from ``top`` on, at most to ``bottom``; the number of rows written.

        It is even, and smaller where values are met that are NaN, or beyond limits that tell.
        """
        place = (values.address, values.row)
        if self._indexer is None:
            if not values.in_pairs:
                return 0
            size = (top, bottom - top, self._size[1])
            if background is None:
                write_pairs(*place, *self._tables, *size, *self._where, out)
            else:
                blended = (self._transmission, *size, *self._where, background, out)
                blend_pairs(*place, *self._tables, *blended)
            return bottom - top
        how = self._how(self._indexer, top, bottom, background, out, scratch)
        return int(render_values(*place, values.plain, *how))

    def read(
        self,
        frame: UnreadFrame,
        top: int,
        bottom: int,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> int:
        """As :meth:`write`, of rows of a frame that are read here, as far as that works."""
        if self._indexer is None or frame.descriptor is None:
            return 0
        width, dtype = self._size[1], plain(frame.dtype)
        row_bytes = width * dtype.itemsize
        rows = scratch.part("read", dtype, max(2, READ_BYTES // row_bytes // 2 * 2), width)
        how = self._how(self._indexer, top, bottom, background, out, scratch)
        done = int(render_unread(frame.descriptor, frame.begin + top * row_bytes, rows, *how))
        frame.check()
        return done

    def _how(
        self,
        indexer: Indexer,
        top: int,
        bottom: int,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> tuple[Any, ...]:
        """What is told of rows whose values become bytes first."""
        index = scratch.part("index of pairs", np.uint8, *self._size)
        size, behind = (top, bottom - top, self._size[1]), out if background is None else background
        transmission = self._transmission if background is not None else OPAQUE_ROWS
        tables = (*indexer.linear, index, *self._tables, transmission)
        return (*tables, *size, *self._where, behind, out)


@kernel
def index_bytes(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    entries: int,
    lowest: float,
    highest: float,
    offset: float,
    scale: float,
    out: AnyArray,
) -> bool:
    """``int((x - offset) * scale)`` in float32, clipped; whether all lie in the limits."""
    height, width = out.shape
    low, high = np.float32(lowest), np.float32(highest)
    start, step = np.float32(offset), np.float32(scale)
    last, zero = np.float32(entries - 1), np.float32(0)
    beyond = np.uint8(0)  # a byte, as what is written: more of them are computed at once
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
        for i in range(width):
            x = line[i]
            place = (x - start) * step
            place = place if place > zero else zero
            place = place if place < last else last
            result[i] = np.int32(place)
            beyond = np.uint8(beyond | np.uint8(not (x >= low and x <= high)))  # NaN too
    return not beyond


@kernel
def write_pairs(
    address: int,
    stride: int,
    chroma: NDArray[np.uint64],
    levels: NDArray[np.uint16],
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    out: Bytes,
) -> None:
    """Write opaque pixels of an index in bytes."""
    half, extent, base = width // 2, (width // 2 - 1) * step + 1, out.ctypes.data
    apart = np.uint64(step)
    for r in range(0, height, 2):
        above = array_at(address + r * stride, half, np.uint16)
        below = array_at(address + (r + 1) * stride, half, np.uint16)
        place = base + luma + (top + r) * width
        first = array_at(place, half, np.uint16)
        second = array_at(place + width, half, np.uint16)
        place = base + (top + r) // 2 * row
        blue = array_at(cb + place, extent, np.uint8)
        red = array_at(cr + place, extent, np.uint8)
        for i in range(half):
            a, b = above[i], below[i]
            first[i], second[i] = levels[a], levels[b]
            total = chroma[a] + chroma[b]
            at = np.uint64(i) * apart
            blue[at] = (total >> np.uint64(18)) & BYTE
            red[at] = (total >> (CR + np.uint64(18))) & BYTE


@kernel
def blend_pairs(
    address: int,
    stride: int,
    chroma: NDArray[np.uint64],
    levels: NDArray[np.uint16],
    transmission: int,
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Blend pixels of an index in bytes that all let the same through."""
    half, extent, apart = width // 2, (width // 2 - 1) * step + 1, np.uint64(step)
    base, base_under = out.ctypes.data, background.ctypes.data
    through, opacity = np.uint32(transmission), np.uint32(OPAQUE - transmission)
    of_four = np.uint32(4 * transmission)
    for r in range(0, height, 2):
        above = array_at(address + r * stride, half, np.uint16)
        below = array_at(address + (r + 1) * stride, half, np.uint16)
        place = luma + (top + r) * width
        first = array_at(base + place, half, np.uint16)
        second = array_at(base + place + width, half, np.uint16)
        both = array_at(base + place, 2 * width, np.uint8)
        under = array_at(base_under + place, 2 * width, np.uint8)
        place = (top + r) // 2 * row
        blue = array_at(base + cb + place, extent, np.uint8)
        red = array_at(base + cr + place, extent, np.uint8)
        old_blue = array_at(base_under + cb + place, extent, np.uint8)
        old_red = array_at(base_under + cr + place, extent, np.uint8)
        for i in range(half):
            a, b = above[i], below[i]
            first[i], second[i] = levels[a], levels[b]
            total = chroma[a] + chroma[b]
            at = np.uint64(i) * apart
            blue[at] = blend_chroma(total, old_blue[at], of_four)
            red[at] = blend_chroma(total >> CR, old_red[at], of_four)
        for i in range(2 * width):
            both[i] = blend(both[i], opacity, under[i], through)


@kernel
def render_values(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    entries: int,
    lowest: float,
    highest: float,
    offset: float,
    scale: float,
    index: Bytes,
    chroma: NDArray[np.uint64],
    levels: NDArray[np.uint16],
    transmission: int,
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> int:
    """Index rows, and write or blend them, as many as ``index`` holds at a time.

    They are opaque where ``transmission`` is negative. Returns how many became bytes.
    """
    for r in range(0, height, len(index)):
        rows, part = address + r * stride, index[: height - r]
        if not index_bytes(rows, stride, dtype, entries, lowest, highest, offset, scale, part):
            return r
        if transmission < 0:
            write_pairs(
                part.ctypes.data, width, chroma, levels, top + r, len(part), width,
                luma, cb, cr, row, step, out,
            )  # fmt: skip
        else:
            blend_pairs(
                part.ctypes.data, width, chroma, levels, transmission, top + r, len(part), width,
                luma, cb, cr, row, step, background, out,
            )  # fmt: skip
    return height


@kernel
def render_unread(
    file: int,
    begin: int,
    rows: AnyArray,
    entries: int,
    lowest: float,
    highest: float,
    offset: float,
    scale: float,
    index: Bytes,
    chroma: NDArray[np.uint64],
    levels: NDArray[np.uint16],
    transmission: int,
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> int:
    """As :func:`render_values`, of rows that begin at a place in a file, read into ``rows``."""
    stride = width * rows.itemsize
    for r in range(0, height, len(rows)):
        part = rows[: height - r]
        if not read_at(file, begin + r * stride, part.ctypes.data, len(part) * stride):
            return r
        done: int = render_values(
            part.ctypes.data, stride, rows.dtype, entries, lowest, highest, offset, scale, index,
            chroma, levels, transmission, top + r, len(part), width, luma, cb, cr, row, step,
            background, out,
        )  # fmt: skip
        if done < len(part):
            return r + done
    return height


@kernel
def read_at(file: int, begin: int, address: int, size: int) -> bool:
    """Read from a place in a file; whether there was all of it."""
    done = 0
    while done < size:
        got: int = pread(file, address + done, size - done, begin + done)
        if got <= 0:
            return False
        done += got
    return True
