"""Rows of the colour table to the canvas's pixels, band by band, with numba.

Canvases with chroma of half the size are written by the kernels of heatvid.backends._numba.blocks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import HALF
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.blocks import (
    blend_blocks,
    vary_blocks,
    write_blocks,
)
from heatvid.backends._numba.deep import deep_layout, write_deep
from heatvid.backends._numba.index import Indexer
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at
from heatvid.backends._numba.memory import View
from heatvid.backends._numba.paired import PairedPixels
from heatvid.backends._recipe import Recipe, every_row


class Layout(NamedTuple):
    """Where the samples of a canvas lie in a frame's bytes.

    Attributes
    ----------
    offsets : (int, int, int)
        Of the first sample of each channel.
    row, step : int
        Bytes from row to row, and from sample to sample: of chroma where it has half the size,
        else of all channels.
    halved : bool
        Whether chroma has half the size, both ways.
    """

    offsets: tuple[int, int, int]
    row: int
    step: int
    halved: bool


def layout_of(canvas: Canvas) -> Layout:
    """Lay out a canvas of colours."""
    width, plane = canvas.width, canvas.width * canvas.height
    if canvas.pixel_format == "rgb24":
        return Layout((0, 1, 2), 3 * width, 3, False)
    if canvas.pixel_format == "yuv444p":
        return Layout((0, plane, 2 * plane), width, 1, False)
    assert canvas.subsampled, f"{canvas.pixel_format = }"
    if canvas.pixel_format == "nv12":
        return Layout((0, plane, plane + 1), width, 2, True)
    return Layout((0, plane, plane + plane // 4), width // 2, 1, True)


class TablePixels:
    """Writes bands of frames whose colours the table holds.

    Parameters
    ----------
    canvas : Canvas
    recipe : Recipe
    tabled : bool
        Whether the index is the value itself, a byte, instead of its row.
    """

    def __init__(self, canvas: Canvas, recipe: Recipe, tabled: bool) -> None:
        self._canvas = canvas
        rows = every_row(recipe.indexes[0]) if tabled else slice(None)
        self._single, self._deep = len(recipe.grays) > 0, canvas.bits == 10
        if self._single:
            kind = "<u2" if canvas.bits > 8 else "u1"
            self._grays = recipe.grays[rows].astype(kind)
            return
        if self._deep:
            self._words = recipe.words()[rows]
            return
        self._layout = layout_of(canvas)
        self._constant = int(recipe.transmission[0]) if recipe.constant else -1
        self._transmission = recipe.transmission[rows].astype(np.uint32)
        if self._layout.halved:
            self._words = recipe.words()[rows]
        else:
            fronts = recipe.premultiplied[rows] + HALF
            self._fronts = np.ascontiguousarray(fronts, np.uint32)

    def paired(self, indexer: Indexer | None, rows: int) -> PairedPixels:
        """The same for an index in bytes, where chroma is halved and all rows let the same through.

        It looks up pairs, whose tables are worth while for more than one frame.
        """
        offsets, row, step, halved = self._layout
        assert halved, f"{self._canvas.pixel_format = }"
        where = (*offsets, row, step)
        size = (rows, self._canvas.width)
        return PairedPixels(self._words, self._constant, indexer, size, where)

    def write(
        self, index: View, top: int, bottom: int, background: Bytes | None, out: Bytes
    ) -> None:
        """Write canvas rows ``top`` to ``bottom``, an even number where chroma is halved."""
        place = (index.address, index.row, index.dtype)
        size = (top, bottom - top, self._canvas.width)
        if self._single:
            write_grays(*place, self._grays, *size, out.view(self._grays.dtype))
            return
        if self._deep:
            write_deep(*place, self._words, *size, *deep_layout(self._canvas), out.view("<u2"))
            return
        offsets, row, step, halved = self._layout
        where = (*size, *offsets, row, step)
        if not halved:
            behind = out if background is None else background
            through = self._transmission if background is not None else self._transmission[:0]
            write_samples(*place, self._fronts, through, *where, behind, out)
        elif background is None:
            write_blocks(*place, self._words, *where, out)
        elif self._constant >= 0:
            blend_blocks(*place, self._words, self._constant, *where, background, out)
        else:
            vary_blocks(*place, self._words, self._transmission, *where, background, out)


@kernel
def write_grays(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    grays: AnyArray,
    top: int,
    height: int,
    width: int,
    out: AnyArray,
) -> None:
    """Write samples of one plane."""
    for r in range(height):
        index = array_at(address + r * stride, width, dtype)
        line = out[(top + r) * width : (top + r + 1) * width]
        for i in range(width):
            line[i] = grays[index[i]]


@kernel
def write_samples(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    fronts: NDArray[np.uint32],
    transmission: NDArray[np.uint32],
    top: int,
    height: int,
    width: int,
    one: int,
    two: int,
    three: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Write or blend pixels of three samples each; opaque where ``transmission`` is empty."""
    extent, shift, opaque = (width - 1) * step + 1, np.uint32(16), len(transmission) == 0
    for r in range(height):
        index = array_at(address + r * stride, width, dtype)
        place = (top + r) * row
        first, old_first = out[one + place :][:extent], background[one + place :][:extent]
        second, old_second = out[two + place :][:extent], background[two + place :][:extent]
        third, old_third = out[three + place :][:extent], background[three + place :][:extent]
        if opaque:
            for i in range(width):
                own, j = index[i], i * step
                first[j] = fronts[own, 0] >> shift
                second[j] = fronts[own, 1] >> shift
                third[j] = fronts[own, 2] >> shift
        else:
            for i in range(width):
                own, j = index[i], i * step
                through = transmission[own]
                first[j] = (fronts[own, 0] + old_first[j] * through) >> shift
                second[j] = (fronts[own, 1] + old_second[j] * through) >> shift
                third[j] = (fronts[own, 2] + old_third[j] * through) >> shift
